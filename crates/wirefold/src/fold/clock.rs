//! Stream time for articles from files.
//!
//! A service uses the time at which it saw an article. A file often has only the time at which an article
//! claims to be published, and one claim far ahead would make the window forget all earlier articles. So a
//! claim a day ahead of the running median is believed only if later articles of several outlets agree. If
//! there are several outlets, the clock of one of them decides nothing.

use std::collections::VecDeque;

use crate::input::Claim;

const DAY: i64 = 24 * 3600;
/// The number of claims in the running median.
const MEDIAN_CLAIMS: usize = 15;
/// With fewer claims, the next articles decide which claim is wrong.
const MIN_CLAIMS: usize = 3;
/// After this many articles whose claims were not followed, the claims of one outlet become the measure.
const MAX_UNFOLLOWED: usize = 30;
/// The number of articles that wait at most for the decision whether time advanced.
const MAX_WAITING: usize = 3;
/// The number of waiting articles that must agree.
const MIN_AGREEING: usize = 2;

/// When an article claims to be published, and the outlet whose clock gave the time.
type DatedClaim = (i64, Option<u64>);

impl Claim {
    /// The claimed time, unless the article has a time at which it was seen.
    fn dated_claim(self) -> Option<DatedClaim> {
        Some((self.published.filter(|_| self.seen.is_none())?, self.outlet))
    }
}

/// An article with the stream time at which it is judged.
#[derive(Debug, PartialEq)]
pub(crate) struct Timed<T> {
    pub(crate) article: T,
    pub(crate) time: i64,
    /// By how many seconds its claim is ahead of the median, if stream time does not follow it.
    pub(crate) ahead: Option<i64>,
}

/// Gives each article its stream time, in order of arrival. Stream time never runs back and does not use the
/// clock of the machine.
#[derive(Debug)]
pub(crate) struct Clock<T> {
    time: i64,
    /// The last claims that were believed, with their outlets.
    claims: VecDeque<DatedClaim>,
    /// The number of claims in a row that were not followed.
    unfollowed: usize,
    /// Articles that wait for the decision. The first one claims to be far ahead.
    waiting: Vec<(T, Claim)>,
}

impl<T> Default for Clock<T> {
    fn default() -> Self {
        Self { time: 0, claims: VecDeque::new(), unfollowed: 0, waiting: Vec::new() }
    }
}

impl<T> Clock<T> {
    /// Adds the next article. Returns the articles whose time is certain now: no articles while this one
    /// waits for the next ones, and up to three with the last of them.
    pub(crate) fn add(&mut self, article: T, claim: Claim) -> Vec<Timed<T>> {
        let has_time = claim.seen.or(claim.published).is_some();
        let may_wait = self.ahead(claim).is_some() || !(self.waiting.is_empty() || has_time);
        self.waiting.push((article, claim));
        if may_wait && self.waiting.len() < MAX_WAITING {
            return Vec::new();
        }
        if may_wait {
            self.believe_those_that_agree();
        }
        self.finish()
    }

    /// If enough of the waiting articles are ahead, time advances to them: their claims become the measure.
    fn believe_those_that_agree(&mut self) {
        let ahead = self.waiting.iter().filter(|(_, claim)| self.ahead(*claim).is_some());
        let claims: VecDeque<DatedClaim> =
            ahead.filter_map(|(_, claim)| claim.dated_claim()).collect();
        if claims.len() >= MIN_AGREEING
            && (self.unfollowed >= MAX_UNFOLLOWED || !self.is_one_clock(&claims))
        {
            self.claims = claims;
        }
    }

    /// Whether all these claims are of one outlet while other outlets disagree.
    fn is_one_clock(&self, claims: &VecDeque<DatedClaim>) -> bool {
        let outlet = claims.front().and_then(|(_, outlet)| *outlet);
        let is_its = |(_, of): &DatedClaim| *of == outlet;
        let is_known = self.claims.len() >= MIN_CLAIMS && outlet.is_some();
        is_known && claims.iter().all(is_its) && !self.claims.iter().all(is_its)
    }

    /// Returns the articles that still wait, because no later article agrees with them. If too few came
    /// before them, and none after them, their claims are believed.
    pub(crate) fn finish(&mut self) -> Vec<Timed<T>> {
        let waiting = std::mem::take(&mut self.waiting);
        let are_few = self.claims.len() < MIN_CLAIMS;
        if are_few && waiting.iter().all(|(_, claim)| self.ahead(*claim).is_some()) {
            self.claims.clear();
        }
        waiting.into_iter().map(|(article, claim)| self.judged_at(article, claim)).collect()
    }

    /// The article with its time. Stream time advances to the claim if it is believed.
    fn judged_at(&mut self, article: T, claim: Claim) -> Timed<T> {
        let ahead = self.ahead(claim);
        if ahead.is_some() {
            self.unfollowed += 1;
        } else {
            self.time = self.time.max(claim.seen.or(claim.published).unwrap_or(self.time));
            if let Some(told) = claim.dated_claim() {
                self.unfollowed = 0;
                self.claims.push_back(told);
                self.claims.drain(..self.claims.len().saturating_sub(MEDIAN_CLAIMS));
            }
        }
        Timed { article, time: self.time, ahead }
    }

