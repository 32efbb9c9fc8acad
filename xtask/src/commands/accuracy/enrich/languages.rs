//! Which language a title, a sentence, a text is in.

use std::collections::{BTreeMap, BTreeSet};

use super::share;
use crate::commands::accuracy::say;
use crate::commands::accuracy::tables::Cells;
use crate::{enriched, tree};

/// How many rows there are, and what was told of them.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    rows: usize,
    right: usize,
    open: usize,
}

/// A row for known and other languages and each kind of text; nothing is declared.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<Cells>> {
    let folder = tree::root().join("../shared/suites/languages");
    let Ok(lines) = std::fs::read_to_string(folder.join("rows.tsv")) else { return Ok(None) };
    let others = std::fs::read_to_string(folder.join("others.txt"))?;
    let others: BTreeSet<&str> = others.split_whitespace().collect();
    let mut counts: BTreeMap<(bool, usize), Counts> = BTreeMap::new();
    for row in lines.lines().skip(1) {
        let mut columns = row.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (language, kind, text) = (column(), column(), column());
        let found = match kind {
            "title" => enriched::findings(text, "", None),
            _ => enriched::findings("", text, None),
        };
        let tag = found.language.map(|named| named.tag);
        let told = tag.as_ref().map_or("und", |tag| same(tag.primary()));
        let at = KINDS.iter().position(|one| *one == kind).unwrap_or_default();
        let count = counts.entry((others.contains(language), at)).or_default();
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

/// Codes that mean one language.
fn same(code: &str) -> &str {
    match code {
        "nb" | "nn" => "no",
        "fil" => "tl",
        "cmn" | "yue" => "zh",
        code => code,
    }
}
