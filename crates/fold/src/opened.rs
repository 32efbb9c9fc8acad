//! [`Opened`]: the texts that were read lately, ready to be compared.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::page::Page;

/// The bytes that opened texts may take.
const MOST_BYTES: usize = 24 << 20;

/// A cache of pages by article. It only saves time: a page follows from its text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Opened {
    pages: FxHashMap<u32, Arc<Page>>,
    order: VecDeque<u32>,
    bytes: usize,
}

impl Opened {
    /// The page of an article; `open` reads it if it is not there.
    pub(crate) fn get(&mut self, article: u32, open: impl FnOnce() -> Page) -> Arc<Page> {
        if let Some(page) = self.pages.get(&article) {
            return Arc::clone(page);
        }
        let page = Arc::new(open());
        self.insert(article, &page);
        page
    }

    /// Keeps a page that is read already.
    pub(crate) fn insert(&mut self, article: u32, page: &Arc<Page>) {
        self.bytes += page.bytes();
        self.pages.insert(article, Arc::clone(page));
        self.order.push_back(article);
        while self.bytes > MOST_BYTES && self.order.len() > 1 {
            let Some(oldest) = self.order.pop_front() else { return };
            self.bytes -= self.pages.remove(&oldest).map_or(0, |gone| gone.bytes());
        }
    }
}
