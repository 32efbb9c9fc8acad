//! [`Index`]: from a key to the latest articles that have it, in one flat table.
//!
//! A line has eight keys and the articles under them, and takes one cache line. A key begins at its home line and goes on
//! in the next ones. It has a bounded number of articles; a new one then replaces the oldest.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

/// The places of a line.
const LINE: usize = 8;
/// The article of a place that was never used. Places are used in their order.
const EMPTY: u32 = u32::MAX;

/// Keys with an article each.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[repr(align(64))]
struct Line {
    keys: [u32; LINE],
    articles: [u32; LINE],
}

impl Line {
    const NEW: Line = Line { keys: [0; LINE], articles: [EMPTY; LINE] };

    /// The places of a key with articles from `first` on: a bit for each.
    #[inline(always)]
    fn places_of(&self, key: u32, first: u32) -> u32 {
        let bits = bits_of(&self.keys, |held| held == key);
        // Most lines that are passed have no such key.
        if bits == 0 { 0 } else { bits & !self.free(first) }
    }

    /// The places that are unused or have an article before `first`.
    #[inline(always)]
    fn free(&self, first: u32) -> u32 {
        bits_of(&self.articles, |known| known.wrapping_add(1) <= first)
    }

    #[inline(always)]
    fn is_full(&self) -> bool {
        self.articles[LINE - 1] != EMPTY
    }
}

/// A bit for each place. The lowest one is left out: with it, the compiler would treat the first place by itself.
const BITS: [u32; LINE] = [2, 4, 8, 16, 32, 64, 128, 256];

/// The bits of the places for which `is` is true. No place depends on another, so that the compiler can compare all at
/// once.
#[inline(always)]
fn bits_of(of: &[u32; LINE], is: impl Fn(u32) -> bool) -> u32 {
    of.iter()
        .zip(BITS)
        .map(|(one, bit)| if is(*one) { bit } else { 0 })
        .fold(0, |all, bit| all | bit)
}

/// The place of the first bit.
#[inline(always)]
fn place_of(bits: u32) -> usize {
    bits.trailing_zeros() as usize - 1
}

/// Articles by key. Articles are numbers that rise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Index {
    lines: Vec<Line>,
    used: usize,
    /// The most articles of one key.
    most: usize,
}

impl Index {
    /// An empty index that keeps at most so many articles for each key.
    pub(crate) fn new(most: usize) -> Index {
        Index { lines: vec![Line::NEW; 1 << 8], used: 0, most }
    }

    fn home(&self, key: u32) -> usize {
        ((u64::from(key.wrapping_mul(0x9e37_79b1)) * self.lines.len() as u64) >> 32) as usize
    }

    fn after(&self, line: usize) -> usize {
        if line + 1 == self.lines.len() { 0 } else { line + 1 }
    }

    /// Reads the home lines of keys, so that the waits for memory overlap.
    pub(crate) fn touch(&self, keys: impl Iterator<Item = u32>) {
        black_box(keys.fold(0, |seen, key| seen ^ self.lines[self.home(key)].keys[0]));
    }

    /// Appends the articles from `first` on that have the key.
    pub(crate) fn get(&self, key: u32, first: u32, found: &mut Vec<u32>) {
        let end = found.len() + self.most;
        let mut at = self.home(key);
        loop {
            let line = &self.lines[at];
            let mut places = line.places_of(key, first);
            while places != 0 {
                found.push(line.articles[place_of(places)]);
                places &= places - 1;
            }
            if !line.is_full() || found.len() >= end {
                return;
            }
            at = self.after(at);
        }
    }

    /// Adds an article under a key. Articles before `first` may be overwritten.
    pub(crate) fn insert(&mut self, key: u32, article: u32, first: u32) {
        let mut held = 0;
        let (mut oldest, mut free) = ((u32::MAX, (0, 0)), None);
        let mut at = self.home(key);
        loop {
            let line = &self.lines[at];
            let mut places = line.places_of(key, first);
            while places != 0 {
                let place = place_of(places);
                held += 1;
                oldest = oldest.min((line.articles[place], (at, place)));
                places &= places - 1;
            }
            if free.is_none() {
                let unused = line.free(first);
                free = (unused != 0).then(|| (at, place_of(unused)));
            }
            if !line.is_full() || held >= self.most {
                break;
            }
            at = self.after(at);
        }
        let replaced = (held >= self.most).then_some(oldest.1);
        let Some((line, place)) = replaced.or(free) else { return };
        let line = &mut self.lines[line];
        self.used += usize::from(line.articles[place] == EMPTY);
        line.keys[place] = key;
        line.articles[place] = article;
        // There is always an unused place, where searches end.
        if self.used > self.lines.len() * LINE * 4 / 5 {
            self.rebuild(self.lines.len() + self.lines.len() / 4, first, |_| false);
        }
    }

    /// Forgets articles.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.rebuild(self.lines.len(), 0, is_gone);
    }

    /// Makes the table anew with so many lines, without articles before `first` and those that are gone.
    fn rebuild(&mut self, lines: usize, first: u32, is_gone: impl Fn(u32) -> bool) {
        let earlier = std::mem::replace(&mut self.lines, vec![Line::NEW; lines]);
        self.used = 0;
        for line in earlier {
            for (key, article) in line.keys.into_iter().zip(line.articles) {
                if article != EMPTY && article >= first && !is_gone(article) {
                    self.put(key, article);
                }
            }
        }
    }

    /// Puts an article into the first unused place of a key that has room for it.
    fn put(&mut self, key: u32, article: u32) {
        let mut at = self.home(key);
        while self.lines[at].is_full() {
            at = self.after(at);
        }
        let line = &mut self.lines[at];
        let Some(place) = line.articles.iter().position(|known| *known == EMPTY) else { return };
        line.keys[place] = key;
        line.articles[place] = article;
        self.used += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The index and a list of articles for each key give the same articles, while it grows.
        #[test]
        fn finds_the_latest_articles_of_each_key(keys in prop::collection::vec(0_u32..900, 1..12_000)) {
            let mut index = Index::new(3);
            let mut naive: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (article, key) in keys.iter().enumerate() {
                index.insert(*key, article as u32, 0);
                naive.entry(*key).or_default().push(article as u32);
            }
            for (key, articles) in &naive {
                let mut found = Vec::new();
                index.get(*key, 0, &mut found);
                found.sort_unstable();
                prop_assert_eq!(&found[..], &articles[articles.len().saturating_sub(3)..]);
            }
        }
    }

    #[test]
    fn articles_that_left_the_window_are_not_found_and_make_room() {
        let mut index = Index::new(8);
        for article in 0..20_000 {
            index.insert(article, article, article.saturating_sub(100));
        }
        assert_eq!(index.lines.len(), 1 << 8);
        let mut found = Vec::new();
        index.get(5, 19_900, &mut found);
        assert!(found.is_empty());
    }
}
