//! Measures sets of separately written texts about labelled happenings: how the product and its peers group
//! them, by kind of text, by gap in time, and with one kind of evidence switched off.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use wirefold_dedup::{Ablation, Settings};
use wirefold_score::{Clusters, Group, Order, Pair};

use super::grouping::PEERS;
use super::labels::clusters_in_part;
use super::method::passages;
use super::parallel::side_by_side;
use super::set::{Doc, LabelledSet, read_lines};
use super::tables::Cells;

const HOUR: i64 = 3600;
/// The fixtures in `seeds/`: texts, and the happening and kind of each.
const FIXTURES: [&str; 3] = ["events", "events-english", "events-languages"];
/// The classes of gaps in time between two texts, each with its upper bound in hours.
const GAPS: [(&str, i64); 4] =
    [("up to 6 h", 6), ("6 to 24 h", 24), ("24 to 48 h", 48), ("more than 48 h", i64::MAX)];

/// A set of texts in order of time, with the happening of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Happenings {
    name: String,
    set: Arc<LabelledSet>,
    clusters: Clusters,
    /// The kind of each text, if the set has kinds.
    kinds: Vec<String>,
}

/// Tables over several sets.
#[derive(Debug, Clone)]
pub(super) struct HappeningTables {
    figures: Cells,
    contributions: Cells,
    gaps: Cells,
    kinds: Cells,
}

impl Happenings {
    /// Reads texts with the file of their happenings. Files beside them may have unsure pairs and the kinds
    /// of texts.
    pub(super) fn read(name: &str, docs: &Path, events: &Path) -> anyhow::Result<Happenings> {
        let docs: Vec<Doc> = read_lines(docs, |line| Ok(serde_json::from_str(line)?))?;
        let mut clusters = clusters_in_part(events, &docs, Group::Event)?;
        let numbers = docs.iter().enumerate().map(|(at, doc)| (doc.id.as_str(), at)).collect();
        let beside = |file: &Path| match file.is_file() {
            true => std::fs::read_to_string(file).with_context(|| file.display().to_string()),
            false => Ok(String::new()),
        };
        let (unsure, problems) =
            wirefold_score::unsure(&beside(&events.with_file_name("unsure.tsv"))?, &numbers);
        anyhow::ensure!(problems.is_empty(), "unsure.tsv: {problems:?}");
        clusters.unsure = unsure;
        let file = events.with_extension("").to_string_lossy().into_owned() + "-kinds.tsv";
        let mut kinds = vec![String::new(); docs.len()];
        for (id, kind) in beside(Path::new(&file))?.lines().filter_map(|it| it.split_once('\t')) {
            if let Some(at) = numbers.get(id) {
                kind.clone_into(&mut kinds[*at]);
            }
        }
        let set = Arc::new(LabelledSet { docs, ..LabelledSet::default() });
        Ok(Happenings { name: name.to_owned(), set, clusters, kinds })
    }

    /// The two halves of the set by time. The first was used for tuning.
    pub(super) fn split_by_time(&self) -> [Happenings; 2] {
        let middle = self.set.docs.len() / 2;
        let part = |name: &str, keeps: &dyn Fn(usize) -> bool| {
            let mut part = self.clone();
            part.name = format!("{}, {name}", self.name);
            let of = part.clusters.of.iter_mut().enumerate();
            of.filter(|(at, _)| !keeps(*at)).for_each(|(_, cluster)| *cluster = None);
            part
        };
        [part("first half", &|at| at < middle), part("second half", &|at| at >= middle)]
    }

    /// The final event of each text in the product.
    fn events(&self, without: Option<Ablation>) -> Vec<usize> {
        let settings = Settings { without, ..Settings::default() };
        passages(&self.set, &Order::File.of(self.set.docs.len()), settings).events
    }

    fn size(&self) -> (usize, usize) {
        let labelled: Vec<&usize> = self.clusters.of.iter().flatten().collect();
        let happenings: BTreeSet<&&usize> = labelled.iter().collect();
        (labelled.len(), happenings.len())
    }

    fn hours_apart(&self, (a, b): Pair) -> i64 {
        let time = |at: usize| self.set.docs[at].published.map_or(0, jiff::Timestamp::as_second);
        (time(a) - time(b)).abs() / HOUR
    }

