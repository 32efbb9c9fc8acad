//! What is stored about a feed besides its record: mostly what its publisher asked for.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::ItemIdentity;

use crate::budget::Spent;

/// How often in a row, and over which time, a permanent redirect must lead to one place before
/// that is asked at once.
const CONSISTENT: u32 = 3;
const LASTING: Duration = Duration::from_hours(24);
/// What a failure adds to the strikes of a feed at most; lesser ones add less.
pub(crate) const STRIKE: u32 = 4;
/// So many strikes make a feed dead.
const DEAD: u32 = 30 * STRIKE;

/// What a feed's publisher asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memo {
    /// Where permanent redirects lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Moved>,
    /// How long it wants to be left alone, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u64>,
    /// The hours of the day, UTC, in which it wants no polls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_hours: Vec<u8>,
    /// The days of the week, 0 for Monday, in which it wants no polls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_days: Vec<u8>,
    /// How long the last answer is good for, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fresh: Option<u64>,
    /// Until when its host wants to be left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left_alone: Option<u64>,
    /// When it is next asked without validators, to see whether they tell the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trial: Option<u64>,
    /// Whether its validators stayed while it changed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) validators_lie: bool,
    /// A hash of the last body that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<u64>,
    /// Failures in a row, each by its weight.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) strikes: u32,
    /// What tells its items apart, where that is not what its settings would take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<ItemIdentity>,
    /// Whether it only answers the plainest questions.
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
    /// What it listed more of the last time than is read, for people.
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
    /// What it has sent in the hour of its last articles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) spent: Option<Spent>,
}

/// Where permanent redirects of a feed's address lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The address that leads on.
    pub(crate) from: String,
    /// Where it leads.
    pub(crate) to: String,
    /// How often in a row it did.
    pub(crate) times: u32,
    /// Since when.
    #[serde(default)]
    pub(crate) since: u64,
    /// Whether that was often and long enough for it to be asked at once.
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

    /// The address to ask for a feed whose settings name `configured`.
    pub(crate) fn address<'a>(&'a self, configured: &'a str) -> &'a str {
        match &self.moved {
            Some(moved) if moved.from == configured && moved.is_adopted => &moved.to,
            _ => configured,
        }
    }

    /// Notes where permanent redirects of the configured address led this time, if anywhere.
    pub(crate) fn note_move(&mut self, configured: &str, to: Option<&str>, now: UnixMillis) {
        let Some(to) = to else {
            // An adopted address answers without a redirect, and stays.
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

    /// Whether it has failed for so long that it is asked only now and then.
    pub(crate) fn is_dead(&self) -> bool {
        self.strikes >= DEAD
    }

    /// Whether it is to be asked without its validators.
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
    fn a_move_that_is_taken_back_starts_anew() {
        let mut memo = Memo::default();
        let answers = [Some(NEW), Some(NEW), None, Some(NEW), Some("http://x.example/"), Some(NEW)];
        for (at, to) in (0..).zip(answers) {
            memo.note_move(OLD, to, hour(at * 12));
            assert_eq!(memo.address(OLD), OLD);
        }
    }

    #[test]
    fn nonsense_is_as_nothing() {
        assert_eq!(Memo::read(b"oops"), Memo::default());
        assert_eq!(Memo::read(b"{}"), Memo::default());
    }
}
