//! The language of titles, sentences and texts.

use std::collections::{BTreeMap, BTreeSet};

use super::share;
use crate::commands::accuracy::say;
use crate::commands::accuracy::tables::Cells;
use crate::{enriched, tree};

/// The number of rows, and of the verdicts about them.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    rows: usize,
    right: usize,
    open: usize,
}

/// A row of the suite.
pub(super) struct Row {
    pub(super) language: String,
    kind: String,
    pub(super) text: String,
}

/// The rows of the suite, or `None` if it is absent.
pub(super) fn rows() -> anyhow::Result<Option<Vec<Row>>> {
    let path = tree::root().join("../shared/suites/languages/rows.tsv");
    let Ok(lines) = std::fs::read_to_string(path) else { return Ok(None) };
    let row = |line: &str| {
        let mut columns = line.split('\t').map(str::to_owned);
        let mut column = || columns.next().unwrap_or_default();
        Row { language: column(), kind: column(), text: column() }
    };
    Ok(Some(lines.lines().skip(1).map(row).collect()))
}

/// A row for known and other languages and each kind of text. No language is declared.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<Cells>> {
    let Some(all) = rows()? else { return Ok(None) };
    let others = tree::root().join("../shared/suites/languages/others.txt");
    let others = std::fs::read_to_string(others)?;
    let others: BTreeSet<&str> = others.split_whitespace().collect();
    let mut counts: BTreeMap<(bool, usize), Counts> = BTreeMap::new();
    for Row { language, kind, text } in &all {
        let found = match kind.as_str() {
            "title" => enriched::findings(text, "", None),
            _ => enriched::findings("", text, None),
        };
        let tag = found.language.map(|named| named.tag);
        let told = tag.as_ref().map_or("und", |tag| same(tag.primary()));
        let at = KINDS.iter().position(|one| one == kind).unwrap_or_default();
        let count = counts.entry((others.contains(language.as_str()), at)).or_default();
        count.rows += 1;
        count.right += usize::from(told == language);
        count.open += usize::from(told == "und");
        if errors && told != language && told != "und" {
            say(&format!("{told} for {language}, {kind}: {text}\n"))?;
        }
    }
    let mut cells = Cells::new(&["language", "rows", "right", "left open", "wrong"]);
    for ((is_other, kind), Counts { rows, right, open }) in counts {
        let which = if is_other { "other languages" } else { "known languages" };
        let wrong = rows - right - open;
        cells.row([
            format!("{which}, {}s", KINDS[kind]),
            rows.to_string(),
            share(right, rows),
            share(open, rows),
            share(wrong, rows),
        ]);
    }
    Ok(Some(cells))
}

const KINDS: [&str; 3] = ["title", "sentence", "text"];

/// One code for languages with several codes.
pub(super) fn same(code: &str) -> &str {
    match code {
        "nb" | "nn" => "no",
        "fil" => "tl",
        "cmn" | "yue" => "zh",
        code => code,
    }
}
