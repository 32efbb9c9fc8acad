//! The numbers of an alert with its news.
//!
//! Numbers only grow, unless people split or merge stories. An increase by such a change does not notify. A
//! decrease is subtracted from the reported numbers, so that only real growth notifies.

use super::life::{Life, News};
use super::measure::Measured;
use super::tally::Tally;

/// The numbers of an alert with its news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// The numbers with all news.
    pub(crate) all: Tally,
    /// The numbers with the news that may notify.
    pub(crate) fresh: Tally,
    pub(crate) measured: Measured,
}

impl Life {
    /// The numbers with the news, in the order of the decisions.
    pub(crate) fn sums(&self) -> Sums {
        let measured = Measured { told: self.told, notified: self.notified };
        let mut sums = Sums { all: self.now, fresh: self.now, measured };
        let mut news: Vec<&News> = self.news.iter().collect();
        news.sort_by_key(|news| (news.place.fetched, news.recounts()));
        news.into_iter().for_each(|news| sums.add(news));
        sums
    }
}

impl Sums {
    fn add(&mut self, news: &News) {
        if news.recounts() {
            let (before, now) = (self.all, news.tally);
            let moved = |tally: Tally| tally.moved(before, now);
            self.fresh = moved(self.fresh);
            let Measured { told, notified } = self.measured;
            self.measured = Measured { told: told.map(moved), notified: moved(notified) };
            self.all = now;
            return;
        }
        self.all = self.all.max(news.tally);
        if !news.only_counts {
            self.fresh = self.fresh.max(news.tally);
        }
    }
}
