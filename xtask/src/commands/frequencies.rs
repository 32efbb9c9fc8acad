//! `cargo xtask frequencies`: counts the documents that contain each stem, for the initial table of events.
//! Only counts leave `../shared`, no text. The fixtures of `seeds/` are left out: a table that counted the
//! articles to be grouped would take their names for common words.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::Value;
use wirefold_fold::stem;
use wirefold_text::Text;

use crate::tree;

/// Stems of fewer documents are left out: for events they are as good as unseen.
const LEAST_DOCUMENTS: u32 = 3;

/// Counts and writes `crates/fold/data/frequencies.tsv`.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let root = tree::root();
    let suites = root.join("../shared/suites");
    if !suites.is_dir() {
        bail!("../shared/suites is absent: the table is counted from it");
    }
    let mut documents = pages(&suites.join("readability/test/test-pages"))?;
    documents.extend(reports(&suites.join("ner-re3d-orig"))?);
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for document in &documents {
        let text = Text::new(document);
        let stems: BTreeSet<&str> = text.normal_words().map(stem).collect();
        for stem in stems {
            *counts.entry(stem.to_owned()).or_default() += 1;
        }
    }
    let mut table = format!("# documents\t{}\n", documents.len());
    let kept = counts.iter().filter(|(_, count)| **count >= LEAST_DOCUMENTS);
    kept.for_each(|(stem, count)| table.push_str(&format!("{stem}\t{count}\n")));
    let target = root.join("crates/fold/data/frequencies.tsv");
    std::fs::write(&target, &table).with_context(|| format!("write {}", target.display()))?;
    let mut out = std::io::stdout();
    std::io::Write::write_fmt(
        &mut out,
        format_args!("{} documents, {} stems\n", documents.len(), table.lines().count() - 1),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
    found.sort();
    Ok(found)
}

/// The article of each page of the readability suite, without its tags.
fn pages(folder: &Path) -> anyhow::Result<Vec<String>> {
    let pages = folders(folder)?.into_iter().map(|page| page.join("expected.html"));
    pages
        .filter(|page| page.is_file())
        .map(|page| Ok(without_tags(&std::fs::read_to_string(&page)?)))
        .collect()
}

/// The text between tags. Entities stay, because they are rare and not words.
fn without_tags(html: &str) -> String {
    let parts = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
    parts.collect::<Vec<&str>>().join(" ")
}

/// The texts of the re3d suite: one JSON object a line.
fn reports(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut texts = Vec::new();
    for source in folders(folder)? {
        let file = source.join("documents.json");
        if file.is_file() {
            texts.extend(articles(&file)?);
        }
    }
    Ok(texts)
}

/// The `text` of every line of a file of JSON lines. The first article of each story would be enough, but the
/// few copies do not change the counts much.
fn articles(file: &Path) -> anyhow::Result<Vec<String>> {
    let lines =
        std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let texts = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(texts.filter_map(|value| value.get("text")?.as_str().map(str::to_owned)).collect())
}
