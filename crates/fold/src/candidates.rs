//! The keys of a text, and the earlier articles that have them.

use rustc_hash::FxHashMap;

use crate::hash::narrow;
use crate::index::Index;
use crate::page::Page;

/// One of so many shingles is a key …
const SAMPLE: u64 = 8;
/// … and in a text of fewer words than [`SHORT_WORDS`], one of so many.
const SHORT_SAMPLE: u64 = 2;
/// A text of fewer words is short.
const SHORT_WORDS: usize = 128;

/// The keys of a text, each once with the shingle where it stands first, in the order of the text.
pub(crate) fn keys(page: &Page) -> impl Iterator<Item = (usize, u32)> {
    let sample = if page.len() < SHORT_WORDS { SHORT_SAMPLE } else { SAMPLE };
    let sampled = page.shingles.iter().enumerate().filter(move |(_, of)| *of % sample == 0);
    let first = sampled.filter(|(at, of)| page.position(**of) == Some(*at));
    first.map(|(at, of)| (at, narrow(*of)))
}

/// The keys of a text with the earlier articles that have them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The shingle where each key stands first, in the order of the text, and where its articles end.
    keys: Vec<(usize, usize)>,
    articles: Vec<u32>,
}

impl Found {
    /// The articles from `first` on but one that have keys of a text.
    pub(crate) fn new(page: &Page, index: &Index, first: u32, but: u32) -> Found {
        let mut found = Found::default();
        let keys: Vec<(usize, u32)> = keys(page).collect();
        index.touch(keys.iter().map(|(_, key)| *key));
        for (at, key) in keys {
            index.get(key, first, &mut found.articles);
            if let Some(own) = found.articles.iter().rposition(|article| *article == but) {
                found.articles.remove(own);
            }
            found.keys.push((at, found.articles.len()));
        }
        found
    }

    /// Each key's shingle with the articles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &[u32])> {
        let starts = [0].into_iter().chain(self.keys.iter().map(|(_, end)| *end));
        self.keys.iter().zip(starts).map(|((at, end), start)| (*at, &self.articles[start..*end]))
    }
}

/// The articles that occur most often in postings, so many: most frequent first, then the latest.
pub(crate) fn candidates(postings: &[u32], most: usize) -> Vec<u32> {
    let mut counts: FxHashMap<u32, u32> = FxHashMap::default();
    counts.reserve(postings.len());
    for article in postings {
        *counts.entry(*article).or_default() += 1;
    }
    let mut found: Vec<(u32, u32)> =
        counts.into_iter().map(|(article, shared)| (shared, article)).collect();
    if found.len() > most {
        found.select_nth_unstable_by(most, |one, other| other.cmp(one));
        found.truncate(most);
    }
    found.sort_unstable_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, article)| article).collect()
}