    /// The most texts and the most hours of one event.
    fn largest(&self, events: &[usize]) -> String {
        let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (text, event) in events.iter().enumerate() {
            all.entry(*event).or_default().push(text);
        }
        let span = |texts: &Vec<usize>| self.hours_apart((texts[0], texts[texts.len() - 1]));
        let most = all.values().map(Vec::len).max().unwrap_or_default();
        format!("{most} / {} h", all.values().map(span).max().unwrap_or_default())
    }
}

/// The fixtures of the repository at `root`.
pub(super) fn fixtures(root: &Path) -> anyhow::Result<Vec<Happenings>> {
    let read = |name: &str| {
        let file = |ending: &str| root.join("seeds").join(format!("{name}.{ending}"));
        Happenings::read(name, &file("jsonl"), &file("tsv"))
    };
    FIXTURES.into_iter().map(read).collect()
}

/// Runs the product and its peers over the sets. A set in halves is listed with both.
pub(super) fn examine(sets: &[Happenings]) -> HappeningTables {
    let mut figures = Cells::new(&[
        "set", "rule", "right", "wrong", "missed", "precision", "recall", "F1", "B³",
        "largest event",
    ]);
    let groupings = grouped(sets, |set| set.events(None));
    let peers = PEERS.map(|peer| grouped(sets, |set| peer.of(&set.set)));
    for (at, set) in sets.iter().enumerate() {
        row(&mut figures, set, "passages", &groupings[at]);
        for (peer, made) in PEERS.iter().zip(&peers) {
            row(&mut figures, set, peer.label(), &made[at]);
        }
    }
    HappeningTables {
        figures,
        contributions: contributions(sets, &groupings),
        gaps: gaps(sets, &groupings),
        kinds: kinds(sets, &groupings),
    }
}

/// Groups each set. Neighbouring parts of one set are grouped together.
fn grouped(sets: &[Happenings], group: impl Fn(&Happenings) -> Vec<usize>) -> Vec<Vec<usize>> {
    let mut groupings: Vec<Vec<usize>> = Vec::with_capacity(sets.len());
    for (at, set) in sets.iter().enumerate() {
        let before = at.checked_sub(1).filter(|before| Arc::ptr_eq(&sets[*before].set, &set.set));
        let events = before.map_or_else(|| group(set), |before| groupings[before].clone());
        groupings.push(events);
    }
    groupings
}

fn row(cells: &mut Cells, set: &Happenings, rule: &str, events: &[usize]) {
    let score = set.clusters.score(events);
    let shares = [score.precision(), score.recall(), score.f1(), score.b_cubed_f1()];
    let (texts, happenings) = set.size();
    let name = format!("{} ({texts} texts, {happenings} happenings)", set.name);
    let counts = [score.found, score.false_folds, score.missed].map(|count| count.to_string());
    let shares = shares.map(|share| format!("{share:.3}"));
    let names = [name, rule.to_owned()];
    cells.row(names.into_iter().chain(counts).chain(shares).chain([set.largest(events)]));
}

/// Precision, recall and F1 with all evidence, which are in `groupings`, and with one kind switched off.
fn contributions(sets: &[Happenings], groupings: &[Vec<usize>]) -> Cells {
    let head = ["left out"].into_iter().chain(sets.iter().map(|set| set.name.as_str()));
    let mut cells = Cells::new(&head.collect::<Vec<&str>>());
    let without =
        side_by_side(&Ablation::OF_EVENTS, |it| grouped(sets, |set| set.events(Some(*it))));
    let of = |(set, events): (&Happenings, &Vec<usize>)| {
        let score = set.clusters.score(events);
        format!("{:.2} / {:.2} / {:.3}", score.precision(), score.recall(), score.f1())
    };
    let left_out =
        Ablation::OF_EVENTS.iter().map(|it| it.words()).zip(without.iter().map(Vec::as_slice));
    for (name, made) in [("nothing", groupings)].into_iter().chain(left_out) {
        cells.row([name.to_owned()].into_iter().chain(sets.iter().zip(made).map(of)));
    }
    cells
}

