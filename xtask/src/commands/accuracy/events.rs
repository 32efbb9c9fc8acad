//! Measures the event fixtures of `seeds/events.jsonl` against `seeds/events.tsv`. They are texts in their
//! own words, none of which copies another, so only grouping is measured.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wirefold_dedup::{Body, Frequencies, Link, Overlap, Settings, StoryId, Terms};
use wirefold_score::{Clusters, Group, Pair, Score};
use wirefold_text::Text;

use super::labels::clusters;
use super::method::{Run, passages};
use super::parallel::side_by_side;
use super::set::{Doc, LabelledSet, read_lines};
use super::tables::{Cells, decimals};

/// The number of rows in the tables of errors and of large events.
const WORST: usize = 10;
const LARGEST: usize = 5;
const HOUR: i64 = 3600;
/// Longer than the time between any two texts.
const WINDOW: i64 = 40 * 24 * HOUR;

/// The fixtures with the event of each article.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventSet {
    /// The articles; no pair of them may fold.
    pub(crate) set: LabelledSet,
    /// The event of each.
    clusters: Clusters,
    /// The events by their names, in the order of their first articles.
    names: Vec<String>,
}

/// The results of the fixtures in several orders: file order, reversed, shuffles.
#[derive(Debug, Clone)]
pub(crate) struct EventExam {
    events: EventSet,
    runs: Vec<(Run, Score)>,
}

impl EventSet {
    /// Reads the fixtures of the repository at `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<EventSet> {
        let docs: Vec<Doc> = read_lines(&root.join("seeds/events.jsonl"), |line| {
            serde_json::from_str(line).map_err(Into::into)
        })?;
        let clusters = clusters(&root.join("seeds/events.tsv"), &docs, Group::Event)?;
        Ok(EventSet::new(docs, clusters))
    }

    fn new(docs: Vec<Doc>, clusters: Clusters) -> EventSet {
        let mut names: BTreeMap<usize, String> = BTreeMap::new();
        for (doc, event) in docs.iter().zip(&clusters.of) {
            // An id is the name of its event with a number.
            let name = doc.id.rsplit_once('-').map_or(doc.id.as_str(), |(name, _)| name);
            names.entry(event.unwrap_or_default()).or_insert_with(|| name.to_owned());
        }
        let names = names.into_values().collect();
        let set = LabelledSet { name: "events".to_owned(), docs, ..LabelledSet::default() };
        EventSet { set, clusters, names }
    }

    /// Runs the product over all orders.
    pub(crate) fn examine(self, shuffles: u64) -> EventExam {
        let run = |order: &Vec<usize>| {
            let run = passages(&self.set, order, settings());
            let score = self.clusters.score(&run.events);
            (run, score)
        };
        let runs = side_by_side(&self.set.orders(shuffles), run);
        EventExam { events: self, runs }
    }
}

