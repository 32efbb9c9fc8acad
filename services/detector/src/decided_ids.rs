//! The ids of articles that have a decision, so that no article is decided twice.
//!
//! Ids come in with their stream time; whether an id is known goes out. This module never knows
//! what was decided.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_proto::ArticleId;

use crate::packed::Id as _;

/// Seconds in a day.
const DAY: i64 = 24 * 3600;

/// Ids by the day of stream time on which they were decided. A clone shares the days that are over.
#[derive(Debug, Clone, Default)]
pub(crate) struct DecidedIds {
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

impl DecidedIds {
    /// Divides the ids into one part for each day; [`DecidedIds::append`] puts them together again.
    pub(crate) fn divide(self) -> impl Iterator<Item = Self> {
        let Self { days, today, kept } = self;
        days.into_iter().map(move |day| Self { days: BTreeMap::from([day]), today, kept })
    }

    /// Appends further days.
    pub(crate) fn append(&mut self, next: Self) {
        self.days.extend(next.days);
        (self.today, self.kept) = (next.today, next.kept);
    }
}

impl Encode for DecidedIds {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.today, self.kept).write_to(to);
        to.count(self.days.len());
        for (day, ids) in &self.days {
            let mut ids: Vec<u128> = ids.iter().map(|id| id.number()).collect();
            ids.sort_unstable();
            day.write_to(to);
            ids.write_to(to);
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (today, kept) = Encode::read_from(from)?;
        let mut days = BTreeMap::new();
        for _ in 0..from.count()? {
            let day = Encode::read_from(from)?;
            let ids = Vec::read_from(from)?.into_iter().map(ArticleId::with).collect();
            days.insert(day, Arc::new(ids));
        }
        Some(Self { days, today, kept })
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
