//! Stories by what they quote in their openings.
//!
//! Two reports of one speech may have hardly a word in common but the words of the speaker. A quotation
//! that stands in the openings of both is nearly proof; further down both may quote the same old words
//! as background.
//!
//! The keys of quotations and the time of a story come in; the stories that quote the same words within
//! days go out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::codec::postings::Postings;
use crate::codec::written;
use crate::ids::StoryId;
use crate::settings::DAY;

/// A quotation that so many stories of a day have, or that stands in so many over the days that are
/// looked at, is a stock phrase.
const STOCK: usize = 8;
/// Stories found by their quotations, those that share most first.
const FOUND: usize = 8;
/// Of so many neighbouring keys one is kept at least (winnowing, Schleimer et al. 2003): ten shared
/// words are always found, eight or nine mostly.
const NEIGHBOURS: usize = 3;

/// Stories by the keys of what they quote, a part for each day on which they were published. A clone
/// shares all parts, and only those of the days that get a new story are copied.
#[derive(Debug, Clone, Default)]
pub(super) struct Quoted {
    days: BTreeMap<i64, Arc<Postings<u32, StoryId>>>,
}

impl Quoted {
    /// The stories within `reach` seconds of `time`, to the day, that have most of these keys.
    pub(super) fn find(&self, keys: &[u64], time: i64, reach: i64) -> Vec<StoryId> {
        let within = day_of(time.saturating_sub(reach))..=day_of(time.saturating_add(reach));
        let days: Vec<_> = self.days.range(within).map(|(_, day)| day).collect();
        let mut shared: BTreeMap<StoryId, u32> = BTreeMap::new();
        for key in keys {
            let carriers = || days.iter().flat_map(|day| day.get(&narrow(*key)));
            if carriers().count() < STOCK {
                carriers().for_each(|story| *shared.entry(*story).or_default() += 1);
            }
        }
        let mut found: Vec<(StoryId, u32)> = shared.into_iter().collect();
        found.sort_by(|(a, x), (b, y)| y.cmp(x).then(b.cmp(a)));
        found.into_iter().take(FOUND).map(|(story, _)| story).collect()
    }

    /// Enters a story of `time` under the keys of what it quotes.
    pub(super) fn learn(&mut self, keys: &[u64], story: StoryId, time: i64) {
        let kept = winnow(keys);
        if kept.is_empty() {
            return;
        }
        let day = Arc::make_mut(self.days.entry(day_of(time)).or_default());
        kept.into_iter().for_each(|key| day.push(key, story, STOCK));
    }

    /// Forgets the stories of the days before `oldest`.
    pub(super) fn expire(&mut self, oldest: i64) {
        self.days = self.days.split_off(&day_of(oldest));
    }
}

/// The least of any neighbouring keys.
fn winnow(keys: &[u64]) -> Vec<u32> {
    let least = |near: &[u64]| near.iter().map(|key| narrow(*key)).min();
    let mut kept: Vec<u32> = match keys.len() {
        0..NEIGHBOURS => least(keys).into_iter().collect(),
        _ => keys.windows(NEIGHBOURS).filter_map(least).collect(),
    };
    kept.sort_unstable();
    kept.dedup();
    kept
}

fn day_of(time: i64) -> i64 {
    time.div_euclid(DAY)
}

/// Half of a key: whoever finds a story by it looks whether the words are there.
fn narrow(key: u64) -> u32 {
    u32::try_from(key >> u32::BITS).expect("half of its bits")
}

impl Quoted {
    /// Divides them by their days, for [`Quoted::append`] to put together again.
    pub(super) fn divide(self) -> impl Iterator<Item = Quoted> {
        self.days.into_iter().map(|day| Quoted { days: BTreeMap::from([day]) })
    }

    /// Appends further days.
    pub(super) fn append(&mut self, next: Quoted) {
        self.days.extend(next.days);
    }
}

written!(Quoted { days });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::mix;

    /// The keys of a quotation of so many runs of eight words.
    fn keys(name: u64, count: u64) -> Vec<u64> {
        (0..count).map(|at| mix(mix(7, name), at)).collect()
    }

    #[test]
    fn a_run_of_three_keys_is_found_wherever_it_stands() {
        let long = keys(1, 40);
        let mut quoted = Quoted::default();
        quoted.learn(&long, StoryId(5), 0);
        for at in 0..=long.len() - NEIGHBOURS {
            assert_eq!(quoted.find(&long[at..at + NEIGHBOURS], 0, DAY), [5].map(StoryId), "{at}");
        }
        assert!(winnow(&long).len() < 30, "{}", winnow(&long).len());
        assert!(quoted.find(&keys(2, 40), 0, DAY).is_empty());
    }

    #[test]
    fn those_that_share_most_come_first_and_a_stock_phrase_says_nothing() {
        let (stock, rare) = (keys(1, 9), keys(2, 9));
        let both = [stock.clone(), rare.clone()].concat();
        let mut quoted = Quoted::default();
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
    fn what_is_days_away_is_not_found_and_then_forgotten() {
        let words = keys(1, 9);
        let mut quoted = Quoted::default();
        quoted.learn(&words, StoryId(1), 0);
        assert_eq!(quoted.find(&words, 3 * DAY, 3 * DAY), [1].map(StoryId));
        assert!(quoted.find(&words, 4 * DAY, 3 * DAY).is_empty());
        quoted.expire(DAY);
        assert!(quoted.days.is_empty());
    }
}
