//! The alerts that a subscription would have sent, as the alerter reports them. A newer alerter may report
//! more.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wirefold_proto::{Hold, HoldReason, Target, Volume};

/// The limit of messages a day: nobody reads more.
const MANY_A_DAY: u64 = 50;
/// The limit of messages a day for a broad query.
const SOME_A_DAY: u64 = 10;
/// The seconds of an hour. Rates are not computed for less than an hour.
const HOUR: u64 = 3_600;
/// A query is broad if it matches at least one article in this many …
const BROAD: u64 = 5;
/// … of at least this many articles.
const ENOUGH: u64 = 50;
/// Of fewer articles, at least this many percent must match.
const FEW: u64 = 10;
const NEARLY_ALL: u64 = 90;

/// The alerts that a subscription would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rehearsal {
    /// Articles that the query was tried on.
    pub articles: u64,
    /// Articles that match.
    pub matching: u64,
    /// Articles that match, including those of the baseline.
    pub matching_with_baseline: u64,
    /// The time from the first article that came as news until now; `None` without such an article, or from
    /// an older alerter.
    pub covered_seconds: Option<u64>,
    /// Events they belong to.
    pub events: u64,
    /// Alerts it would have opened.
    pub alerts: u64,
    /// Messages that would have notified.
    pub loud: u64,
    /// Silent revisions.
    pub silent: u64,
    /// Held revisions.
    pub held: u64,
    /// The matching articles that are copies and were folded into the alerts. Version 1 called it `saved`.
    #[serde(alias = "saved")]
    pub copies_folded: u64,
    /// The first alerts.
    pub samples: Vec<RehearsedAlert>,
    /// Events, or stories, that match but lack something to open an alert.
    pub unready: u64,
    /// The last of these.
    pub unready_samples: Vec<UnreadyTarget>,
}

/// An alert that would have been sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RehearsedAlert {
    /// Its target.
    pub target: Option<Target>,
    /// Its headline.
    pub title: String,
    /// Its outlets in the first message.
    pub outlets: u32,
    /// Its separately written texts then: an upper bound.
    pub origins: u32,
    /// The words found.
    pub matched: Vec<String>,
    /// Whether texts only mention the subject.
    pub in_passing: bool,
    /// How many revisions it would have had.
    pub revision_count: u64,
    /// The first of them.
    pub revisions: Vec<RehearsedRevision>,
}

/// One revision of an alert that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsedRevision {
    /// The stream time of it.
    pub at: Timestamp,
    /// Whether it would have notified.
    pub volume: Volume,
    /// The reasons of the revision, in words, the weightiest first.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// Why the delivery would have waited.
    pub held: Option<Hold>,
}

/// An event, or a story, that matches but lacks something to open an alert.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnreadyTarget {
    /// Its target.
    pub target: Option<Target>,
    /// The title of its last matching article.
    pub title: String,
    /// The missing part, such as `1 of 2 outlets`.
    pub why: String,
}

impl Rehearsal {
    /// A message if all matching articles are baseline. `None` otherwise.
    #[must_use]
    pub fn only_baseline(&self) -> Option<String> {
        let matching = match (self.matching, self.matching_with_baseline) {
            (0, 1) => "1 article matches that its feed".to_owned(),
            (0, 2..) => format!("{} articles match that their feeds", self.matching_with_baseline),
            _ => return None,
        };
        Some(format!("{matching} listed at the first poll: such articles never alert"))
    }

    /// A warning about a query that matches too much, with its rate.
    #[must_use]
    pub fn warning(&self, hours: u32) -> Option<String> {
        // A new installation has little more than first polls, which never alert.
        let matching = self.matching.max(self.matching_with_baseline);
        let share = matching * 100 / self.articles.max(1);
        let is_broad = (self.articles >= ENOUGH && matching * BROAD >= self.articles)
            || (self.articles >= FEW && share >= NEARLY_ALL);
        if is_broad && self.loud == 0 && self.matching == 0 {
            return Some(format!(
                "broad: it matches {share} % of all articles, although no article came as news yet: \
                 expect a message for as many of the new ones; add words, or gather its messages in a digest"
            ));
        }
        let asked = u64::from(hours.max(1)) * HOUR;
        // A few minutes do not show the rate of a narrow query.
        let seconds = match self.covered_seconds.filter(|_| is_broad) {
            Some(covered) => covered.clamp(HOUR, asked),
            None => asked,
        };
        let a_day = (self.loud * 24 * HOUR).div_ceil(seconds);
        let is_much = a_day > MANY_A_DAY || (is_broad && a_day > SOME_A_DAY);
        if !is_much {
            return None;
        }
        let messages = if a_day == 1 { "message" } else { "messages" };
        Some(format!(
            "broad: it matches {share} % of all articles, about {a_day} {messages} a day; add words, \
             or gather its messages in a digest"
        ))
    }
}

/// Why something is held, for people.
#[must_use]
pub fn describe_hold(reason: HoldReason) -> &'static str {
    match reason {
        HoldReason::QuietHours => "held: quiet hours",
        HoldReason::MaxPerDay => "held: daily limit reached",
        HoldReason::Muted => "held: muted",
        HoldReason::Digest => "held: comes in one message with others",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broad_query_is_warned_of_with_its_rate() {
        let of = |articles, matching, loud| {
            let found = Rehearsal { articles, matching, loud, ..Rehearsal::default() };
            found.warning(48).map(|words| words.split(';').next().unwrap_or_default().to_owned())
        };
        assert_eq!(of(1_000, 100, 20), None);
        assert_eq!(of(10, 10, 3), None, "too few articles to say");
        assert_eq!(of(100, 50, 20), None, "few messages");
        let half = "broad: it matches 50 % of all articles, about 20 messages a day";
        assert_eq!(of(1_000, 500, 40).as_deref(), Some(half));
        let many = "broad: it matches 3 % of all articles, about 51 messages a day";
        assert_eq!(of(9_000, 300, 101).as_deref(), Some(many));
    }

    #[test]
    fn matches_of_first_polls_alone_are_told() {
        let of = |matching, matching_with_baseline| {
            Rehearsal { matching, matching_with_baseline, ..Rehearsal::default() }.only_baseline()
        };
        assert_eq!((of(0, 0), of(1, 4)), (None, None));
        let said =
            "4 articles match that their feeds listed at the first poll: such articles never alert";
        assert_eq!(of(0, 4).as_deref(), Some(said));
    }

    #[test]
    fn a_new_installation_is_warned_by_the_time_that_it_has_seen() {
        let found = Rehearsal {
            articles: 200,
            matching: 14,
            matching_with_baseline: 200,
            loud: 14,
            covered_seconds: Some(2 * 3_600),
            ..Rehearsal::default()
        };
        let said = "broad: it matches 100 % of all articles, about 168 messages a day;";
        assert!(found.warning(24).is_some_and(|words| words.starts_with(said)));
        let few = Rehearsal { articles: 14, matching_with_baseline: 14, ..found.clone() };
        assert!(few.warning(24).is_some_and(|words| words.starts_with(said)));
        let narrow = Rehearsal { matching_with_baseline: 14, ..found.clone() };
        assert_eq!(narrow.warning(24), None);
        let first_polls = Rehearsal { matching: 0, loud: 0, covered_seconds: None, ..found };
        let no_news =
            "broad: it matches 100 % of all articles, although no article came as news yet";
        assert!(first_polls.warning(24).is_some_and(|words| words.starts_with(no_news)));
    }
}
