//! Measures the fixture articles of `seeds/` against `seeds/expected.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use wirefold_score::{Label, Pairs, Share};

use super::exam::Run;
use super::set::{Doc, LabelledSet, read_lines};

/// The fixtures with their labels.
#[derive(Debug)]
pub(crate) struct Seeds {
    /// The articles; pairs of one story are `R`.
    pub(crate) set: LabelledSet,
    /// The story and event of each article.
    pub(crate) labels: Vec<Labels>,
}

/// The expected labels of an article.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Labels {
    /// The story: the text of which it is a copy.
    pub(crate) story: String,
    /// The happening that it reports.
    pub(crate) event: String,
}

#[derive(Debug, Deserialize)]
struct Expected {
    articles: BTreeMap<String, Labels>,
}

/// Pairs of articles of different stories, by id, compared with the expected events.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Events {
    /// Rightly in one event.
    pub(crate) found: BTreeSet<(String, String)>,
    /// Wrongly in one event.
    pub(crate) wrong: BTreeSet<(String, String)>,
    /// About one happening but in two events.
    pub(crate) missed: BTreeSet<(String, String)>,
}

impl Events {
    /// The share of pairs in one event that are right, 0 to 1.
    pub(crate) fn precision(&self) -> f64 {
        Share { part: self.found.len(), whole: self.found.len() + self.wrong.len() }.value()
    }

    /// The share of pairs about one happening that are in one event, 0 to 1.
    pub(crate) fn recall(&self) -> f64 {
        Share { part: self.found.len(), whole: self.found.len() + self.missed.len() }.value()
    }
}

impl Seeds {
    /// Reads the fixtures of the repository at `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<Seeds> {
        let docs: Vec<Doc> = read_lines(&root.join("seeds/articles.jsonl"), |line| {
            serde_json::from_str(line).map_err(Into::into)
        })?;
        let path = root.join("seeds/expected.json");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let expected: Expected =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        let of = |doc: &Doc| {
            let labels = expected.articles.get(&doc.id).cloned();
            labels.with_context(|| format!("{} says nothing of {}", path.display(), doc.id))
        };
        let labels = docs.iter().map(of).collect::<anyhow::Result<Vec<Labels>>>()?;
        Ok(Seeds::new(docs, labels))
    }

    fn new(docs: Vec<Doc>, labels: Vec<Labels>) -> Seeds {
        let pairs = pairs(docs.len()).filter(|(a, b)| labels[*a].story == labels[*b].story);
        let reprints = pairs.map(|pair| (pair, (Label::Reprint, "story".to_owned())));
        let set = LabelledSet { name: "seeds".to_owned(), docs, labels: Pairs(reprints.collect()) };
        Seeds { set, labels }
    }

    /// Compares the final events of a run with the expected ones, over all pairs of articles that are, and
    /// should be, in two stories.
    pub(crate) fn compare_events(&self, run: &Run) -> Events {
        let mut events = Events::default();
        for (a, b) in pairs(self.labels.len()) {
            let (one, other) = (&self.labels[a], &self.labels[b]);
            if one.story == other.story {
                continue;
            }
            let list = match (run.events[a] == run.events[b], one.event == other.event) {
                (true, true) => &mut events.found,
                (true, false) => &mut events.wrong,
                (false, true) => &mut events.missed,
                (false, false) => continue,
            };
            let id = |number: usize| self.set.docs[number].id.clone();
            list.insert((id(a), id(b)));
        }
        events
    }
}

/// The archetypes of the repository at `root`: pairs that must fold and must not fold, class by class.
pub(crate) fn archetypes(root: &Path) -> anyhow::Result<LabelledSet> {
    let [texts, pairs] = ["jsonl", "tsv"].map(|kind| root.join(format!("seeds/archetypes.{kind}")));
    LabelledSet::read_files("archetypes", &texts, &pairs)
}

fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_compared_between_stories_only() {
        let of = |story: &str, event: &str| Labels { story: story.into(), event: event.into() };
        let labels = vec![of("s", "e"), of("s", "e"), of("t", "e"), of("u", "f")];
        let doc = |id: &str| Doc { id: id.into(), ..Doc::default() };
        let seeds = Seeds::new(["a", "b", "c", "d"].map(doc).to_vec(), labels);
        assert_eq!(seeds.set.labels.0.keys().copied().collect::<Vec<_>>(), [(0, 1)]);
        let run = Run { events: vec![1, 1, 2, 2], ..Run::default() };
        let events = seeds.compare_events(&run);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(events.missed, [pair("a", "c"), pair("b", "c")].into());
        assert_eq!(events.wrong, [pair("c", "d")].into());
        assert!(events.precision() == 0.0 && events.recall() == 0.0);
    }
}