/// The share of pairs that were found, by the time between the two texts.
fn gaps(sets: &[Happenings], groupings: &[Vec<usize>]) -> Cells {
    let head = ["time between"].into_iter().chain(sets.iter().map(|set| set.name.as_str()));
    let mut cells = Cells::new(&head.collect::<Vec<&str>>());
    for (name, most) in GAPS {
        let least = GAPS.iter().map(|(_, to)| *to).rfind(|to| *to < most).unwrap_or(-1);
        let of = |(set, events): (&Happenings, &Vec<usize>)| {
            let fits = |pair: &Pair| (least + 1..=most).contains(&set.hours_apart(*pair));
            found_of(set, events, fits)
        };
        cells.row([name.to_owned()].into_iter().chain(sets.iter().zip(groupings).map(of)));
    }
    cells
}

/// The share of pairs that were found, by the kind of the later text.
fn kinds(sets: &[Happenings], groupings: &[Vec<usize>]) -> Cells {
    let with_kinds: Vec<(&Happenings, &Vec<usize>)> = sets
        .iter()
        .zip(groupings)
        .filter(|(set, _)| set.kinds.iter().any(|it| !it.is_empty()))
        .collect();
    let head = ["kind"].into_iter().chain(with_kinds.iter().map(|(set, _)| set.name.as_str()));
    let mut cells = Cells::new(&head.collect::<Vec<&str>>());
    let all: BTreeSet<&String> =
        with_kinds.iter().flat_map(|(set, _)| &set.kinds).filter(|kind| !kind.is_empty()).collect();
    for kind in all {
        let of = |(set, events): &(&Happenings, &Vec<usize>)| {
            let found = found_of(set, events, |(_, later)| set.kinds[*later] == *kind);
            let wrong = set.clusters.false_folds(events, usize::MAX);
            let wrong = wrong.iter().filter(|(_, later)| set.kinds[*later] == *kind).count();
            format!("{found}, {wrong} wrong")
        };
        cells.row([kind.clone()].into_iter().chain(with_kinds.iter().map(of)));
    }
    cells
}

fn found_of(set: &Happenings, events: &[usize], counts: impl Fn(&Pair) -> bool) -> String {
    let apart: Vec<usize> = (0..events.len()).collect();
    let all = set.clusters.missed(&apart, usize::MAX);
    let pairs: Vec<Pair> = all.into_iter().map(|(pair, _)| pair).filter(counts).collect();
    let found = pairs.iter().filter(|(a, b)| events[*a] == events[*b]).count();
    format!("{found} of {}", pairs.len())
}

impl HappeningTables {
    /// For a terminal.
    pub(super) fn plain(&self) -> String {
        [&self.figures, &self.contributions, &self.gaps, &self.kinds].map(Cells::plain).join("\n")
    }

    /// For the card.
    pub(super) fn markdown(&self) -> String {
        let [figures, contributions, gaps] =
            [&self.figures, &self.contributions, &self.gaps].map(Cells::markdown);
        let kinds = match self.kinds.is_empty() {
            true => String::new(),
            false => {
                format!("\n*By kind of the later text*: pairs found.\n\n{}", self.kinds.markdown())
            }
        };
        format!(
            "{figures}\n*The effect of each kind of evidence*: precision / recall / F1 without it.\n\n\
             {contributions}\n*By the time between two texts*: pairs found.\n\n{gaps}{kinds}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::events::tests::{AGAIN, OTHER, STRIKE, doc};
    use super::*;

    fn happenings() -> Happenings {
        let docs = vec![doc("a", 1, STRIKE), doc("b", 2, OTHER), doc("c", 9, AGAIN)];
        let set = Arc::new(LabelledSet { docs, ..LabelledSet::default() });
        let clusters = Clusters { of: [0, 1, 0].map(Some).to_vec(), ..Clusters::default() };
        let kinds = ["straight", "lone", "brief"].map(str::to_owned).to_vec();
        Happenings { name: "port".to_owned(), set, clusters, kinds }
    }

    #[test]
    fn pairs_are_counted_by_kind_and_gap() {
        let tables = examine(&[happenings()]).markdown();
        let has = |row: &str| assert!(tables.contains(row), "{row}\n{tables}");
        has("| port (3 texts, 2 happenings) | passages | 1 | 0 | 0 | 1.000 | 1.000 |");
        has("| 6 to 24 h | 1 of 1 |");
        has("| up to 6 h | 0 of 0 |");
        has("| brief | 1 of 1, 0 wrong |");
        has("| lone | 0 of 0, 0 wrong |");
    }

    #[test]
    fn a_half_counts_its_own_texts() {
        let [first, second] = happenings().split_by_time();
        assert_eq!((first.size(), second.size()), ((1, 1), (2, 2)));
    }
}
