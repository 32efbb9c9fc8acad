//! A labelled set: a folder with `docs.jsonl` and `labels.tsv`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wirefold_score::{Clusters, Group, Label, Labels, Order, Pairs};

use crate::generator::{Article, Generator, Settings, labels};
use crate::tree::{self, json_lines, read};

/// A document of a set. `host` is read as the outlet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Doc {
    /// Its id in the labels.
    pub(crate) id: String,
    /// The publisher.
    #[serde(default, alias = "host", rename(serialize = "host"))]
    pub(crate) outlet: Option<String>,
    /// The address; documents with one address are versions of one item.
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// The headline.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// The byline.
    #[serde(default)]
    pub(crate) author: Option<String>,
    /// When it claims to be published.
    #[serde(default, skip_serializing)]
    pub(crate) published: Option<Timestamp>,
    /// The text.
    pub(crate) text: String,
}

/// Documents with the labels of their pairs; a pair without a label must not fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelledSet {
    /// The name of the set.
    pub(crate) name: String,
    /// The documents in file order.
    pub(crate) docs: Vec<Doc>,
    /// The labelled pairs with their kind in words, such as `base+exact`.
    pub(crate) labels: Pairs,
}

impl LabelledSet {
    /// Reads a folder. Errors name the file and line.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<LabelledSet> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        LabelledSet::of_suite(folder, [&name, "", ""])
    }

    /// Reads a suite in a folder below `suites`, whose files have this prefix.
    pub(crate) fn of_suite(
        suites: &Path,
        [name, folder, prefix]: [&str; 3],
    ) -> anyhow::Result<LabelledSet> {
        let of = |file: &str| suites.join(folder).join(format!("{prefix}{file}"));
        LabelledSet::new(name, read_docs(&of("docs.jsonl"))?, &of("labels.tsv"))
    }

    /// A set of these documents, with a file of labelled pairs.
    pub(super) fn new(name: &str, docs: Vec<Doc>, pairs: &Path) -> anyhow::Result<LabelledSet> {
        match read_labels(pairs, &docs, Group::Story)? {
            Labels::Pairs(labels) => Ok(LabelledSet { name: name.to_owned(), docs, labels }),
            Labels::Clusters(_) => bail!("{}: labelled pairs are wanted", pairs.display()),
        }
    }

    /// Writes the set to a folder that [`LabelledSet::read`] can read.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let (mut docs, mut labels) = (String::new(), "a\tb\tlabel\tkind\n".to_owned());
        for doc in &self.docs {
            writeln!(docs, "{}", serde_json::to_string(doc)?)?;
        }
        for ((a, b), (label, kind)) in &self.labels.0 {
            let letter = match label {
                Label::Reprint => 'R',
                Label::Partial => 'P',
            };
            writeln!(labels, "{}\t{}\t{letter}\t{kind}", self.docs[*a].id, self.docs[*b].id)?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
        for (name, text) in [("docs.jsonl", docs), ("labels.tsv", labels)] {
            let path = folder.join(name);
            std::fs::write(&path, text).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }

    /// The same set with one outlet for every document.
    pub(crate) fn at_one_outlet(&self) -> LabelledSet {
        let mut set = self.clone();
        set.docs.iter_mut().for_each(|doc| doc.outlet = Some("one.example".to_owned()));
        set
    }

    /// File order, reversed, and this many shuffles.
    pub(crate) fn orders(&self, shuffles: u64) -> Vec<Vec<usize>> {
        let shuffled = (1..=shuffles).map(Order::Shuffle);
        let orders = [Order::File, Order::Reversed].into_iter().chain(shuffled);
        orders.map(|order| order.of(self.docs.len())).collect()
    }
}

