//! The keys of a text, and the earlier articles that share most of them.

use rustc_hash::FxHashSet;

use crate::hash::narrow;
use crate::page::Page;

/// One of so many shingles is a key …
const SAMPLE: u64 = 8;
/// … and in a text of fewer words than [`SHORT_WORDS`], one of so many.
const SHORT_SAMPLE: u64 = 2;
/// A text of fewer words is short.
const SHORT_WORDS: usize = 128;

/// The keys of a text, each once, in the order of the text.
pub(crate) fn keys(page: &Page) -> Vec<u32> {
    let sample = if page.len() < SHORT_WORDS { SHORT_SAMPLE } else { SAMPLE };
    let sampled = page.shingles.iter().filter(|shingle| *shingle % sample == 0);
    let mut seen = FxHashSet::default();
    sampled.map(|shingle| narrow(*shingle)).filter(|key| seen.insert(*key)).collect()
}

/// The articles of postings with how often each occurs: most frequent first, then the latest.
pub(crate) fn candidates(mut postings: Vec<u32>) -> Vec<(u32, u32)> {
    postings.sort_unstable();
    let runs = postings.chunk_by(|a, b| a == b);
    let mut found: Vec<(u32, u32)> = runs.map(|run| (run[0], run.len() as u32)).collect();
    found.sort_unstable_by_key(|(article, shared)| {
        (std::cmp::Reverse(*shared), std::cmp::Reverse(*article))
    });
    found
}
