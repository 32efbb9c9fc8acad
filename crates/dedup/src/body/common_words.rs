//! The compiled table of document frequencies.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::body::terms::stem;

/// A line `documents<TAB>count`, then `stem<TAB>count` lines. Counted by `cargo xtask frequencies`.
pub(crate) const TABLE: &str = include_str!("../../data/frequencies.tsv");

/// Stems of the compiled table that stand in one of so many of its documents say nothing of what a text
/// is about.
const COMMON: u32 = 12;

/// The lines of such a table; those that do not fit are passed over.
pub(crate) fn counted(table: &str) -> impl Iterator<Item = (&str, u32)> {
    let cells = table.lines().filter_map(|line| line.split_once('\t'));
    cells.filter_map(|(stem, count)| Some((stem, count.parse().ok()?)))
}

/// Whether a word stands in texts about anything; only known of English.
pub(crate) fn is_common(normal: &str) -> bool {
    static STEMS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let documents = counted(TABLE).map(|(_, count)| count).max().unwrap_or_default();
        let common = counted(TABLE).filter(|(_, count)| COMMON * count >= documents);
        common.map(|(stem, _)| stem).collect()
    });
    STEMS.contains(stem(normal))
}
