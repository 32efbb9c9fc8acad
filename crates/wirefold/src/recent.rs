//! The names of the articles that were printed last.

use std::collections::{HashMap, VecDeque};

use wirefold_proto::ArticleId;

/// The names of at most as many articles as it is made for.
#[derive(Debug)]
pub(crate) struct RecentNames {
    most: usize,
    names: HashMap<ArticleId, String>,
    order: VecDeque<ArticleId>,
}

impl RecentNames {
    /// No article yet, and at most this many.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, names: HashMap::new(), order: VecDeque::new() }
    }

    /// The name of an article.
    pub(crate) fn get(&self, id: &ArticleId) -> Option<&String> {
        self.names.get(id)
    }

    /// Keeps the name of an article, and forgets the oldest one if there are too many.
    pub(crate) fn keep(&mut self, id: ArticleId, name: String) {
        if self.names.insert(id, name).is_none() {
            self.order.push_back(id);
        }
        if self.order.len() > self.most
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }
}
