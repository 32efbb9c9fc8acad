//! The feed digest: a weekly message about feeds with problems, to the deliveries that ask for it.
//!
//! Comes in: the records of feeds. Goes out: a message, if a feed has a problem. Otherwise it never sends
//! one.
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wirefold_envelope::timestamp;
use wirefold_flow::{BoxFuture, BusError, KeyValue, Metric, UnixMillis};
use wirefold_proto::{FeedDigest, FeedHealth, FeedProblem, FeedRecord, Tag, decode, streams};

use crate::delivery::notices::Source;
use crate::delivery::{Common, Notice, NoticeKind};
use crate::metrics::FEED_DIGESTS;
use crate::wording::{cut, line, minute};

/// How long after it is switched on the first digest is sent: by then each feed was polled.
const FIRST: Duration = Duration::from_hours(24);
/// The time between two digests.
const WEEK: Duration = Duration::from_hours(7 * 24);

/// The digests for one delivery.
pub(crate) struct Weekly {
    delivery: String,
    /// The address of the page of feeds.
    page: Option<String>,
    feeds: Arc<dyn KeyValue>,
}

/// The stored state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// When the next digest is due, in milliseconds since 1970; 0 before the first look.
    due: u64,
}

impl Weekly {
    pub(crate) fn new(delivery: &str, common: &Common) -> Result<Self, BusError> {
        let base = common.page.as_deref();
        let page = base.map(|base| format!("{}/feeds", base.trim_end_matches('/')));
        let feeds = common.context.bus.key_value(streams::FEEDS.name)?;
        Ok(Self { delivery: delivery.to_owned(), page, feeds })
    }
}

impl Source for Weekly {
    type Memory = Plan;
    type Message = FeedDigest;
    const KEY: &'static str = "feed-digest";
    const METRIC: Metric = FEED_DIGESTS;
    const LONGEST: Duration = Duration::MAX;

    fn next<'a>(
        &'a mut self,
        plan: &'a mut Plan,
        now: UnixMillis,
    ) -> BoxFuture<'a, Result<Result<FeedDigest, Duration>, BusError>> {
        Box::pin(async move {
            if plan.due == 0 {
                plan.due = now.plus(FIRST).0;
            } else if now.0 >= plan.due {
                let id = format!("feed-digest.{}.{}", self.delivery, plan.due);
                let entries = self.feeds.changes(&["feed"], 0).await?;
                let feeds = entries.iter().filter_map(|it| decode(it.value.as_ref()?).ok());
                let feeds: Vec<FeedRecord> = feeds.collect();
                if let Some(digest) = digest(id, &feeds, timestamp(now)) {
                    return Ok(Ok(digest));
                }
                plan.due = next_due(UnixMillis(plan.due), now).0;
            }
            Ok(Err(UnixMillis(plan.due).since(now)))
        })
    }

    fn notice(&self, digest: &FeedDigest, now: UnixMillis) -> Notice {
        let lines = lines(digest);
        Notice {
            kind: NoticeKind::Digest,
            id: digest.id.clone(),
            title: headline(digest),
            more: (digest.feeds_with_problems as usize).saturating_sub(lines.len()),
            lines,
            see: "`wirefold feed ls --problems`",
            is_loud: false,
            json: serde_json::to_value(digest).unwrap_or_default(),
            page: self.page.clone(),
            now,
        }
    }

    fn told(&self, plan: &mut Plan, _digest: &FeedDigest, now: UnixMillis, _is_given_up: bool) {
        plan.due = next_due(UnixMillis(plan.due), now).0;
    }

    fn changed(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::pending())
    }
}

/// Whole weeks after the last digest was due. Digests missed while nothing ran are not sent.
fn next_due(due: UnixMillis, now: UnixMillis) -> UnixMillis {
    let missed = now.since(due).as_secs() / WEEK.as_secs();
    due.plus(WEEK * u32::try_from(missed.saturating_add(1)).unwrap_or(1))
}

/// The most feeds in a digest.
const MOST: usize = 100;
/// Shorter failures may end by themselves.
const LASTING: SignedDuration = SignedDuration::from_hours(24);
/// The longest description of a problem, in characters, …
const WORDS: usize = 300;
/// … the longest title, …
const TITLE: usize = 200;
/// … and the longest address.
const ADDRESS: usize = 500;

/// The digest of these feeds; `None` if no feed has a problem.
pub(super) fn digest(id: String, feeds: &[FeedRecord], at: Timestamp) -> Option<FeedDigest> {
    let mut with_problems: Vec<&FeedRecord> =
        feeds.iter().filter(|record| record.needs_a_look() && lasts(record, at)).collect();
    with_problems.sort_by_key(|record| {
        let gives_nothing = matches!(record.health, FeedHealth::Gone | FeedHealth::Failing);
        (!gives_nothing, record.findings.clone(), record.feed.id.clone())
    });
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    (!with_problems.is_empty()).then(|| FeedDigest {
        schema: Tag::new(),
        id,
        at,
        feeds: count(feeds.len()),
        feeds_with_problems: count(with_problems.len()),
        problems: with_problems.into_iter().take(MOST).map(problem).collect(),
    })
}

