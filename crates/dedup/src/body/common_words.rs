//! The table of document frequencies that is compiled into the program, and the common words in it.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::body::stem::stem;

/// The table: a line `documents<TAB>count`, then lines `stem<TAB>count`. `cargo xtask frequencies` writes it.
pub(crate) const TABLE: &str = include_str!("../../data/frequencies.tsv");

/// A stem that at least one in this many documents of the table contains is common: it does not say what a text
/// is about.
const COMMON_ONE_IN: u32 = 12;

/// The stems of a table with their counts. Lines without a tab or a number are skipped.
pub(crate) fn parse_counts(table: &str) -> impl Iterator<Item = (&str, u32)> {
    let cells = table.lines().filter_map(|line| line.split_once('\t'));
    cells.filter_map(|(stem, count)| Some((stem, count.parse().ok()?)))
}

/// Whether a normalised word occurs in texts about any subject. The table is English, so no other language has
/// common words.
pub(crate) fn is_common(normal: &str) -> bool {
    static STEMS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let documents = parse_counts(TABLE).map(|(_, count)| count).max().unwrap_or_default();
        let common = parse_counts(TABLE).filter(|(_, count)| COMMON_ONE_IN * count >= documents);
        common.map(|(stem, _)| stem).collect()
    });
    STEMS.contains(stem(normal))
}

/// How rare a normalised word is: the logarithm of the documents of the table for each one that has it. A word
/// that the table lacks, such as most names and every word of another language, is the rarest.
#[must_use]
pub fn rarity(normal: &str) -> f64 {
    static RARITIES: LazyLock<(f64, FxHashMap<&str, f64>)> = LazyLock::new(|| {
        let documents = parse_counts(TABLE).map(|(_, count)| count).max().unwrap_or_default();
        let rare = |count: u32| (f64::from(documents) / f64::from(count.max(1))).ln();
        (rare(1), parse_counts(TABLE).map(|(stem, count)| (stem, rare(count))).collect())
    });
    let (rarest, known) = &*RARITIES;
    known.get(stem(normal)).copied().unwrap_or(*rarest)
}