impl EventExam {
    /// The number of articles and of their events.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.events.set.docs.len(), self.events.names.len())
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
    pub(crate) fn figures(&self) -> Cells {
        let head = ["order", "right", "wrong", "missed", "precision", "recall", "F1", "B³", "ARI"];
        let mut cells = Cells::new(&head);
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

    /// The largest events of the product in file order, with their contents.
    pub(crate) fn largest(&self) -> Cells {
        let mut cells = Cells::new(&["largest in file order", "texts", "hours", "holds"]);
        let Some((run, _)) = self.runs.first() else { return cells };
        let mut events = self.made(run);
        events.sort_by_key(|texts| (std::cmp::Reverse(texts.len()), texts[0]));
        for texts in events.iter().take(LARGEST) {
            let mut holds: BTreeMap<&str, usize> = BTreeMap::new();
            for text in texts {
                *holds.entry(self.name(*text)).or_default() += 1;
            }
            let held = |(name, count): (&&str, &usize)| {
                format!("{count} of {} of `{name}`", self.size(name))
            };
            let holds: Vec<String> = holds.iter().map(held).collect();
            let first = self.events.set.docs[texts[0]].id.clone();
            let figures = [texts.len().to_string(), hours(self.span(texts)), holds.join(", ")];
            cells.row([format!("that of `{first}`")].into_iter().chain(figures));
        }
        cells
    }

    /// The most texts and the longest span of an event in any order, in words.
    pub(crate) fn bounds(&self) -> String {
        let all: Vec<Vec<usize>> = self.runs.iter().flat_map(|(run, _)| self.made(run)).collect();
        let most = all.iter().map(Vec::len).max().unwrap_or_default();
        let longest = all.iter().map(|texts| self.span(texts)).max().unwrap_or_default();
        let expected = self.names_by_size().into_values().max().unwrap_or_default();
        format!(
            "Over all {} orders the largest event has {most} texts (the largest labelled one has \
             {expected}), and the longest spans {} hours.",
            self.runs.len(),
            hours(longest)
        )
    }

    /// The wrong pairs over all orders, the most frequent first, with the evidence for each.
    pub(crate) fn wrong(&self) -> Cells {
        let of = |run: &Run| self.events.clusters.false_folds(&run.events, usize::MAX);
        self.errors(self.counted(of), true)
    }

    /// The missed pairs over all orders, the most frequent and least similar first.
    pub(crate) fn missed(&self) -> Cells {
        let of = |run: &Run| {
            let missed = self.events.clusters.missed(&run.events, usize::MAX);
            missed.into_iter().map(|(pair, _)| pair).collect()
        };
        self.errors(self.counted(of), false)
    }

    fn counted(&self, wrong: impl Fn(&Run) -> Vec<Pair>) -> BTreeMap<Pair, usize> {
        let mut counts = BTreeMap::new();
        for pair in self.runs.iter().flat_map(|(run, _)| wrong(run)) {
            *counts.entry(pair).or_default() += 1;
        }
        counts
    }

    fn errors(&self, counts: BTreeMap<Pair, usize>, most_alike: bool) -> Cells {
        let head = [
            "texts", "orders", "hours apart", "similarity", "titles", "ledes", "words", "names",
            "quotations",
        ];
        let mut cells = Cells::new(&head);
        let with_link = |((a, b), orders)| ((a, b), orders, self.link(a, b));
        let mut all: Vec<(Pair, usize, Link)> = counts.into_iter().map(with_link).collect();
        all.sort_by(|(p, x, l), (q, y, m)| {
            let similarity = l.similarity.total_cmp(&m.similarity);
            let similarity = if most_alike { similarity.reverse() } else { similarity };
            y.cmp(x).then(similarity).then(p.cmp(q))
        });
        for ((a, b), orders, link) in all.into_iter().take(WORST) {
            let id = |number: usize| &self.events.set.docs[number].id;
            let share = |share: Option<f64>| {
                share.map_or_else(|| "–".to_owned(), |share| format!("{share:.2}"))
            };
            cells.row([
                format!("`{}` and `{}`", id(a), id(b)),
                format!("{orders} of {}", self.runs.len()),
                hours(self.span(&[a, b])),
                share(Some(link.similarity)),
                share(link.title),
                share(Some(link.lede)),
                share(Some(link.cosine)),
                share(link.names),
                link.quotations.to_string(),
            ]);
        }
        cells
    }

    /// The similarity of two texts alone.
    fn link(&self, a: usize, b: usize) -> Link {
        let docs = [&self.events.set.docs[a], &self.events.set.docs[b]];
        let texts = docs.map(|doc| Text::new(&doc.text));
        let bodies = [Body::new(&texts[0]), Body::new(&texts[1])];
        let terms = |at: usize| {
            Terms::new(&texts[at], &bodies[at], docs[at].title.as_deref().unwrap_or_default())
        };
        let overlap = Overlap::between(&bodies[1], &bodies[0], &Settings::default());
        let quotations = overlap.shared_quotations.len();
        let mut frequencies = Frequencies::default();
        let (apart, settings) = (self.span(&[a, b]), Settings::default());
        Link::between(
            &terms(1),
            (StoryId(0), &terms(0)),
            &mut frequencies,
            apart,
            quotations,
            &settings,
        )
    }

    /// The events of a run, each as its texts in file order.
    fn made(&self, run: &Run) -> Vec<Vec<usize>> {
        let mut events: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (text, event) in run.events.iter().enumerate() {
            events.entry(*event).or_default().push(text);
        }
        events.into_values().collect()
    }

    /// The seconds from the first to the last publication.
    fn span(&self, texts: &[usize]) -> i64 {
        let times = texts.iter().filter_map(|text| self.events.set.docs[*text].published);
        let seconds: Vec<i64> = times.map(jiff::Timestamp::as_second).collect();
        let (first, last) = (seconds.iter().min(), seconds.iter().max());
        first.zip(last).map_or(0, |(first, last)| last - first)
    }

    fn name(&self, text: usize) -> &str {
        let event = self.events.clusters.of[text].unwrap_or_default();
        &self.events.names[event]
    }

    fn names_by_size(&self) -> BTreeMap<&str, usize> {
        let mut sizes = BTreeMap::new();
        for text in 0..self.events.set.docs.len() {
            *sizes.entry(self.name(text)).or_default() += 1;
        }
        sizes
    }

    fn size(&self, name: &str) -> usize {
        self.names_by_size().get(name).copied().unwrap_or_default()
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
pub(super) mod tests {
    use super::super::labels::clusters_of;
    use super::*;

    pub(in super::super) fn doc(id: &str, hour: u32, text: &str) -> Doc {
        let published = format!("2026-05-04T{hour:02}:00:00Z").parse().ok();
        Doc { id: id.to_owned(), published, text: text.to_owned(), ..Doc::default() }
    }

    pub(in super::super) const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla, and \
        Ada Ruiz said that the dockers of Quayton would not work for Port Orla until winter.";
    pub(in super::super) const AGAIN: &str = "A strike by dockers closed Port Orla in Quayton, said their head Ada Ruiz; \
        the dockers would stay away from Port Orla until the winter, Ruiz said in Quayton.";
    pub(in super::super) const OTHER: &str =
        "The bakers of Tom Lund in Vennby won a prize for the bread of Mill Hollow.";

    #[test]
    fn pairs_of_events_are_counted_and_explained() {
        let docs =
            vec![doc("quay-1", 8, STRIKE), doc("quay-2", 11, AGAIN), doc("bread-1", 9, OTHER)];
        let labels = "id\tevent\nquay-1\tquay\nquay-2\tquay\nbread-1\tbread\n";
        let clusters = clusters_of(labels, &docs, Group::Event).unwrap();
        let exam = EventSet::new(docs, clusters).examine(1);
        assert_eq!((exam.counts(), exam.folded()), ((3, 2), 0));
        let first = &exam.runs[0].1;
        assert_eq!((first.found, first.false_folds, first.missed), (1, 0, 0));
        assert!(exam.bounds().contains("largest event has 2 texts"), "{}", exam.bounds());
        assert!(exam.bounds().contains("spans 3 hours"), "{}", exam.bounds());
        let largest = exam.largest().markdown();
        assert!(largest.contains("that of `quay-1` | 2 | 3 | 2 of 2 of `quay`"), "{largest}");
        let wrong = exam.errors([((0, 2), 3)].into(), true).markdown();
        assert!(wrong.contains("`quay-1` and `bread-1` | 3 of 3 | 1 |"), "{wrong}");
    }

    #[test]
    fn a_text_without_an_event_is_named() {
        let docs = [doc("a-1", 1, ""), doc("b-1", 2, "")];
        let error = clusters_of("a-1\ta\n", &docs, Group::Event).unwrap_err();
        assert_eq!(error.to_string(), "b-1 has no event");
    }
}
