//! The memo of a feed: stored state outside its record, mostly the wishes of its publisher.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::ItemIdentity;

use crate::budget::HourlyUsage;

/// How often in a row, and for how long, a permanent redirect must lead to one address before that
/// address is requested directly.
const CONSISTENT: u32 = 3;
const LASTING: Duration = Duration::from_hours(24);
/// The most strikes that one failure adds to a feed. Less severe failures add fewer.
pub(crate) const STRIKE: u32 = 4;
/// The number of strikes from which a feed counts as dead.
const DEAD: u32 = 30 * STRIKE;

/// The memo of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memo {
    /// The target of permanent redirects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Moved>,
    /// The shortest time between two polls that its publisher wants, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u64>,
    /// The hours of the day, UTC, in which it wants no polls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_hours: Vec<u8>,
    /// The days of the week, 0 for Monday, in which it wants no polls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_days: Vec<u8>,
    /// For how long the last answer is fresh, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fresh: Option<u64>,
    /// The time until which its host wants no requests (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_alone: Option<u64>,
    /// The time of the next request without validators, which tests whether they are reliable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<u64>,
    /// Whether its validators stayed the same while it changed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) validators_lie: bool,
    /// A hash of the last body that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<u64>,
    /// The sum of the weights of its failures in a row.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) strikes: u32,
    /// The part of an item that identifies it, if it differs from that of the settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<ItemIdentity>,
    /// Whether it answers only in compatibility mode.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_plain: bool,
    /// The usual time between two polls with something new, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rhythm: Option<u64>,
    /// The mean time between two new items, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item_gap: Option<u64>,
    /// Whether it broke off in the middle the last time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_truncated: bool,
    /// The limit that it exceeded the last time, so that only a part was read; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cut_short: Option<String>,
    /// Whether its rule found no article on most of the pages that were read last.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_article_missed: bool,
    /// Whether some of its dates could not be read the last time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) has_unread_dates: bool,
    /// Whether most of its items had no date the last time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) is_undated: bool,
    /// How much it sent in the hour of its last articles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spent: Option<HourlyUsage>,
}

/// The target of permanent redirects of a feed's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The address that redirects.
    pub(crate) from: String,
    /// The address that it redirects to.
    pub(crate) to: String,
    /// How often in a row it did.
    pub(crate) times: u32,
    /// When it first did.
    #[serde(default)]
    pub(crate) since: u64,
    /// Whether the new address is requested directly.
    #[serde(default)]
    pub(crate) is_adopted: bool,
}

impl Memo {
    pub(crate) fn read(value: &[u8]) -> Self {
        serde_json::from_slice(value).unwrap_or_default()
    }

    pub(crate) fn write(&self) -> Bytes {
        serde_json::to_vec(self).map(Bytes::from).unwrap_or_default()
    }

    /// The address to request for a feed with the address `configured` in its settings.
    pub(crate) fn address<'a>(&'a self, configured: &'a str) -> &'a str {
        match &self.moved {
            Some(moved) if moved.from == configured && moved.is_adopted => &moved.to,
            _ => configured,
        }
    }

    /// Notes the address to which permanent redirects of the configured address led this time, if any.
    pub(crate) fn note_move(&mut self, configured: &str, to: Option<&str>, now: UnixMillis) {
        let Some(to) = to else {
            // An adopted address answers without a redirect, and remains.
            if self.address(configured) == configured {
                self.moved = None;
            }
            return;
        };
        let before = self.moved.take().filter(|moved| moved.from == configured && moved.to == to);
        let (times, since) = before.map_or((1, now.0), |moved| (moved.times + 1, moved.since));
        let has_lasted = now.since(UnixMillis(since)) >= LASTING;
        self.moved = Some(Moved {
            from: configured.to_owned(),
            to: to.to_owned(),
            times: times.min(CONSISTENT),
            since,
            is_adopted: times >= CONSISTENT && has_lasted,
        });
    }

    /// Whether it is polled rarely because it has failed for a long time.
    pub(crate) fn is_dead(&self) -> bool {
        self.strikes >= DEAD
    }

    /// Whether to request it without its validators.
    pub(crate) fn is_on_trial(&self, now: UnixMillis) -> bool {
        self.validators_lie || self.trial.is_some_and(|at| at <= now.0)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "http://old.example/feed";
    const NEW: &str = "http://new.example/feed";

    fn hour(hours: u64) -> UnixMillis {
        UnixMillis(hours * 3_600_000)
    }

    #[test]
    fn a_move_is_adopted_after_three_consistent_answers_and_a_day() {
        let mut memo = Memo::default();
        for at in [0, 1, 2, 23] {
            memo.note_move(OLD, Some(NEW), hour(at));
            assert_eq!(memo.address(OLD), OLD);
        }
        memo.note_move(OLD, Some(NEW), hour(24));
        assert_eq!(memo.address(OLD), NEW);
        memo.note_move(OLD, None, hour(25));
        let mut seldom = Memo::default();
        for at in [0, 48] {
            seldom.note_move(OLD, Some(NEW), hour(at));
            assert_eq!(seldom.address(OLD), OLD);
        }
        assert_eq!(Memo::read(&memo.write()).address(OLD), NEW);
        assert_eq!(memo.address("http://third.example/"), "http://third.example/");
    }

    #[test]
    fn an_interrupted_move_is_counted_from_the_start() {
        let mut memo = Memo::default();
        let answers = [Some(NEW), Some(NEW), None, Some(NEW), Some("http://x.example/"), Some(NEW)];
        for (at, to) in (0..).zip(answers) {
            memo.note_move(OLD, to, hour(at * 12));
            assert_eq!(memo.address(OLD), OLD);
        }
    }

    #[test]
    fn an_unreadable_memo_is_empty() {
        assert_eq!(Memo::read(b"oops"), Memo::default());
        assert_eq!(Memo::read(b"{}"), Memo::default());
    }
}
