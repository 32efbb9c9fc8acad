//! The fixtures of `seeds/` with their labels.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use wirefold_score::{Label, Pairs};

use super::set::{Doc, LabelledSet, read_lines};

#[derive(Debug, Deserialize)]
struct Expected {
    articles: BTreeMap<String, Expectation>,
}

/// The label of an article: the text of which it is a copy.
#[derive(Debug, Deserialize)]
struct Expectation {
    story: String,
}

/// The articles of the demo at `root`, of which pairs of one story must fold.
pub(crate) fn articles(root: &Path) -> anyhow::Result<LabelledSet> {
    let docs: Vec<Doc> = read_lines(&root.join("seeds/articles.jsonl"), |line| {
        serde_json::from_str(line).map_err(Into::into)
    })?;
    let path = root.join("seeds/expected.json");
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let expected: Expected =
        serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    let of = |doc: &Doc| {
        let label = expected.articles.get(&doc.id).map(|label| label.story.as_str());
        label.with_context(|| format!("{} says nothing of {}", path.display(), doc.id))
    };
    let stories = docs.iter().map(of).collect::<anyhow::Result<Vec<&str>>>()?;
    let pairs = (0..docs.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
    let pairs = pairs.filter(|(a, b)| stories[*a] == stories[*b]);
    let reprints = pairs.map(|pair| (pair, (Label::Reprint, "story".to_owned()))).collect();
    Ok(LabelledSet { name: "seeds".to_owned(), docs, labels: Pairs(reprints) })
}

/// The archetypes at `root`: pairs that must fold and must not fold, class by class.
pub(crate) fn archetypes(root: &Path) -> anyhow::Result<LabelledSet> {
    let [texts, pairs] = ["jsonl", "tsv"].map(|kind| root.join(format!("seeds/archetypes.{kind}")));
    LabelledSet::read_files("archetypes", &texts, &pairs)
}