/// The sets at `path`: the folder itself if it is one, or else every set directly below it, by name.
pub(crate) fn folders(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_set = |folder: &PathBuf| folder.join("docs.jsonl").is_file();
    if is_set(&path.to_path_buf()) {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = tree::entries(path)?;
    found.retain(is_set);
    if found.is_empty() {
        bail!("{}: no docs.jsonl here or in a folder right below", path.display());
    }
    Ok(found)
}

/// The documents of a file. Errors name the line.
pub(crate) fn read_docs(path: &Path) -> anyhow::Result<Vec<Doc>> {
    let docs: Vec<Doc> = json_lines(path)?;
    let mut ids = HashSet::new();
    let twice = docs.iter().find(|doc| !ids.insert(&doc.id));
    match twice {
        Some(doc) => bail!("{}: the id {} twice", path.display(), doc.id),
        None => Ok(docs),
    }
}

/// The labels of a file. Errors name the line.
fn read_labels(path: &Path, docs: &[Doc], group: Group) -> anyhow::Result<Labels> {
    let (labels, problems) = wirefold_score::read(&read(path)?, group).resolve(&numbers(docs));
    match problems.first() {
        Some(problem) => bail!("{}:{}: {}", path.display(), problem.line, problem.what),
        None => Ok(labels),
    }
}

/// The number of each document by its id.
pub(super) fn numbers(docs: &[Doc]) -> HashMap<&str, usize> {
    docs.iter().enumerate().map(|(at, doc)| (doc.id.as_str(), at)).collect()
}

/// The cluster of each article that has one. Errors name the line.
pub(super) fn clusters(path: &Path, docs: &[Doc], group: Group) -> anyhow::Result<Clusters> {
    match read_labels(path, docs, group)? {
        Labels::Clusters(clusters) => Ok(clusters),
        Labels::Pairs(_) => bail!("{}: a cluster for each id is wanted", path.display()),
    }
}

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
pub(crate) fn demo(root: &Path) -> anyhow::Result<LabelledSet> {
    let docs = read_docs(&root.join("seeds/articles.jsonl"))?;
    let path = root.join("seeds/expected.json");
    let expected: Expected =
        serde_json::from_str(&read(&path)?).with_context(|| path.display().to_string())?;
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
    LabelledSet::new("archetypes", read_docs(&texts)?, &pairs)
}

/// The seed of the card's generator. Another seed gives another set of the same kind.
const SEED: u64 = 0x77_69_72_65;
/// The size of hostile articles in bytes. They are small, because the card examines each text in a dozen
/// orders.
const LIMIT: usize = 20_000;
/// Footers change after this many articles, three times in the card's set.
const FOOTER_LIFE: u64 = 600;

/// The first `count` articles of the card's seed, with labels.
pub(super) fn generated(count: u64) -> LabelledSet {
    let settings = Settings { seed: SEED, length: 100, limit: LIMIT, footer_life: FOOTER_LIFE };
    let generator = Generator::new(settings);
    let docs = (0..count).map(|number| doc(generator.article(number))).collect();
    let labels = Pairs(labels(&generator, count).collect());
    LabelledSet { name: "generated".to_owned(), docs, labels }
}

/// A generated article as a document.
pub(crate) fn doc(article: Article) -> Doc {
    Doc {
        id: article.id(),
        url: Some(article.url()),
        text: article.text(),
        outlet: Some(article.host),
        title: Some(article.title),
        author: Some(article.byline).filter(|byline| !byline.is_empty()),
        published: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = "{\"id\":\"x\",\"host\":\"h\",\"text\":\"a\"}\n\
        {\"id\":\"y\",\"outlet\":\"o\",\"published\":\"2026-03-01T08:00:00Z\",\"text\":\"b\"}\n";

    fn read(test: &str, docs: &str, labels: &str) -> anyhow::Result<LabelledSet> {
        let folder = std::env::temp_dir().join(format!("wirefold-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("docs.jsonl"), docs).unwrap();
        std::fs::write(folder.join("labels.tsv"), labels).unwrap();
        let set = LabelledSet::read(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        set
    }

    #[track_caller]
    fn check_error(test: &str, docs: &str, labels: &str, expected: &str) {
        let said = format!("{:#}", read(test, docs, labels).unwrap_err());
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn takes_host_as_outlet_and_orders_pairs() {
        let set = read("good", DOCS, "a\tb\tlabel\tkind\ny\tx\tR\tbase+exact\n\n").unwrap();
        assert_eq!(set.docs[0].outlet.as_deref(), Some("h"));
        assert!(set.docs[1].published.is_some());
        let kind = (Label::Reprint, "base+exact".to_owned());
        assert_eq!(set.labels.0.into_iter().collect::<Vec<_>>(), [((0, 1), kind)]);
    }

    #[test]
    fn broken_lines_are_named_with_file_and_line() {
        check_error("json", &format!("{DOCS}{{\"id\":"), "", "docs.jsonl:3: EOF");
        let date = "{\"id\":\"x\",\"published\":\"monday\",\"text\":\"\"}";
        check_error("date", date, "", "docs.jsonl:1: ");
        check_error("twice", &DOCS.repeat(2), "", "the id x twice");
        check_error("label", DOCS, "x\ty\tQ\tk\n", "labels.tsv:1: the label \"Q\"");
        check_error("stranger", DOCS, "a\tb\tlabel\nx\tz\tR\n", "labels.tsv:2: no article \"z\"");
        check_error("fields", DOCS, "x y R\n", "labels.tsv:1: 1 column");
    }
}

#[cfg(test)]
mod generated_tests {
    use super::*;

    #[test]
    fn a_set_that_is_written_is_read_back() {
        let set = generated(200);
        let folder = std::env::temp_dir().join(format!("wirefold-{}-made", std::process::id()));
        set.write(&folder).unwrap();
        let read = LabelledSet::read(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let name = format!("wirefold-{}-made", std::process::id());
        assert!(read.unwrap() == LabelledSet { name, ..set });
    }
}