    /// By how much a claim is ahead of the running median, if that is more than a day.
    fn ahead(&self, claim: Claim) -> Option<i64> {
        let (published, _) = claim.dated_claim()?;
        let mut claims: Vec<i64> = self.claims.iter().map(|(believed, _)| *believed).collect();
        claims.sort_unstable();
        let ahead = published.saturating_sub(*claims.get(claims.len() / 2)?);
        (ahead > DAY).then_some(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_772_496_000;

    /// Compares the days after the start at which articles with these claims, in days, are judged. A star
    /// marks claims that stream time does not follow.
    #[track_caller]
    fn check(claims: &[Option<i64>], expected: &str) {
        let mut clock = Clock::default();
        let claim = |day: &Option<i64>| Claim {
            published: day.map(|day| START + day * DAY),
            ..Claim::default()
        };
        let numbered = claims.iter().enumerate();
        let mut timed: Vec<Timed<usize>> =
            numbered.flat_map(|(number, day)| clock.add(number, claim(day))).collect();
        timed.extend(clock.finish());
        assert!(timed.iter().map(|it| it.article).eq(0..claims.len()), "another order: {timed:?}");
        let star = |it: &Timed<usize>| if it.ahead.is_some() { "*" } else { "" };
        let day = |it: &Timed<usize>| format!("{}{}", (it.time - START) / DAY, star(it));
        assert_eq!(timed.iter().map(day).collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn one_absurd_claim_does_not_advance_stream_time() {
        check(&[Some(0), Some(0), Some(0), Some(400), Some(0)], "0 0 0 0* 0");
        // The same holds for two in a row, and for one that has no claim after it.
        check(&[Some(0), Some(0), Some(0), Some(400), Some(800), Some(1)], "0 0 0 0* 0* 1");
        check(&[Some(0), Some(0), Some(0), Some(400), None, None, Some(1)], "0 0 0 0* 0 0 1");
        // And for the last one.
        check(&[Some(0), Some(0), Some(0), Some(400)], "0 0 0 0*");
    }

    #[test]
    fn among_few_the_articles_behind_tell_which_claim_is_wrong() {
        check(&[Some(0), Some(400), Some(0)], "0 0* 0");
        check(&[Some(0), Some(0), Some(400), Some(1)], "0 0 0* 1");
        check(&[Some(0), Some(400), Some(-20_000), Some(0)], "0 0* 0 0");
        check(&[Some(0), Some(30), Some(30), Some(31)], "0 30 30 31");
    }

    #[test]
    fn the_clock_of_one_outlet_decides_nothing_where_there_are_others() {
        let mut clock = Clock::default();
        let mut times = |outlet: u64, day: i64| -> Vec<i64> {
            let claim = Claim {
                published: Some(START + day * DAY),
                outlet: Some(outlet),
                ..Claim::default()
            };
            clock.add((), claim).into_iter().map(|it| (it.time - START) / DAY).collect()
        };
        for outlet in 0..4 {
            assert_eq!(times(outlet, 0), [0]);
        }
        let ahead: Vec<i64> = (0..3).flat_map(|_| times(9, 400)).collect();
        assert_eq!(ahead, [0, 0, 0]);
        assert_eq!(times(1, 0), [0]);
        let of_several: Vec<i64> =
            [1, 2, 1].into_iter().flat_map(|outlet| times(outlet, 30)).collect();
        assert_eq!(of_several, [30, 30, 30]);
        // No other outlet follows.
        let alone: Vec<i64> = (0..60).flat_map(|_| times(9, 90)).collect();
        assert_eq!((alone[0], alone.last()), (30, Some(&90)));
    }

    #[test]
    fn a_gap_in_an_archive_is_followed_by_the_first_behind_it() {
        let gap = [Some(0), Some(0), Some(0), Some(30), Some(30), Some(31), Some(31), Some(31)];
        check(&gap, "0 0 0 30 30 31 31 31");
        check(
            &[Some(0), Some(0), Some(0), Some(30), None, Some(31), Some(31)],
            "0 0 0 30 30 31 31",
        );
        // An absurd claim among those after the gap does not count.
        check(&[Some(0), Some(0), Some(0), Some(30), Some(400), Some(30)], "0 0 0 30 30* 30");
    }

    #[test]
    fn steady_and_late_claims_do_not_wait() {
        check(&[Some(0), Some(1), Some(1), Some(2), Some(0), Some(2)], "0 1 1 2 2 2");
        // With one claim before it and none after it, no claim is known to be wrong.
        check(&[Some(0), Some(8)], "0 8");
        let mut clock = Clock::default();
        for day in [0, 0, 0, 400] {
            let seen = Claim { seen: Some(START + day * DAY), ..Claim::default() };
            let timed = clock.add((), seen);
            assert_eq!(timed, [Timed { article: (), time: START + day * DAY, ahead: None }]);
        }
    }
}
