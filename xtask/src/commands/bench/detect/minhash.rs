//! MinHash as a rival: an article folds with the likeliest earlier one.

use super::child::{Article, Method};

/// Folds with the likeliest earlier article whose estimated Jaccard index reaches a threshold.
pub(super) struct MinHash {
    index: crate::minhash::MinHash,
    stories: Vec<u32>,
}

impl MinHash {
    /// `bands` of `rows` hashes each are looked up.
    pub(super) fn new(threshold: f64, bands: usize, rows: usize) -> MinHash {
        let index = crate::minhash::MinHash::new(threshold, bands, rows);
        MinHash { index, stories: Vec::new() }
    }
}

impl Method for MinHash {
    fn story(&mut self, article: &Article) -> u32 {
        let likeliest = self.index.likeliest(article.number, &article.text);
        let story = likeliest.map_or(article.number, |other| self.stories[other as usize]);
        self.stories.push(story);
        story
    }
}
