//! The results of trying a subscription: on the articles of the last hours, and on one article. The alerter makes
//! them, and the gateway shows them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Target;

/// The alerts that a subscription would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Rehearsal {
    /// The articles that were compared with the query.
    pub articles: u64,
    /// Those that match.
    pub matching: u64,
    /// The matching articles, with those of baselines.
    pub matching_with_baseline: u64,
    /// The time from the first article that is not of a baseline to the end; absent without such an article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_seconds: Option<u64>,
    /// The events of the matching articles.
    pub events: u64,
    /// Alerts it would have opened.
    pub alerts: u64,
    /// Messages that would have notified. A digest is one message, and a held revision counts when it is
    /// sent.
    pub loud: u64,
    /// Those of them from 22:00 to 7:00 in the subscriber's time zone.
    pub at_night: u64,
    /// Alerts whose first texts only mention the subject, so that they would have been silent.
    pub in_passing: u64,
    /// Revisions that would have been silent.
    pub silent: u64,
    /// Revisions that would have been held: muted, in quiet hours, above `max_per_day`, for a digest.
    pub held: u64,
    /// Those of the matching articles that are copies and would have been folded into the alerts.
    pub copies_folded: u64,
    /// The last loud messages.
    pub messages: Vec<RehearsedMessage>,
    /// Events or stories that match and are not enough for an alert.
    pub unready: u64,
    /// The last of them.
    pub unready_samples: Vec<UnreadyTarget>,
}

/// A loud message that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RehearsedMessage {
    /// The stream time of it.
    pub at: Timestamp,
    /// Whether it would have come from 22:00 to 7:00 in the subscriber's time zone.
    pub at_night: bool,
    /// The event or story.
    pub target: Target,
    /// The title, as a delivery shows it.
    pub title: String,
    /// The lines below it.
    pub lines: Vec<String>,
    /// How many more alerts the message reports, if it is a digest.
    #[serde(default)]
    pub others: u64,
}

/// An event or story that matches and is not enough for an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadyTarget {
    /// The event or story.
    pub target: Target,
    /// The title of its last matching article.
    pub title: String,
    /// The missing part, such as `1 of 2 outlets`.
    pub why: String,
}

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

    /// The loud messages: `14 loud in the last 7 days, 5 at night`.
    #[must_use]
    pub fn loud_in(&self, hours: u32) -> String {
        let span = match (hours / 24, hours % 24) {
            (days @ 2.., 0) => format!("{days} days"),
            _ => format!("{hours} h"),
        };
        let loud = format!("{} loud in the last {span}", self.loud);
        if self.loud == 0 { loud } else { format!("{loud}, {} at night", self.at_night) }
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

/// The result of a query for an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryReading {
    /// Whether the article matches.
    pub matches: bool,
    /// Whether it matches only outside title and lede.
    pub in_passing: bool,
    /// The words of the query that were found, with where.
    pub found: Vec<FoundWord>,
    /// If it does not match: the first part of the query that fails, as written.
    pub failed: Option<String>,
    /// Whether that part is one that the query excludes.
    pub is_excluded: bool,
    /// Outlets of its event or story when it came.
    pub outlets: u32,
    /// Separately written texts of its event or story at that time: an upper bound.
    pub origins: u32,
}

/// A word of a query, and where an article has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundWord {
    /// The word, phrase or field as the query writes it.
    pub word: String,
    /// Where: `title`, `lede`, `text`, or `field` for other data of the article.
    pub place: String,
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
