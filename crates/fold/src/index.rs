//! [`Index`]: from a key to the latest articles that have it, in one flat table.
//!
//! A line has eight entries of a key and an article and takes one cache line. A key begins at its home line
//! and goes on in other ones. It has a bounded number of entries; a new one then replaces the oldest.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

/// The entries of a line.
const LINE: usize = 8;
/// An entry that was never used.
const EMPTY: u64 = u64::MAX;

/// Articles by key. Articles are numbers that rise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Index {
    lines: Vec<[u64; LINE]>,
    used: usize,
    /// The most entries of one key.
    most: usize,
}

fn entry(key: u32, article: u32) -> u64 {
    u64::from(key) << 32 | u64::from(article)
}

fn key_of(entry: u64) -> u32 {
    (entry >> 32) as u32
}

fn article_of(entry: u64) -> u32 {
    entry as u32
}

impl Index {
    /// An empty index that keeps at most so many articles for each key.
    pub(crate) fn new(most: usize) -> Index {
        Index { lines: vec![[EMPTY; LINE]; 1 << 10], used: 0, most }
    }

    fn home(&self, key: u32) -> usize {
        ((u64::from(key.wrapping_mul(0x9e37_79b1)) * self.lines.len() as u64) >> 32) as usize
    }

    /// The lines of a key, up to the first one that has room.
    fn lines_of(&self, key: u32) -> impl Iterator<Item = usize> {
        let (home, lines) = (self.home(key), &self.lines);
        // Triangular numbers reach every line of a power of two, and keys of many entries make no long runs
        // (Knuth, TAOCP 3, 6.4, exercise 20).
        let last = lines.len() - 1;
        let mut is_last = false;
        (0..lines.len()).map(move |step| (home + step * (step + 1) / 2) & last).take_while(
            move |at| {
                let goes_on = !is_last;
                is_last = lines[*at].contains(&EMPTY);
                goes_on
            },
        )
    }

    /// Reads the home lines of keys, so that the waits for memory overlap.
    pub(crate) fn touch(&self, keys: impl Iterator<Item = u32>) {
        black_box(keys.fold(0, |seen, key| seen ^ self.lines[self.home(key)][0]));
    }

    /// Appends the articles from `first` on that have the key.
    pub(crate) fn get(&self, key: u32, first: u32, found: &mut Vec<u32>) {
        let end = found.len() + self.most;
        for at in self.lines_of(key) {
            for known in &self.lines[at] {
                if key_of(*known) == key && article_of(*known) >= first && *known != EMPTY {
                    found.push(article_of(*known));
                }
            }
            if found.len() >= end {
                return;
            }
        }
    }

    /// Adds an article under a key. Entries of articles before `first` may be overwritten.
    pub(crate) fn insert(&mut self, key: u32, article: u32, first: u32) {
        let mut held = 0;
        let (mut oldest, mut free) = (None, None);
        for at in self.lines_of(key) {
            for (place, known) in self.lines[at].iter().enumerate() {
                let is_free = *known == EMPTY || article_of(*known) < first;
                if is_free {
                    free = free.or(Some((at, place)));
                } else if key_of(*known) == key {
                    held += 1;
                    let is_older = oldest.is_none_or(|(old, _)| *known < old);
                    oldest = if is_older { Some((*known, (at, place))) } else { oldest };
                }
            }
        }
        let replaced = oldest.filter(|_| held >= self.most).map(|(_, place)| place);
        let Some((line, place)) = replaced.or(free) else { return };
        self.used += usize::from(self.lines[line][place] == EMPTY);
        self.lines[line][place] = entry(key, article);
        if self.used > self.lines.len() * LINE * 3 / 4 {
            self.grow(first);
        }
    }

    fn grow(&mut self, first: u32) {
        self.rebuild(2 * self.lines.len(), first, |_| false);
    }

    /// Forgets articles.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.rebuild(self.lines.len(), 0, is_gone);
    }

    /// Makes the table anew with so many lines, without articles before `first` and those that are gone.
    fn rebuild(&mut self, lines: usize, first: u32, is_gone: impl Fn(u32) -> bool) {
        let empty = vec![[EMPTY; LINE]; lines];
        let mut live: Vec<u64> = std::mem::replace(&mut self.lines, empty).into_flattened();
        let is_live = |article: u32| article >= first && !is_gone(article);
        live.retain(|known| *known != EMPTY && is_live(article_of(*known)));
        // In the order of arrival, so that the state does not depend on where an entry stood.
        live.sort_unstable_by_key(|known| (article_of(*known), key_of(*known)));
        self.used = 0;
        for known in live {
            self.insert(key_of(known), article_of(known), first);
        }
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
        assert_eq!(index.lines.len(), 1 << 10);
        let mut found = Vec::new();
        index.get(5, 19_900, &mut found);
        assert!(found.is_empty());
    }
}
