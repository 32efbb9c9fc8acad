//! The marks of a reader: read, and starred.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wirefold_proto::StoryId;

use crate::greader::names::number_of;
use crate::projection::Opening;

/// The marks are stored as one value: with more than these, those of old stories are dropped.
const MOST: usize = 12_000;
/// The most starred stories.
pub(super) const MOST_STARRED: usize = 1_000;

/// The marks of a reader: `wf_reading`, as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// All stories that came until then are read, in milliseconds.
    read_until: i64,
    /// The read ones that came later.
    read: BTreeSet<u64>,
    /// Those that came until then and are unread again.
    unread: BTreeSet<u64>,
    pub(super) starred: BTreeSet<StoryId>,
}

impl Marks {
    pub(super) fn is_read(&self, row: &Opening) -> bool {
        let number = number_of(row.story);
        match row.arrived <= self.read_until {
            true => !self.unread.contains(&number),
            false => self.read.contains(&number),
        }
    }

    pub(super) fn set_read(&mut self, row: &Opening, is_read: bool) {
        let is_later = row.arrived > self.read_until;
        let exceptions = if is_later { &mut self.read } else { &mut self.unread };
        set(exceptions, number_of(row.story), is_read == is_later);
    }

    pub(super) fn set_starred(&mut self, row: &Opening, is_starred: bool) {
        set(&mut self.starred, row.story, is_starred);
    }

    pub(super) fn read_all_until(&mut self, until: i64) {
        self.read_until = self.read_until.max(until);
    }

    /// Drops the marks of stories that readers no longer see, if there are many.
    pub(super) fn drop_old(&mut self, rows: &[Opening]) {
        if self.read.len() + self.unread.len() > MOST {
            let shown: BTreeSet<u64> = rows.iter().map(|row| number_of(row.story)).collect();
            self.read.retain(|number| shown.contains(number));
            self.unread.retain(|number| shown.contains(number));
        }
        if self.starred.len() > MOST_STARRED {
            let shown: BTreeSet<StoryId> = rows.iter().map(|row| row.story).collect();
            self.starred.retain(|story| shown.contains(story));
        }
    }
}

fn set<T: Ord>(of: &mut BTreeSet<T>, it: T, is_in: bool) {
    match is_in {
        true => of.insert(it),
        false => of.remove(&it),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u64) -> Opening {
        let story = StoryId::from_number(u128::from(number) << 65);
        Opening { key: 0, story, arrived: i64::try_from(number).unwrap(), feed: None }
    }

    #[test]
    fn a_mark_holds_whether_all_before_it_is_read_or_not() {
        let mut marks = Marks::default();
        marks.set_read(&row(7), true);
        marks.read_all_until(5);
        marks.set_read(&row(3), false);
        let is_read = |of: &Marks| [1, 3, 5, 6, 7].map(|it| of.is_read(&row(it)));
        assert_eq!(is_read(&marks), [true, false, true, false, true]);
        marks.set_read(&row(3), true);
        marks.set_read(&row(7), false);
        assert_eq!(is_read(&marks), [true, true, true, false, false]);
        assert_eq!(marks, Marks { read_until: 5, ..Marks::default() });
    }

    #[test]
    fn marks_of_old_stories_are_dropped_when_there_are_too_many() {
        let mut marks = Marks::default();
        let rows: Vec<_> = (1..=MOST as u64 + 1).map(row).collect();
        rows.iter().for_each(|row| marks.set_read(row, true));
        rows.iter().for_each(|row| marks.set_starred(row, true));
        marks.drop_old(&rows[..2]);
        assert_eq!((marks.read.len(), marks.starred.len()), (2, 2));
    }
}
