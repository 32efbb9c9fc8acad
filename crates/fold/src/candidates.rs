//! The earlier articles that have keys of a text.

use crate::index::Index;
use crate::page::Page;

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
        index.touch(page.keys.iter().map(|(_, key)| *key));
        for &(at, key) in &page.keys {
            let start = found.articles.len();
            index.get(key, first, &mut found.articles);
            if let Some(own) = found.articles[start..].iter().position(|article| *article == but) {
                found.articles.remove(start + own);
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
    let bits = (2 * postings.len()).max(2).next_power_of_two().ilog2();
    // How often each article occurs, and the article, in an open hash table; 0 where it is empty.
    let mut counts = vec![(0_u32, 0_u32); 1 << bits];
    for article in postings {
        let mut slot = (article.wrapping_mul(0x9e37_79b1) >> (u32::BITS - bits)) as usize;
        while counts[slot].0 > 0 && counts[slot].1 != *article {
            slot = (slot + 1) & (counts.len() - 1);
        }
        counts[slot] = (counts[slot].0 + 1, *article);
    }
    counts.retain(|(shared, _)| *shared > 0);
    if counts.len() > most {
        counts.select_nth_unstable_by(most, |one, other| other.cmp(one));
        counts.truncate(most);
    }
    counts.sort_unstable_by(|one, other| other.cmp(one));
    counts.into_iter().map(|(_, article)| article).collect()
}
