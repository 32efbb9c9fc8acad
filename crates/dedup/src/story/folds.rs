//! The latest folds of each outlet. The detector examines them again when it recognises page chrome.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::codec::written;
use crate::ids::{DocId, OutletId};

/// Folds looked at again, of one outlet, …
const MOST: usize = 64;
/// … for so many seconds.
const RECENT: i64 = 72 * 3_600;

/// The members that joined their story through another page, by the outlets of both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folds {
    outlets: FxHashMap<OutletId, VecDeque<(DocId, i64)>>,
}

impl Folds {
    /// Notes that an article of one of these outlets joined through one of the other at `time`.
    pub(crate) fn note(&mut self, doc: DocId, time: i64, outlets: [OutletId; 2]) {
        let [one, other] = outlets;
        let others = (other != one).then_some(other);
        for outlet in [one].into_iter().chain(others) {
            let folds = self.outlets.entry(outlet).or_default();
            folds.push_back((doc, time));
            if folds.len() > MOST {
                folds.pop_front();
            }
        }
    }

    /// The latest of an outlet at `time`, in the order in which they came.
    pub(crate) fn latest(&self, outlet: OutletId, time: i64) -> Vec<DocId> {
        let folds = self.outlets.get(&outlet).into_iter().flatten();
        folds.filter(|(_, joined)| time - joined <= RECENT).map(|(doc, _)| *doc).collect()
    }

    /// Forgets what is too old to be looked at again at `time`.
    pub(crate) fn expire(&mut self, time: i64) {
        self.outlets.retain(|_, folds| {
            folds.retain(|(_, joined)| time - joined <= RECENT);
            !folds.is_empty()
        });
    }
}

written!(Folds { outlets });
