//! Stores the latest folds of each outlet. The detector examines them again when it recognises page
//! chrome.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::codec::written;
use crate::ids::{DocId, OutletId};

/// The number of folds that are stored for an outlet.
const MAX_FOLDS: usize = 64;
/// The age of a fold, in seconds, up to which it is examined again.
const MAX_AGE: i64 = 72 * 3_600;

/// The articles that joined a story through another article, with their times, by the outlets of
/// both articles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folds {
    outlets: FxHashMap<OutletId, VecDeque<(DocId, i64)>>,
}

impl Folds {
    /// Records that an article joined a story at `time`, through an article of the other outlet.
    pub(crate) fn record(&mut self, doc: DocId, time: i64, outlets: [OutletId; 2]) {
        let [one, other] = outlets;
        let others = (other != one).then_some(other);
        for outlet in [one].into_iter().chain(others) {
            let folds = self.outlets.entry(outlet).or_default();
            folds.push_back((doc, time));
            if folds.len() > MAX_FOLDS {
                folds.pop_front();
            }
        }
    }

    /// The articles in the latest folds of an outlet at `time`, in the order of the folds.
    pub(crate) fn latest(&self, outlet: OutletId, time: i64) -> Vec<DocId> {
        let folds = self.outlets.get(&outlet).into_iter().flatten();
        folds.filter(|(_, joined)| time - joined <= MAX_AGE).map(|(doc, _)| *doc).collect()
    }

    /// Forgets the folds that are too old at `time`.
    pub(crate) fn expire(&mut self, time: i64) {
        self.outlets.retain(|_, folds| {
            folds.retain(|(_, joined)| time - joined <= MAX_AGE);
            !folds.is_empty()
        });
    }
}

written!(Folds { outlets });
