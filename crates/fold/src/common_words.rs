//! The table of document frequencies that is compiled into the program.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use crate::stem::stem;

/// The table: a line `documents<TAB>count`, then lines `stem<TAB>count` of the stems in three documents or more. It
/// was counted once, in the pages and reports of two public suites, and is not trained with the judge.
pub(crate) const TABLE: &str = include_str!("../data/frequencies.tsv");

/// The stems of a table with their counts. Lines without a tab or a number are skipped.
pub(crate) fn parse_counts(table: &str) -> impl Iterator<Item = (&str, u32)> {
    let cells = table.lines().filter_map(|line| line.split_once('\t'));
    cells.filter_map(|(stem, count)| Some((stem, count.parse().ok()?)))
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
