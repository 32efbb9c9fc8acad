//! The ids of articles that have a decision, so that no article is decided twice.
//!
//! Ids come in with their stream time; whether an id is known goes out. This module never knows
//! what was decided.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wirefold_proto::ArticleId;

/// Seconds in a day.
const DAY: i64 = 24 * 3600;

/// Ids by the day of stream time on which they were decided. A clone shares the days that are over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct DecidedIds {
    #[serde(with = "days")]
    days: BTreeMap<i64, Arc<HashSet<ArticleId>>>,
    today: i64,
    /// How many days an id is remembered.
    kept: i64,
}

/// How many days ids are remembered beyond the window: as long as their decisions are stored.
const BEYOND: i64 = 30;

impl DecidedIds {
    /// An empty set; `window` is in seconds.
    pub(crate) fn new(window: i64) -> Self {
        Self { kept: window.div_euclid(DAY) + 1 + BEYOND, ..Self::default() }
    }

    pub(crate) fn contains(&self, id: ArticleId) -> bool {
        self.days.values().any(|ids| ids.contains(&id))
    }

    /// Adds an id at a stream time in seconds, and forgets ids that are too old.
    pub(crate) fn insert(&mut self, id: ArticleId, time: i64) {
        let day = time.div_euclid(DAY);
        if day > self.today {
            self.today = day;
            self.days = self.days.split_off(&(day - self.kept));
        }
        Arc::make_mut(self.days.entry(day).or_default()).insert(id);
    }
}

/// Days with their ids, in a snapshot.
mod days {
    use std::collections::{BTreeMap, HashSet};
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use wirefold_proto::ArticleId;

    type Days = BTreeMap<i64, Arc<HashSet<ArticleId>>>;

    pub(super) fn serialize<S: Serializer>(days: &Days, to: S) -> Result<S::Ok, S::Error> {
        let sorted = |ids: &HashSet<ArticleId>| {
            let mut numbers: Vec<u128> = ids.iter().map(|id| id.to_number()).collect();
            numbers.sort_unstable();
            numbers
        };
        let days: Vec<(i64, Vec<u128>)> =
            days.iter().map(|(day, ids)| (*day, sorted(ids))).collect();
        days.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Days, D::Error> {
        let days = Vec::<(i64, Vec<u128>)>::deserialize(from)?;
        let ids = |numbers: Vec<u128>| numbers.into_iter().map(ArticleId::from_number).collect();
        Ok(days.into_iter().map(|(day, numbers)| (day, Arc::new(ids(numbers)))).collect())
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
    fn ids_are_known_as_long_as_their_decisions_are_stored() {
        let mut known = DecidedIds::new(7 * DAY);
        known.insert(id("a"), 0);
        known.insert(id("b"), 38 * DAY);
        assert!(known.contains(id("a")) && known.contains(id("b")));
        known.insert(id("c"), 39 * DAY);
        assert!(!known.contains(id("a")) && known.contains(id("b")));
    }
}