fn lasts(record: &FeedRecord, now: Timestamp) -> bool {
    let is_failing = record.health == FeedHealth::Failing;
    let since = record.failing_since.filter(|_| is_failing);
    since.is_none_or(|since| now.duration_since(since) >= LASTING)
}

fn problem(record: &FeedRecord) -> FeedProblem {
    let fails = matches!(record.health, FeedHealth::Gone | FeedHealth::Failing);
    FeedProblem {
        feed: record.feed.id.clone(),
        title: record.feed.title.as_ref().or(record.feed_title.as_ref()).map(|it| cut(it, TITLE)),
        url: cut(&record.feed.url, ADDRESS),
        health: record.health,
        since: record.failing_since.filter(|_| fails),
        findings: record.findings.clone(),
        words: cut(&record.describe(), WORDS),
    }
}

/// `3 of 40 feeds need a look`.
pub(super) fn headline(digest: &FeedDigest) -> String {
    let feeds = if digest.feeds == 1 { "feed" } else { "feeds" };
    let need = if digest.feeds_with_problems == 1 { "needs" } else { "need" };
    format!("{} of {} {feeds} {need} a look", digest.feeds_with_problems, digest.feeds)
}

/// A line for each feed.
pub(super) fn lines(digest: &FeedDigest) -> Vec<String> {
    let told = |problem: &FeedProblem| {
        let since = problem.since.map(|since| format!(", failing since {}", minute(since)));
        format!("{}{}: {}", problem.feed, since.unwrap_or_default(), line(&problem.words))
    };
    digest.problems.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_digest_is_not_sent_later() {
        let due = UnixMillis(1_800_000_000_000);
        for (late, weeks) in
            [(Duration::ZERO, 1), (WEEK - Duration::from_hours(1), 1), (WEEK, 2), (WEEK * 9, 10)]
        {
            assert_eq!(next_due(due, due.plus(late)), due.plus(WEEK * weeks), "{late:?}");
        }
    }
}

#[cfg(test)]
mod compose_tests {
    use wirefold_proto::FeedFinding;
    use wirefold_proto::FeedSettings;

    use super::*;

    fn record(id: &str, change: impl FnOnce(&mut FeedRecord)) -> FeedRecord {
        let feed = FeedSettings::new(id.parse().unwrap(), format!("https://{id}.example/"));
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.health = FeedHealth::Good;
        change(&mut record);
        record
    }

    fn failing(record: &mut FeedRecord, since: &str) {
        record.health = FeedHealth::Failing;
        record.failing_since = Some(since.parse().unwrap());
        record.problem = Some("HTTP 503\u{1b}".to_owned());
    }

    fn now() -> Timestamp {
        "2026-03-04T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn feeds_with_problems_are_listed_worst_first() {
        let feeds = [
            record("well", |_| {}),
            record("silent", |record| record.findings = vec![FeedFinding::Silent]),
            record("dead", |record| {
                failing(record, "2026-01-01T00:00:00Z");
                record.findings = vec![FeedFinding::Dead];
            }),
            record("down", |record| failing(record, "2026-03-01T00:00:00Z")),
            record("shaky", |record| failing(record, "2026-03-04T01:00:00Z")),
        ];
        let digest = digest("d.1".to_owned(), &feeds, now()).unwrap();
        assert_eq!(headline(&digest), "3 of 5 feeds need a look");
        assert_eq!(
            lines(&digest),
            [
                "down, failing since 2026-03-01 00:00 UTC: HTTP 503",
                "dead, failing since 2026-01-01 00:00 UTC: HTTP 503",
                "silent: silent for far longer than usual: check whether it has moved",
            ]
        );
    }

    #[test]
    fn healthy_feeds_need_no_digest() {
        let feeds = [
            record("well", |_| {}),
            record("shaky", |record| failing(record, "2026-03-04T01:00:00Z")),
        ];
        assert_eq!(digest("d.1".to_owned(), &feeds, now()), None);
        assert_eq!(digest("d.1".to_owned(), &[], now()), None);
    }

    #[test]
    fn a_thousand_feeds_fit_into_a_message() {
        let long = |record: &mut FeedRecord| {
            record.problem = Some("x".repeat(5_000));
            record.feed_title = Some("y".repeat(500_000));
            record.feed.url = format!("https://a.example/{}", "z".repeat(50_000));
        };
        let feeds: Vec<_> = (0..1_000).map(|n| record(&format!("f{n}"), long)).collect();
        let digest = digest("d.1".to_owned(), &feeds, now()).unwrap();
        assert_eq!((digest.feeds_with_problems, digest.problems.len()), (1_000, MOST));
        assert!(serde_json::to_vec(&digest).unwrap().len() < 128 * 1024);
    }
}
