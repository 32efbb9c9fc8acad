//! An index of stories by the quotations in their openings.
//!
//! Two reports of one speech may share only the words of the speaker. If both have the quotation in
//! their openings, they are almost certainly about one happening. Further down, both may repeat an
//! old quotation as background.
//!
//! Input: the keys of the quotations of a story, and its time. Output: the stories of the days
//! around it that have the same quotation.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::postings::Postings;
use crate::codec::written;
use crate::ids::StoryId;
use crate::settings::DAY;

/// A quotation in this many stories of one day, or of the days that are searched, is a stock phrase
/// and finds nothing.
const STOCK_PHRASE_STORIES: usize = 8;
/// The number of stories found, those that share most keys first.
const MAX_FOUND: usize = 8;
/// At least one of this many neighbouring keys is stored (winnowing, Schleimer et al. 2003). Ten
/// shared words are then always found; eight or nine mostly.
const WINNOW_WINDOW: usize = 3;

/// An index of stories by the keys of their quotations, with a part for each day of publication.
/// Clones share all parts, and only the parts of days with a new story are copied.
#[derive(Debug, Clone, Default)]
pub(super) struct QuotationIndex {
    days: BTreeMap<i64, Arc<Postings<u32, StoryId>>>,
}

impl QuotationIndex {
    /// The stories that have most of these keys, within `reach` seconds of `time`, rounded to whole
    /// days.
    pub(super) fn find(&self, keys: &[u64], time: i64, reach: i64) -> Vec<StoryId> {
        let within = day_of(time.saturating_sub(reach))..=day_of(time.saturating_add(reach));
        let days: Vec<_> = self.days.range(within).map(|(_, day)| day).collect();
        let mut shared: BTreeMap<StoryId, u32> = BTreeMap::new();
        for key in keys {
            let carriers = || days.iter().flat_map(|day| day.get(&narrow(*key)));
            if carriers().count() < STOCK_PHRASE_STORIES {
                carriers().for_each(|story| *shared.entry(*story).or_default() += 1);
            }
        }
        let mut found: Vec<(StoryId, u32)> = shared.into_iter().collect();
        found.sort_by(|(a, x), (b, y)| y.cmp(x).then(b.cmp(a)));
        found.into_iter().take(MAX_FOUND).map(|(story, _)| story).collect()
    }

    /// Adds a story of `time` under the keys of its quotations.
    pub(super) fn learn(&mut self, keys: &[u64], story: StoryId, time: i64) {
        let kept = winnow(keys);
        if kept.is_empty() {
            return;
        }
        let day = Arc::make_mut(self.days.entry(day_of(time)).or_default());
        kept.into_iter().for_each(|key| day.push(key, story, STOCK_PHRASE_STORIES));
    }

    /// Forgets the stories of the days before `oldest`.
    pub(super) fn expire(&mut self, oldest: i64) {
        self.days = self.days.split_off(&day_of(oldest));
    }
}

/// The smallest key of each window of neighbouring keys, without repetition.
fn winnow(keys: &[u64]) -> Vec<u32> {
    let least = |near: &[u64]| near.iter().map(|key| narrow(*key)).min();
    let mut kept: Vec<u32> = match keys.len() {
        0..WINNOW_WINDOW => least(keys).into_iter().collect(),
        _ => keys.windows(WINNOW_WINDOW).filter_map(least).collect(),
    };
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY)
}

/// Half of a key. Equal halves are no proof: the caller compares the words.
fn narrow(key: u64) -> u32 {
    u32::try_from(key >> u32::BITS).expect("half of its bits")
}

impl QuotationIndex {
    /// Divides the index by days. [`QuotationIndex::append`] joins the parts again.
    pub(super) fn divide(self) -> impl Iterator<Item = QuotationIndex> {
        self.days.into_iter().map(|day| QuotationIndex { days: BTreeMap::from([day]) })
    }

    /// Appends further days.
    pub(super) fn append(&mut self, next: QuotationIndex) {
        self.days.extend(next.days);
    }
}

written!(QuotationIndex { days });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::mix;

    /// The keys of a quotation with `count` runs of eight words.
    fn keys(name: u64, count: u64) -> Vec<u64> {
        (0..count).map(|at| mix(mix(7, name), at)).collect()
    }

    #[test]
    fn three_neighbouring_keys_are_found_anywhere_in_a_quotation() {
        let long = keys(1, 40);
        let mut quoted = QuotationIndex::default();
        quoted.learn(&long, StoryId(5), 0);
        for at in 0..=long.len() - WINNOW_WINDOW {
            assert_eq!(
                quoted.find(&long[at..at + WINNOW_WINDOW], 0, DAY),
                [5].map(StoryId),
                "{at}"
            );
        }
        assert!(winnow(&long).len() < 30, "{}", winnow(&long).len());
        assert!(quoted.find(&keys(2, 40), 0, DAY).is_empty());
    }

    #[test]
    fn stories_that_share_most_come_first_and_a_stock_phrase_finds_nothing() {
        let (stock, rare) = (keys(1, 9), keys(2, 9));
        let both = [stock.clone(), rare.clone()].concat();
        let mut quoted = QuotationIndex::default();
        quoted.learn(&stock, StoryId(1), 0);
        quoted.learn(&rare, StoryId(1), 0);
        quoted.learn(&rare, StoryId(2), DAY);
        for story in 3..6 {
            quoted.learn(&stock, StoryId(story), i64::from(story) * DAY / 4);
        }
        assert_eq!(quoted.find(&both, DAY, 2 * DAY), [1, 5, 4, 3, 2].map(StoryId));
        for story in 6..11 {
            quoted.learn(&stock, StoryId(story), DAY);
        }
        assert_eq!(quoted.find(&both, DAY, 2 * DAY), [2, 1].map(StoryId));
    }

    #[test]
    fn stories_of_distant_days_are_not_found_and_later_forgotten() {
        let words = keys(1, 9);
        let mut quoted = QuotationIndex::default();
        quoted.learn(&words, StoryId(1), 0);
        assert_eq!(quoted.find(&words, 3 * DAY, 3 * DAY), [1].map(StoryId));
        assert!(quoted.find(&words, 4 * DAY, 3 * DAY).is_empty());
        quoted.expire(DAY);
        assert!(quoted.days.is_empty());
    }
}
