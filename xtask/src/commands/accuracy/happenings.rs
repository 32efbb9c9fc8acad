//! Measures sets of separately written texts about labelled happenings: how the product and its peers group
//! them, by kind of text and by gap in time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use wirefold_fold::{Settings, stem};
use wirefold_score::{Clusters, Group, Order, Pair, Random, Score};
use wirefold_text::Text;

use super::exam::{Run, decimals, passages, side_by_side};
use super::set::{Doc, LabelledSet, clusters, numbers, read_docs};
use crate::table::Table;
use crate::tree::read;

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

impl Happenings {
    /// Reads texts with the file of their happenings. Files beside them may have unsure pairs and the kinds
    /// of texts.
    pub(super) fn read(name: &str, docs: &Path, events: &Path) -> anyhow::Result<Happenings> {
        let docs = read_docs(docs)?;
        let mut clusters = clusters(events, &docs, Group::Event)?;
        let numbers = numbers(&docs);
        let beside = |file: &Path| if file.is_file() { read(file) } else { Ok(String::new()) };
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
        let set = LabelledSet { name: name.to_owned(), docs, ..LabelledSet::default() };
        Ok(Happenings { kinds, ..Happenings::new(set, clusters) })
    }

    /// A set in order of time, with the happening of each text and no kinds.
    pub(super) fn new(set: LabelledSet, clusters: Clusters) -> Happenings {
        let kinds = vec![String::new(); set.docs.len()];
        Happenings { name: set.name.clone(), set: Arc::new(set), clusters, kinds }
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
    fn events(&self) -> Vec<usize> {
        passages(&self.set, &Order::File.of(self.set.docs.len()), Settings::default()).events
    }

    /// Texts of one week, in order of time: two of one happening, and the others each of another. `None` if that week has
    /// too few.
    fn small_window(&self, size: usize, random: &mut Random) -> Option<Vec<usize>> {
        let labelled =
            || (0..self.clusters.of.len()).filter(|text| self.clusters.of[*text].is_some());
        let all: Vec<usize> = labelled().collect();
        let second = |one: usize| {
            let is_second = |other: &usize| {
                *other != one
                    && self.clusters.of[*other] == self.clusters.of[one]
                    && self.hours_apart((one, *other)) * HOUR <= SMALL / 2
            };
            labelled().find(is_second)
        };
        let (first, second) = (0..all.len()).find_map(|_| {
            let one = all[random.below(all.len())];
            Some((one, second(one)?))
        })?;
        let mut others: Vec<usize> =
            labelled().filter(|it| self.hours_apart((first, *it)) * HOUR <= SMALL / 2).collect();
        let mut window = vec![first, second];
        while window.len() < size && !others.is_empty() {
            let other = others.swap_remove(random.below(others.len()));
            let is_other = |it: &usize| {
                self.clusters.of[*it] != self.clusters.of[other]
                    && !self.clusters.unsure.contains(&((*it).min(other), (*it).max(other)))
            };
            if window.iter().all(is_other) {
                window.push(other);
            }
        }
        window.sort_by_key(|text| (self.set.docs[*text].published, *text));
        (window.len() == size).then_some(window)
    }

    /// The events that the product makes of these texts alone.
    fn events_of(&self, texts: &[usize]) -> BTreeMap<usize, usize> {
        let run = passages(&self.set, texts, Settings::default());
        texts.iter().map(|text| (*text, run.events[*text])).collect()
    }

    /// The number of labelled texts, and of their happenings.
    fn size(&self) -> (usize, usize) {
        let labelled = self.clusters.of.iter().flatten();
        (labelled.clone().count(), labelled.collect::<BTreeSet<_>>().len())
    }

    fn hours_apart(&self, (a, b): Pair) -> i64 {
        let time = |at: usize| time_of(&self.set.docs[at]);
        (time(a) - time(b)).abs() / HOUR
    }

    /// The most texts and the most hours of one event.
    fn largest(&self, events: &[usize]) -> String {
        let all = texts_of(events);
        let most = all.iter().map(Vec::len).max().unwrap_or_default();
        let longest = all.iter().map(|texts| self.span(texts)).max().unwrap_or_default();
        format!("{most} / {} h", longest / HOUR)
    }

    /// The seconds from the first to the last publication.
    fn span(&self, texts: &[usize]) -> i64 {
        let times = || texts.iter().map(|text| time_of(&self.set.docs[*text]));
        times().max().zip(times().min()).map_or(0, |(last, first)| last - first)
    }
}

/// The seconds of publication.
fn time_of(doc: &Doc) -> i64 {
    doc.published.map_or(0, jiff::Timestamp::as_second)
}

/// The texts of each event in their order, given the event of each text.
fn texts_of(events: &[usize]) -> Vec<Vec<usize>> {
    let mut all: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (text, event) in events.iter().enumerate() {
        all.entry(*event).or_default().push(text);
    }
    all.into_values().collect()
}

/// The fixtures of the repository at `root`.
pub(super) fn fixtures(root: &Path) -> anyhow::Result<Vec<Happenings>> {
    let read = |name: &str| {
        let file = |ending: &str| root.join("seeds").join(format!("{name}.{ending}"));
        Happenings::read(name, &file("jsonl"), &file("tsv"))
    };
    FIXTURES.into_iter().map(read).collect()
}

/// Tables of the product and its peers over the sets. A set in halves is listed with both.
pub(super) fn examine(sets: &[Happenings]) -> String {
    let mut figures = Table::new(
        "set | rule | right | wrong | missed | precision | recall | F1 | B³ | largest event",
    );
    let groupings = grouped(sets, Happenings::events);
    let peers = PEERS.map(|peer| grouped(sets, |set| peer.group(&set.set)));
    for (at, set) in sets.iter().enumerate() {
        row(&mut figures, set, "passages", &groupings[at]);
        for (peer, made) in PEERS.iter().zip(&peers) {
            row(&mut figures, set, peer.label, &made[at]);
        }
    }
    let (gaps, kinds) = (gaps(sets, &groupings), kinds(sets, &groupings));
    let kinds = match kinds.is_empty() {
        true => String::new(),
        false => format!("\n*By kind of the later text*: pairs found.\n\n{}", kinds.markdown()),
    };
    format!(
        "{}\n*By the time between two texts*: pairs found.\n\n{}{kinds}\n*In small windows*: texts of one week \
         that are drawn at random, two of them of one happening, and each other of another.\n\n{}",
        figures.markdown(),
        gaps.markdown(),
        windows(sets).markdown()
    )
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

fn row(cells: &mut Table, set: &Happenings, rule: &str, events: &[usize]) {
    let score = set.clusters.score(events);
    let shares = [score.precision(), score.recall(), score.f1(), score.b_cubed_f1()];
    let (texts, happenings) = set.size();
    let name = format!("{} ({texts} texts, {happenings} happenings)", set.name);
    let counts = [score.found, score.false_folds, score.missed].map(|count| count.to_string());
    let shares = shares.map(|share| format!("{share:.3}"));
    let names = [name, rule.to_owned()];
    cells.row(names.into_iter().chain(counts).chain(shares).chain([set.largest(events)]));
}

/// The share of pairs that were found, by the time between the two texts.
fn gaps(sets: &[Happenings], groupings: &[Vec<usize>]) -> Table {
    let names = sets.iter().map(|set| set.name.as_str());
    let mut cells = Table::new("time between").with_columns(names);
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
fn kinds(sets: &[Happenings], groupings: &[Vec<usize>]) -> Table {
    let with_kinds: Vec<(&Happenings, &Vec<usize>)> = sets
        .iter()
        .zip(groupings)
        .filter(|(set, _)| set.kinds.iter().any(|it| !it.is_empty()))
        .collect();
    let names = with_kinds.iter().map(|(set, _)| set.name.as_str());
    let mut cells = Table::new("kind").with_columns(names);
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

/// The sizes of small windows, and how many of each are drawn.
const WINDOWS: [(usize, usize); 2] = [(6, 120), (20, 60)];
/// The texts of a small window lie within this time, in seconds.
const SMALL: i64 = 7 * 24 * HOUR;

/// The figures of windows of few texts, as on a first day: two of one happening, and each other of another.
fn windows(sets: &[Happenings]) -> Table {
    let mut cells = Table::new("set | texts | draws | with a false event | without the pair");
    for set in sets {
        for (size, draws) in WINDOWS {
            let mut random = Random::for_purpose(size as u64, &set.name);
            let drawn: Vec<Vec<usize>> =
                (0..draws).filter_map(|_| set.small_window(size, &mut random)).collect();
            let made = side_by_side(&drawn, |texts| set.events_of(texts));
            let is_one = |(texts, events): &(&Vec<usize>, &BTreeMap<usize, usize>),
                          wanted: bool| {
                let of = &set.clusters.of;
                let is_it = |(one, other): (&usize, &usize)| {
                    (of[*one] == of[*other]) == wanted && (events[one] == events[other]) != wanted
                };
                (1..texts.len()).any(|at| texts[..at].iter().any(|one| is_it((one, &texts[at]))))
            };
            let share = |wanted| {
                let all = drawn.iter().zip(&made).filter(|draw| is_one(draw, wanted)).count();
                format!("{} %", (100 * all + drawn.len() / 2).checked_div(drawn.len()).unwrap_or(0))
            };
            let figures = [size.to_string(), drawn.len().to_string(), share(false), share(true)];
            cells.row([set.name.clone()].into_iter().chain(figures));
        }
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

/// A way to group: one pass over the stream. A text joins the event whose texts are most similar on average, by TF-IDF
/// (after Miranda et al. 2018).
struct Peer {
    label: &'static str,
    /// Whether it compares texts too, or titles alone.
    has_texts: bool,
    /// The threshold of similarity: the best one on the first half of event-shape.
    least: f64,
}

/// All of them.
const PEERS: [Peer; 2] = [
    Peer { label: "TF-IDF, one pass", has_texts: true, least: 0.24 },
    Peer { label: "titles alone", has_texts: false, least: 0.22 },
];

/// An event takes no text this long after its last one, and none this long after its first one, in seconds.
const QUIET: i64 = 48 * 3600;
const SPAN: i64 = 96 * 3600;

/// An event in progress.
struct Event {
    texts: Vec<usize>,
    first: i64,
    last: i64,
}

impl Peer {
    /// The numbers of the stems of a text in order, each with its count.
    fn stems(&self, doc: &Doc, numbers: &mut HashMap<String, usize>) -> Vec<(usize, f64)> {
        let title = doc.title.as_deref().unwrap_or_default();
        let text = if self.has_texts { &doc.text } else { "" };
        let text = format!("{title}\n{text}");
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for word in Text::new(&text).normal_words() {
            let next = numbers.len();
            let number = *numbers.entry(stem(word).to_owned()).or_insert(next);
            *counts.entry(number).or_default() += 1.0;
        }
        counts.into_iter().collect()
    }

    /// The event of each text of a set, in order of time.
    fn group(&self, set: &LabelledSet) -> Vec<usize> {
        let mut numbers = HashMap::new();
        let texts: Vec<Vec<(usize, f64)>> =
            set.docs.iter().map(|doc| self.stems(doc, &mut numbers)).collect();
        let mut carriers = vec![0.0; numbers.len()];
        let mut vectors: Vec<Vec<(usize, f64)>> = Vec::with_capacity(texts.len());
        let mut events: Vec<Event> = Vec::new();
        let mut found = Vec::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            vectors.push(unit(text, &carriers, number));
            let here = &vectors[number];
            let time = time_of(&set.docs[number]);
            let mean = |event: &Event| {
                let all = event.texts.iter().map(|other| product(here, &vectors[*other]));
                all.sum::<f64>() / event.texts.len() as f64
            };
            let open = events
                .iter()
                .enumerate()
                .filter(|(_, event)| time - event.last <= QUIET && time - event.first <= SPAN);
            let likeliest =
                open.map(|(at, event)| (mean(event), at)).max_by(|a, b| a.0.total_cmp(&b.0));
            let joined = likeliest.filter(|(similarity, _)| *similarity >= self.least);
            let at = joined.map_or(events.len(), |(_, at)| at);
            if at == events.len() {
                events.push(Event { texts: Vec::new(), first: time, last: time });
            }
            events[at].texts.push(number);
            events[at].last = events[at].last.max(time);
            found.push(at);
            text.iter().for_each(|(stem, _)| carriers[*stem] += 1.0);
        }
        found
    }
}

/// The vector of a text with unit length, by the rarity of its stems in the `before` texts before it.
fn unit(text: &[(usize, f64)], carriers: &[f64], before: usize) -> Vec<(usize, f64)> {
    let weight = |(stem, count): &(usize, f64)| {
        let rarity = ((before as f64 + 2.0) / (carriers[*stem] + 1.0)).ln();
        (*stem, (1.0 + count.ln()) * rarity)
    };
    let mut vector: Vec<(usize, f64)> = text.iter().map(weight).collect();
    let length = vector.iter().map(|(_, part)| part * part).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|(_, part)| *part /= length.max(f64::MIN_POSITIVE));
    vector
}

fn product(here: &[(usize, f64)], there: &[(usize, f64)]) -> f64 {
    let mut there = there.iter().peekable();
    let mut sum = 0.0;
    for (stem, weight) in here {
        while there.next_if(|(other, _)| other < stem).is_some() {}
        if let Some((_, other)) = there.next_if(|(other, _)| other == stem) {
            sum += weight * other;
        }
    }
    sum
}

/// Longer than the time between any two texts.
const WINDOW: i64 = 40 * 24 * HOUR;

/// The results of the event fixtures in several orders: file order, reversed, shuffles. No pair of them may fold.
pub(super) struct EventExam {
    events: Happenings,
    runs: Vec<(Run, Score)>,
}

impl EventExam {
    /// Runs the product over all orders.
    pub(super) fn new(events: Happenings, shuffles: u64) -> EventExam {
        let run = |order: &Vec<usize>| {
            let run = passages(&events.set, order, settings());
            let score = events.clusters.score(&run.events);
            (run, score)
        };
        let runs = side_by_side(&events.set.orders(shuffles), run);
        EventExam { events, runs }
    }

    /// The number of articles and of their events.
    pub(crate) fn counts(&self) -> (usize, usize) {
        self.events.size()
    }

    /// The number of articles that were folded in any order. None should be.
    pub(crate) fn folded(&self) -> usize {
        let copies = |run: &Run| {
            let stories: BTreeSet<&usize> = run.at_end.iter().collect();
            run.at_end.len() - stories.len()
        };
        self.runs.iter().map(|(run, _)| copies(run)).sum()
    }

    /// The figures of the fixed orders, and of the best and worst shuffles.
    pub(crate) fn figures(&self) -> Table {
        let mut cells =
            Table::new("order | right | wrong | missed | precision | recall | F1 | B³ | ARI");
        let scores: Vec<&Score> = self.runs.iter().map(|(_, score)| score).collect();
        let (fixed, shuffles) = scores.split_at(scores.len().min(2));
        let by_f1 = |a: &&&Score, b: &&&Score| a.f1().total_cmp(&b.f1());
        let (worst, best) = (shuffles.iter().min_by(by_f1), shuffles.iter().max_by(by_f1));
        let names = ["file order", "reversed", "shuffle with the lowest F1", "with the highest"];
        for (name, score) in names.into_iter().zip(fixed.iter().chain(worst).chain(best)) {
            let counts = [score.found, score.false_folds, score.missed].map(|n| n.to_string());
            let shares = [
                score.precision(),
                score.recall(),
                score.f1(),
                score.b_cubed_f1(),
                score.rand_index,
            ];
            let row = counts.into_iter().chain(shares.map(decimals));
            cells.row([name.to_owned()].into_iter().chain(row));
        }
        cells
    }

    /// The most texts and the longest span of an event in any order, in words.
    pub(crate) fn bounds(&self) -> String {
        let all: Vec<Vec<usize>> =
            self.runs.iter().flat_map(|(run, _)| texts_of(&run.events)).collect();
        let most = all.iter().map(Vec::len).max().unwrap_or_default();
        let longest = all.iter().map(|texts| self.events.span(texts)).max().unwrap_or_default();
        let labels: Vec<usize> = self.events.clusters.of.iter().flatten().copied().collect();
        let expected = texts_of(&labels).iter().map(Vec::len).max().unwrap_or_default();
        format!(
            "Over all {} orders the largest event has {most} texts (the largest labelled one has \
             {expected}), and the longest spans {} hours.",
            self.runs.len(),
            hours(longest)
        )
    }
}

/// The product's settings with a window over all texts. In a shuffle the last text of the month may come
/// first. Stream time never runs back, so with a week's window all earlier texts would be outside it.
fn settings() -> Settings {
    Settings { window: WINDOW, ..Settings::default() }
}

/// Whole hours, rounded.
fn hours(seconds: i64) -> String {
    ((seconds + HOUR / 2) / HOUR).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(id: &str, hour: u32, text: &str) -> Doc {
        let published = format!("2026-05-04T{hour:02}:00:00Z").parse().ok();
        Doc { id: id.to_owned(), published, text: text.to_owned(), ..Doc::default() }
    }

    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla, and \
        Ada Ruiz said that the dockers of Quayton would not work for Port Orla until winter.";
    const AGAIN: &str = "A strike by dockers closed Port Orla in Quayton, said their head Ada Ruiz; \
        the dockers would stay away from Port Orla until the winter, Ruiz said in Quayton.";
    const OTHER: &str =
        "The bakers of Tom Lund in Vennby won a prize for the bread of Mill Hollow.";

    fn happenings() -> Happenings {
        let docs =
            vec![doc("quay-1", 1, STRIKE), doc("bread-1", 2, OTHER), doc("quay-2", 9, AGAIN)];
        let set = Arc::new(LabelledSet { docs, ..LabelledSet::default() });
        let clusters = Clusters { of: [0, 1, 0].map(Some).to_vec(), ..Clusters::default() };
        let kinds = ["straight", "lone", "brief"].map(str::to_owned).to_vec();
        Happenings { name: "port".to_owned(), set, clusters, kinds }
    }

    #[test]
    fn pairs_are_counted_by_kind_and_gap() {
        let tables = examine(&[happenings()]);
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

    #[test]
    fn pairs_of_events_are_counted() {
        let exam = EventExam::new(happenings(), 1);
        assert_eq!((exam.counts(), exam.folded()), ((3, 2), 0));
        let first = &exam.runs[0].1;
        assert_eq!((first.found, first.false_folds, first.missed), (1, 0, 0));
        assert!(exam.bounds().contains("largest event has 2 texts"), "{}", exam.bounds());
        assert!(exam.bounds().contains("spans 8 hours"), "{}", exam.bounds());
    }
}
