//! A labelled set: a folder with `docs.jsonl` and `labels.tsv`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::random::Random;

/// A document of a set. `host` is taken as the outlet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Doc {
    /// What the labels call it.
    pub(crate) id: String,
    /// The publisher.
    #[serde(default, alias = "host")]
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
    #[serde(default)]
    pub(crate) published: Option<Timestamp>,
    /// The text.
    pub(crate) text: String,
}

/// What a pair of documents is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// `R`: must fold.
    Reprint,
    /// `P`: may fold, and is not counted.
    Partial,
}

/// Two documents by number, the smaller first.
pub(crate) type Pair = (usize, usize);

/// Documents with the labels of their pairs; a pair without a label must not fold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct LabelledSet {
    /// What the set is called.
    pub(crate) name: String,
    /// The documents in file order.
    pub(crate) docs: Vec<Doc>,
    /// The labelled pairs with their kind in words, such as `base+exact`.
    pub(crate) labels: BTreeMap<Pair, (Label, String)>,
}

impl LabelledSet {
    /// Reads a folder. What is broken is named with file and line.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<LabelledSet> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let docs = read_lines(&folder.join("docs.jsonl"), |line| {
            serde_json::from_str::<Doc>(line).map_err(Into::into)
        })?;
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        for (number, doc) in docs.iter().enumerate() {
            if numbers.insert(&doc.id, number).is_some() {
                bail!("{}: the id {} twice", folder.join("docs.jsonl").display(), doc.id);
            }
        }
        let labels = read_lines(&folder.join("labels.tsv"), |line| label(line, &numbers))?;
        let labels = labels.into_iter().flatten().collect();
        Ok(LabelledSet { name, docs, labels })
    }

    /// Writes the set to a folder, to be read by [`LabelledSet::read`] or by others.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let (mut docs, mut labels) = (String::new(), "a\tb\tlabel\tkind\n".to_owned());
        for doc in &self.docs {
            let line = json!({"id": doc.id, "host": doc.outlet, "text": doc.text});
            writeln!(docs, "{line}")?;
        }
        for ((a, b), (label, kind)) in &self.labels {
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

    /// The same set with every document at one outlet.
    pub(crate) fn at_one_outlet(&self) -> LabelledSet {
        let mut set = self.clone();
        set.docs.iter_mut().for_each(|doc| doc.outlet = Some("one.example".to_owned()));
        set
    }

    /// How many pairs bear `label`.
    pub(crate) fn count(&self, label: Label) -> usize {
        self.labels.values().filter(|(its, _)| *its == label).count()
    }

    /// File order, reversed, and as many shuffles.
    pub(crate) fn orders(&self, shuffles: u64) -> Vec<Vec<usize>> {
        let file: Vec<usize> = (0..self.docs.len()).collect();
        let reversed = file.iter().rev().copied().collect();
        let shuffled = (1..=shuffles).map(|seed| {
            let mut order = file.clone();
            Random::new(seed).shuffle(&mut order);
            order
        });
        [file.clone(), reversed].into_iter().chain(shuffled).collect()
    }
}

/// The sets at `path`: itself if it is one, else every set right below it, by name.
pub(crate) fn folders(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_set = |folder: &PathBuf| folder.join("docs.jsonl").is_file();
    if is_set(&path.to_path_buf()) {
        return Ok(vec![path.to_path_buf()]);
    }
    let entries = std::fs::read_dir(path).with_context(|| format!("read {}", path.display()))?;
    let mut found: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    found.retain(is_set);
    found.sort();
    if found.is_empty() {
        bail!("{}: no docs.jsonl here or in a folder right below", path.display());
    }
    Ok(found)
}

/// The lines of a file that are not blank, each read by `parse`.
pub(crate) fn read_lines<T>(
    path: &Path,
    parse: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| parse(line).with_context(|| format!("{}:{}", path.display(), at + 1)))
        .collect()
}

/// A line of `labels.tsv`: nothing for the head and for pairs labelled as strangers.
fn label(
    line: &str,
    numbers: &HashMap<&str, usize>,
) -> anyhow::Result<Option<(Pair, (Label, String))>> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [a, b, letter, rest @ ..] = fields.as_slice() else {
        bail!("expected a, b, label and kind with tabs between");
    };
    let label = match *letter {
        "R" => Label::Reprint,
        "P" => Label::Partial,
        "N" | "label" => return Ok(None),
        other => bail!("the label {other:?} is none of R, P, N"),
    };
    let number = |id: &str| numbers.get(id).copied().ok_or_else(|| anyhow!("no document {id:?}"));
    let (a, b) = (number(a)?, number(b)?);
    if a == b {
        bail!("a document with itself");
    }
    let kind = rest.first().copied().unwrap_or_default().to_owned();
    Ok(Some(((a.min(b), a.max(b)), (label, kind))))
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
        assert_eq!(set.labels.into_iter().collect::<Vec<_>>(), [((0, 1), kind)]);
    }

    #[test]
    fn broken_lines_are_named_with_file_and_line() {
        check_error("json", &format!("{DOCS}{{\"id\":"), "", "docs.jsonl:3: EOF");
        let date = "{\"id\":\"x\",\"published\":\"monday\",\"text\":\"\"}";
        check_error("date", date, "", "docs.jsonl:1: ");
        check_error("twice", &DOCS.repeat(2), "", "the id x twice");
        check_error("label", DOCS, "x\ty\tQ\tk\n", "labels.tsv:1: the label \"Q\"");
        check_error("stranger", DOCS, "a\tb\tlabel\nx\tz\tR\n", "labels.tsv:2: no document \"z\"");
        check_error("fields", DOCS, "x y R\n", "labels.tsv:1: expected a, b");
    }
}
