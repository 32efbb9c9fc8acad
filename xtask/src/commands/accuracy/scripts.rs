//! Measures the fixtures of `seeds/scripts.jsonl`: in each of several scripts a text, a reprint and a
//! shortened copy of it, another text about the same happening, and an unrelated one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use wirefold_score::{Clusters, Group, Score};

use super::exam::{Method, side_by_side};
use super::set::{LabelledSet, clusters, read_docs};
use crate::table::Table;

/// The fixtures with both labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct ScriptSet {
    /// The articles.
    pub(crate) set: LabelledSet,
    stories: Clusters,
    events: Clusters,
}

impl ScriptSet {
    /// Reads the fixtures of the repository at `root`.
    pub(crate) fn read(root: &Path) -> anyhow::Result<ScriptSet> {
        let docs = read_docs(&root.join("seeds/scripts.jsonl"))?;
        let labels = root.join("seeds/scripts.tsv");
        let stories = clusters(&labels, &docs, Group::Story)?;
        let events = clusters(&labels, &docs, Group::Event)?;
        let set = LabelledSet { name: "scripts".to_owned(), docs, ..LabelledSet::default() };
        Ok(ScriptSet { set, stories, events })
    }

    /// Runs the product over all orders. A row for each script: copies found in the worst of all orders, false
    /// folds over all orders, and pairs of events in file order.
    pub(crate) fn examine(&self, shuffles: u64) -> Table {
        let orders = self.set.orders(shuffles);
        let runs = side_by_side(&orders, |order| Method::Passages.run(&self.set, order));
        let mut cells = Table::new(
            "script | texts | copies to find | found | found, worst order | false folds, all orders | events \
             right | wrong | missed",
        );
        for (script, texts) in self.by_script() {
            let (stories, events) = (within(&self.stories, &texts), within(&self.events, &texts));
            let folds: Vec<Score> = runs.iter().map(|run| stories.score(&run.at_arrival)).collect();
            let worst = folds.iter().map(|score| score.found).min().unwrap_or_default();
            let wrong = folds.iter().map(|score| score.false_folds).sum();
            let grouped = events.score(&runs[0].events);
            // Only separately written texts count, because copies are in one event anyway.
            let copies = stories.score(&runs[0].events);
            let (right, missed) = (grouped.found - copies.found, grouped.missed - copies.missed);
            let figures = [
                texts.len(),
                stories.pairs(),
                folds[0].found,
                worst,
                wrong,
                right,
                grouped.false_folds,
                missed,
            ];
            cells.row([script].into_iter().chain(figures.map(|figure| figure.to_string())));
        }
        cells
    }

    /// The texts of each script, which is in the kind of their stories.
    fn by_script(&self) -> BTreeMap<String, BTreeSet<usize>> {
        let mut scripts: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (text, story) in self.stories.of.iter().enumerate() {
            let kind = story.and_then(|story| self.stories.kinds.get(&story));
            scripts.entry(kind.cloned().unwrap_or_default()).or_default().insert(text);
        }
        scripts
    }
}

/// The clusters of these texts alone.
fn within(clusters: &Clusters, texts: &BTreeSet<usize>) -> Clusters {
    let of = clusters.of.iter().enumerate();
    let of = of.map(|(text, cluster)| cluster.filter(|_| texts.contains(&text))).collect();
    Clusters { of, ..clusters.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_has_copies_an_own_text_and_a_stranger() {
        let scripts = ScriptSet::read(&crate::tree::root()).unwrap();
        let by_script = scripts.by_script();
        assert!(by_script.len() >= 6, "{by_script:?}");
        let table = scripts.examine(0).markdown();
        for (script, texts) in by_script {
            assert_eq!(texts.len(), 5, "{script}");
            let row = table.lines().find(|line| line.starts_with(&format!("| {script} |")));
            let cells: Vec<&str> = row.unwrap_or_default().split(" | ").collect();
            // All copies fold in file order, and nothing false in any order.
            assert!(cells[1..4] == ["5", "3", "3"] && cells[5] == "0", "{table}");
        }
    }
}
