//! Exact hashing: an article folds with the first one that has the same words in the same order.

use std::collections::HashMap;

use super::super::article::Article;
use super::super::method::Method;
use super::Stories;
use super::words::{Splitter, mixed};

/// The first article of each text.
#[derive(Default)]
pub(super) struct Exact {
    splitter: Splitter,
    first: HashMap<u64, u32>,
    stories: Stories,
}

impl Method for Exact {
    fn story(&mut self, article: &Article) -> u32 {
        let words = self.splitter.words(&article.text);
        let all = words.iter().fold(0, |hash, word| mixed(hash ^ word));
        let first = *self.first.entry(all).or_insert(article.number);
        self.stories.join(article, (first != article.number).then_some(first))
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}
