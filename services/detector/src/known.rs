//! The ids that were decided on: none of them is decided on again.

use std::collections::HashMap;

use wirefold_proto::ArticleId;

/// Seconds in a day.
const DAY: i64 = 24 * 3600;

/// Ids with the day on which they were decided, by stream time.
#[derive(Debug, Default)]
pub(crate) struct Known {
    days: HashMap<ArticleId, i64>,
    today: i64,
    /// How many days an id is remembered.
    kept: i64,
}

/// How long ids are remembered beyond the window: as long as their decisions are kept.
const BEYOND: i64 = 30;

impl Known {
    /// Nothing is known yet; `window` in seconds.
    pub(crate) fn new(window: i64) -> Self {
        Self { kept: window.div_euclid(DAY) + 1 + BEYOND, ..Self::default() }
    }

    pub(crate) fn contains(&self, id: ArticleId) -> bool {
        self.days.contains_key(&id)
    }

    /// Remembers an id at a stream time in seconds, and forgets those that are long past.
    pub(crate) fn insert(&mut self, id: ArticleId, time: i64) {
        let day = time.div_euclid(DAY);
        if day > self.today {
            self.today = day;
            let oldest = day - self.kept;
            self.days.retain(|_, decided| *decided >= oldest);
        }
        self.days.insert(id, day);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_proto::{ContentHash, ItemAddress};

    fn id(text: &str) -> ArticleId {
        let outlet = "quay.example".parse().unwrap();
        ArticleId::of(&outlet, ItemAddress::Key("k"), ContentHash::of("", text))
    }

    #[test]
    fn ids_are_known_as_long_as_their_decisions_are_kept() {
        let mut known = Known::new(7 * DAY);
        known.insert(id("a"), 0);
        known.insert(id("b"), 38 * DAY);
        assert!(known.contains(id("a")) && known.contains(id("b")));
        known.insert(id("c"), 39 * DAY);
        assert!(!known.contains(id("a")) && known.contains(id("b")));
    }
}
