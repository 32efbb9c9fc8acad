//! The earlier articles that have keys of a text.

use std::cmp::Reverse;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::index::Index;
use crate::page::{Page, counted};

/// The earlier articles under the keys that were looked up. Copies of one text have most keys in common.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    articles: Vec<u32>,
    known: FxHashMap<u32, Range<usize>>,
    /// Those of the last text, which are not yet among the known ones: mostly no other one follows.
    last: Vec<(u32, Range<usize>)>,
}

/// The keys of a text, in its order: the shingle where each stands first, and the place of its postings.
#[derive(Debug)]
pub(crate) struct Found(Vec<(usize, Range<usize>)>);

impl Postings {
    /// Finds the articles from `first` on that have keys of a text, of each key the latest first: the index has them in
    /// an order that depends on its size.
    pub(crate) fn find(&mut self, page: &Page, index: &Index, first: u32) -> Found {
        self.known.extend(self.last.drain(..));
        self.articles.reserve(page.keys.len());
        self.last.reserve(page.keys.len());
        index.touch(page.keys.iter().map(|(_, key)| *key));
        let range = |(at, key): &(usize, u32)| {
            if let Some(known) = self.known.get(key) {
                return (*at, known.clone());
            }
            let start = self.articles.len();
            index.get(*key, first, &mut self.articles);
            self.articles[start..].sort_unstable_by(|one, other| other.cmp(one));
            self.last.push((*key, start..self.articles.len()));
            (*at, start..self.articles.len())
        };
        Found(page.keys.iter().map(range).collect())
    }

    /// Each key's shingle with the articles.
    pub(crate) fn of<'a>(&'a self, found: &'a Found) -> impl Iterator<Item = (usize, &'a [u32])> {
        found.0.iter().map(|(at, range)| (*at, &self.articles[range.clone()]))
    }
}

/// The articles that occur most often in postings, so many: most frequent first, then the latest.
pub(crate) fn candidates(postings: &[u32], most: usize) -> Vec<u32> {
    let mut counts = counted(postings);
    let order = |(article, shared): &(u32, u32)| Reverse((*shared, *article));
    if counts.len() > most {
        counts.select_nth_unstable_by_key(most, order);
        counts.truncate(most);
    }
    counts.sort_unstable_by_key(order);
    counts.into_iter().map(|(article, _)| article).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_article_of_a_key_is_first() {
        let (page, mut index) = (Page::new("The ferry to Ness left at noon."), Index::new(3));
        for article in 1..=5 {
            page.keys.iter().for_each(|(_, key)| index.insert(*key, article, 0));
        }
        let mut postings = Postings::default();
        for _ in 0..2 {
            let found = postings.find(&page, &index, 0);
            let articles: Vec<&[u32]> = postings.of(&found).map(|(_, articles)| articles).collect();
            assert!(!articles.is_empty());
            assert!(articles.iter().all(|of_key| **of_key == [5, 4, 3]), "{articles:?}");
        }
    }
}
