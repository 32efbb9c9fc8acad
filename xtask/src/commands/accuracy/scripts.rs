//! Measures the fixtures of `seeds/scripts.jsonl`: in each of several scripts a text, a reprint and a
//! shortened copy of it, another text about the same happening, and an unrelated one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wirefold_score::{Clusters, Group, Pair};

use super::exam::{Method, Run, side_by_side};
use super::set::{Doc, LabelledSet, clusters, read_lines};
use crate::table::Table;

/// The fixtures with both labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScriptSet {
    /// The articles.
    pub(crate) set: LabelledSet,
    stories: Clusters,
    events: Clusters,
}

/// The results in several orders.
#[derive(Debug, Clone)]
pub(crate) struct ScriptExam {
    scripts: ScriptSet,
    runs: Vec<Run>,
}

impl ScriptSet {
    /// Reads the fixtures of the repository at `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<ScriptSet> {
        let docs: Vec<Doc> = read_lines(&root.join("seeds/scripts.jsonl"), |line| {
            serde_json::from_str(line).map_err(Into::into)
        })?;
        let labels = root.join("seeds/scripts.tsv");
        let stories = clusters(&labels, &docs, Group::Story)?;
        let events = clusters(&labels, &docs, Group::Event)?;
        let set = LabelledSet { name: "scripts".to_owned(), docs, ..LabelledSet::default() };
        Ok(ScriptSet { set, stories, events })
    }

    /// Runs the product over all orders.
    pub(crate) fn examine(self, shuffles: u64) -> ScriptExam {
        let orders = self.set.orders(shuffles);
        let runs = side_by_side(&orders, |order| Method::Passages.run(&self.set, order));
        ScriptExam { scripts: self, runs }
    }
}

impl ScriptExam {
    /// A row for each script: copies found in the worst of all orders, false folds over all orders, and pairs
    /// of events in file order.
    pub(crate) fn table(&self) -> Table {
        let head = [
            "script",
            "texts",
            "copies to find",
            "found",
            "found, worst order",
            "false folds, all orders",
            "events right",
            "wrong",
            "missed",
        ];
        let mut cells = Table::new(&head);
        for (script, texts) in self.by_script() {
            let figures = self.folds(&texts).into_iter().chain(self.groups(&texts));
            let figures = [texts.len()].into_iter().chain(figures);
            cells.row([script].into_iter().chain(figures.map(|figure| figure.to_string())));
        }
        cells
    }

    /// The number of copies, of those found in file order and in the worst order, and of false folds over all
    /// orders.
    fn folds(&self, texts: &BTreeSet<usize>) -> [usize; 4] {
        let stories = &self.scripts.stories;
        let all = count(texts, |a, b| stories.of[a] == stories.of[b]);
        let found = |run: &Run| {
            let missed = stories.missed(&run.at_arrival, usize::MAX);
            all - missed.iter().filter(|(pair, _)| is_within(texts, pair)).count()
        };
        let wrong = |run: &Run| {
            let wrong = stories.false_folds(&run.at_arrival, usize::MAX);
            wrong.iter().filter(|pair| is_within(texts, pair)).count()
        };
        let worst = self.runs.iter().map(found).min().unwrap_or_default();
        [all, self.runs.first().map_or(0, found), worst, self.runs.iter().map(wrong).sum()]
    }

    /// The right, wrong and missed pairs of events in file order. Only separately written texts count,
    /// because copies are in one event anyway.
    fn groups(&self, texts: &BTreeSet<usize>) -> [usize; 3] {
        let (stories, events) = (&self.scripts.stories, &self.scripts.events);
        let Some(run) = self.runs.first() else { return [0; 3] };
        let is_own =
            |pair: &Pair| is_within(texts, pair) && stories.of[pair.0] != stories.of[pair.1];
        let all = count(texts, |a, b| events.of[a] == events.of[b] && is_own(&(a, b)));
        let missed = events.missed(&run.events, usize::MAX).into_iter().map(|(pair, _)| pair);
        let missed = missed.filter(is_own).count();
        let wrong = events.false_folds(&run.events, usize::MAX).into_iter().filter(is_own).count();
        [all - missed, wrong, missed]
    }

    /// The texts of each script, which is in the kind of their stories.
    fn by_script(&self) -> BTreeMap<String, BTreeSet<usize>> {
        let mut scripts: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (text, story) in self.scripts.stories.of.iter().enumerate() {
            let kind = story.and_then(|story| self.scripts.stories.kinds.get(&story));
            scripts.entry(kind.cloned().unwrap_or_default()).or_default().insert(text);
        }
        scripts
    }
}

/// Whether one of a pair is among these texts.
fn is_within(texts: &BTreeSet<usize>, (a, b): &Pair) -> bool {
    texts.contains(a) || texts.contains(b)
}

/// The number of pairs of these texts for which `is_so` is true.
fn count(texts: &BTreeSet<usize>, is_so: impl Fn(usize, usize) -> bool) -> usize {
    let pairs = texts.iter().flat_map(|a| texts.range(a + 1..).map(move |b| (*a, *b)));
    pairs.filter(|(a, b)| is_so(*a, *b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_copies_an_own_text_and_a_stranger() {
        let scripts = ScriptSet::read(&crate::tree::root()).unwrap();
        let exam = scripts.examine(0);
        let by_script = exam.by_script();
        assert!(by_script.len() >= 6, "{by_script:?}");
        let table = exam.table().markdown();
        for (script, texts) in by_script {
            assert_eq!(texts.len(), 5, "{script}");
            let row = table.lines().find(|line| line.starts_with(&format!("| {script} |")));
            let cells: Vec<&str> = row.unwrap_or_default().split(" | ").collect();
            // All copies fold in file order, and nothing false in any order.
            assert!(cells[1..4] == ["5", "3", "3"] && cells[5] == "0", "{table}");
        }
    }
}
