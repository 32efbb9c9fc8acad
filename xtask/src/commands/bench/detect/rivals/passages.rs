//! The minimum of a detector by passages: words and shingles, one in eight of which is stored, looked up and
//! added.
//!
//! It has no boilerplate, no alignment and no evidence.

use super::super::article::Article;
use super::super::method::Method;
use super::Stories;
use super::table::Table;
use super::words::Splitter;

/// One shingle in this many is stored.
const SAMPLED: u64 = 8;
/// The stored shingles of a news article, for the size of the table.
const PER_ARTICLE: usize = 72;
/// Shingles that more articles have are ignored.
const MAX_SHARED: u32 = 8;
/// The number of stored shingles that two articles must share, and the percentage of the fewer ones.
const MIN_SHARED: u32 = 2;
const PERCENT: u32 = 20;

/// Folds with the earlier article that shares the most stored shingles.
pub(super) struct Passages {
    splitter: Splitter,
    table: Table,
    keys: Vec<u64>,
    /// The number of keys of each article.
    counts: Vec<u32>,
    found: Vec<u32>,
    stories: Stories,
}

impl Passages {
    /// With room for this many articles.
    pub(super) fn new(articles: usize) -> Passages {
        Passages {
            splitter: Splitter::default(),
            table: Table::new(articles * PER_ARTICLE),
            keys: Vec::new(),
            counts: Vec::with_capacity(articles),
            found: Vec::new(),
            stories: Stories::default(),
        }
    }

    fn likeliest(&mut self) -> Option<u32> {
        let here = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.found.sort_unstable();
        let runs = self.found.chunk_by(|one, other| one == other);
        let counted = runs.map(|run| (u32::try_from(run.len()).unwrap_or(u32::MAX), run[0]));
        let likely = counted.filter(|(shared, other)| {
            let fewer = here.min(self.counts[*other as usize]);
            *shared >= MIN_SHARED.min(fewer) && 100 * shared >= PERCENT * fewer
        });
        // The first of equals.
        likely.min_by_key(|(shared, other)| (u32::MAX - shared, *other)).map(|(_, other)| other)
    }
}

impl Method for Passages {
    fn story(&mut self, article: &Article) -> u32 {
        self.keys.clear();
        let shingles = self.splitter.shingles(&article.text).iter();
        self.keys.extend(shingles.filter(|hash| (*hash >> 61) % SAMPLED == 0));
        self.keys.sort_unstable();
        self.keys.dedup();
        self.found.clear();
        let found = &mut self.found;
        let tell = |other| found.push(other);
        self.table.look_up_and_enter(&self.keys, article.number, MAX_SHARED, tell);
        let likeliest = self.likeliest();
        self.counts.push(u32::try_from(self.keys.len()).unwrap_or(u32::MAX));
        self.stories.join(article, likeliest)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}
