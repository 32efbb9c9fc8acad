//! What the numbers of an alert come to, and what they are measured by.
//!
//! Numbers only grow, but where people take stories apart or make them one. What they add, nobody need be
//! told of, and what they take away comes off what had been told: the rest of the growth is what rings.

use std::fmt;
use std::str::FromStr;

use super::life::{Life, News};
use super::piece::Tally;

/// What the next revision is measured by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    /// The numbers when a revision was last not held; none before the first.
    pub(crate) told: Option<Tally>,
    /// The numbers when it last rang.
    pub(crate) rung: Tally,
}

/// The numbers of an alert with its news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sums {
    /// With all of them.
    pub(crate) all: Tally,
    /// With those that may ring.
    pub(crate) fresh: Tally,
    pub(crate) measured: Measured,
}

impl Life {
    /// The numbers with the news, in the order of the decisions.
    pub(crate) fn sums(&self) -> Sums {
        let measured = Measured { told: self.told, rung: self.rung };
        let mut sums = Sums { all: self.now, fresh: self.now, measured };
        let mut news: Vec<&News> = self.news.iter().collect();
        news.sort_by_key(|news| (news.place.fetched, news.recounts()));
        news.into_iter().for_each(|news| sums.take(news));
        sums
    }
}

impl Sums {
    fn take(&mut self, news: &News) {
        if news.recounts() {
            let (before, now) = (self.all, news.tally);
            let moved = |tally: Tally| tally.moved(before, now);
            self.fresh = moved(self.fresh);
            let Measured { told, rung } = self.measured;
            self.measured = Measured { told: told.map(moved), rung: moved(rung) };
            self.all = now;
            return;
        }
        self.all = self.all.max(news.tally);
        if !news.only_counts {
            self.fresh = self.fresh.max(news.tally);
        }
    }
}

impl Tally {
    /// What it is where people changed the numbers: by as much more, or no more than there are.
    fn moved(self, before: Self, now: Self) -> Self {
        let by = |own: u32, was: u32, is: u32| match is.checked_sub(was) {
            Some(more) => own.saturating_add(more),
            None => own.min(is),
        };
        Self {
            outlets: by(self.outlets, before.outlets, now.outlets),
            origins: by(self.origins, before.origins, now.origins),
            copies: by(self.copies, before.copies, now.copies),
        }
    }
}

/// As in a header: outlets, origins and copies when it last rang, then what was told, if anything was.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rung, told } = self;
        write!(f, "{} {} {}", rung.outlets, rung.origins, rung.copies)?;
        match told {
            Some(told) => write!(f, " {} {} {}", told.outlets, told.origins, told.copies),
            None => Ok(()),
        }
    }
}

/// It is no such header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoMeasure;

impl FromStr for Measured {
    type Err = NoMeasure;

    fn from_str(text: &str) -> Result<Self, NoMeasure> {
        let numbers: Result<Vec<u32>, _> = text.split(' ').map(str::parse).collect();
        let tally = |outlets, origins, copies| Tally { outlets, origins, copies };
        match *numbers.map_err(|_| NoMeasure)?.as_slice() {
            [a, b, c] => Ok(Self { told: None, rung: tally(a, b, c) }),
            [a, b, c, d, e, f] => Ok(Self { told: Some(tally(d, e, f)), rung: tally(a, b, c) }),
            _ => Err(NoMeasure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_measured_by_is_read_back_from_its_header() {
        let tally = |origins| Tally { outlets: 3, origins, copies: 0 };
        for told in [None, Some(tally(2))] {
            let measured = Measured { told, rung: tally(1) };
            assert_eq!(measured.to_string().parse(), Ok(measured));
        }
        for none in ["", "1 2", "1 2 3 4", "a b c"] {
            assert_eq!(none.parse::<Measured>(), Err(NoMeasure), "{none}");
        }
    }

    #[test]
    fn numbers_move_by_what_people_changed() {
        let of = |outlets, origins, copies| Tally { outlets, origins, copies };
        assert_eq!(of(2, 2, 5).moved(of(3, 3, 5), of(3, 4, 4)), of(2, 3, 4));
        assert_eq!(of(0, 1, 0).moved(of(3, 3, 4), of(3, 1, 4)), of(0, 1, 0));
    }
}
