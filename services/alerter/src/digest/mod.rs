//! The feed digest: a weekly message about feeds with problems, to the deliveries that ask for it.
//!
//! Comes in: the records of feeds. Goes out: a message, if a feed has a problem. Otherwise it never sends
//! one.
//!
//! A message is written to `wf_deliveries` before it is sent, and marked as sent after that. If the process
//! is killed in between, the same message goes out again under the same id.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, Entry, Event, KeyValue, LoopError, Point, UnixMillis};
use wirefold_proto::{FeedDigest, FeedHealth, FeedProblem, FeedRecord, Tag, decode, streams};

use crate::NAME;
use crate::delivery::retry::RetryState;
use crate::delivery::{Channel, Common, Delivery, Failure, Notice, NoticeKind};
use crate::metrics::FEED_DIGESTS;
use crate::wording::{line, minute};

/// How long after it is switched on the first digest is sent: by then each feed was polled.
const FIRST: Duration = Duration::from_hours(24);
/// The time between two digests.
const WEEK: Duration = Duration::from_hours(7 * 24);
/// The longest wait before it reads the clock again: machines sleep, and clocks are set.
const LOOK: Duration = Duration::from_hours(1);
/// The wait after a failure of the bus.
const AGAIN: Duration = Duration::from_secs(10);

/// The digests of one delivery.
pub(crate) struct Weekly {
    delivery: String,
    kind: &'static str,
    channel: Box<dyn Channel>,
    common: Common,
    feeds: Arc<dyn KeyValue>,
    table: Arc<dyn KeyValue>,
    key: String,
}

/// The stored state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct State {
    /// When the next one is due, in milliseconds since 1970.
    due: u64,
    /// The digest that is being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending: Option<FeedDigest>,
}

impl Weekly {
    /// Opens the stored state of a delivery.
    pub(crate) fn new(
        delivery: &Delivery,
        channel: Box<dyn Channel>,
        common: &Common,
    ) -> Result<Self, BusError> {
        let bus = &common.context.bus;
        Ok(Self {
            delivery: delivery.name.clone(),
            kind: delivery.target.kind(),
            channel,
            common: common.clone(),
            feeds: bus.key_value(streams::FEEDS.name)?,
            table: bus.key_value(streams::DELIVERIES.name)?,
            key: format!("{}.feed-digest", delivery.name),
        })
    }

    /// Runs until it is stopped. It tries every failure again, since no alert waits for it.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), LoopError> {
        let clock = self.common.context.clock.clone();
        let mut retry_state = RetryState::default();
        loop {
            let wait = match self.step(&mut retry_state).await {
                Ok(wait) => wait,
                Err(LoopError::Bus(error)) => self.failed(&error),
                Err(crashed) => return Err(crashed),
            };
            let until = clock.now().plus(wait.min(LOOK));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                () = clock.sleep_until(until) => {}
            }
        }
    }

    fn failed(&self, error: &BusError) -> Duration {
        let delivery = &self.delivery;
        // Another process was quicker, or the bus is not reachable: the stored state is read again.
        if error.may_pass() || matches!(error, BusError::Refused { .. }) {
            self.common.context.observer.observe(NAME, Event::BusFailed(error));
            return AGAIN;
        }
        tracing::warn!(delivery, %error, "digest of feeds not made: check the permissions of its user");
        LOOK
    }

    /// Does what is due, and returns how long nothing is due.
    async fn step(&self, retry_state: &mut RetryState) -> Result<Duration, LoopError> {
        let now = self.common.context.clock.now();
        if let Some(wait) = retry_state.wait(now) {
            return Ok(wait);
        }
        let entry = self.table.get(&self.key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let value = entry.and_then(|entry| entry.value);
        let state = value.and_then(|value| serde_json::from_slice::<State>(&value).ok());
        let Some(state) = state else {
            self.save(&State { due: now.plus(FIRST).0, sending: None }, revision).await?;
            return Ok(FIRST);
        };
        if now.0 < state.due {
            return Ok(Duration::from_millis(state.due - now.0));
        }
        let (digest, revision) = match state.sending {
            Some(digest) => (digest, revision),
            None => match self.digest(state.due, now).await? {
                None => return self.done(state.due, now, revision, "nothing").await,
                Some(digest) => {
                    let sending = Some(digest.clone());
                    (digest, self.save(&State { due: state.due, sending }, revision).await?)
                }
            },
        };
        self.common.context.check_fail_point(Point::Handled)?;
        let sent = self.send(&digest, now).await;
        self.common.context.check_fail_point(Point::Published)?;
        let outcome = match sent {
            Ok(()) => "ok",
            Err(Failure::Later { after, why }) => {
                if let Some(wait) = retry_state.failed(after, &digest.id, Duration::MAX, now) {
                    tracing::debug!(
                        delivery = self.delivery,
                        why,
                        "digest of feeds is tried again"
                    );
                    FEED_DIGESTS.add(1, &[self.kind, "retry"]);
                    return Ok(wait);
                }
                self.given_up(&why)
            }
            Err(Failure::Never { why } | Failure::Gone { why }) => self.given_up(&why),
        };
        *retry_state = RetryState::default();
        self.done(state.due, now, revision, outcome).await
    }

    async fn send(&self, digest: &FeedDigest, now: UnixMillis) -> Result<(), Failure> {
        let page = self.common.page.as_deref();
        let page = page.map(|base| format!("{}/feeds", base.trim_end_matches('/')));
        let lines = lines(digest);
        let notice = Notice {
            kind: NoticeKind::Digest,
            id: &digest.id,
            title: &headline(digest),
            lines: &lines,
            more: (digest.feeds_with_problems as usize).saturating_sub(lines.len()),
            see: "`wirefold feed ls --problems`",
            is_loud: false,
            json: serde_json::to_value(digest).unwrap_or_default(),
            page,
            now,
        };
        self.channel.send_notice(notice).await
    }

    fn given_up(&self, why: &str) -> &'static str {
        tracing::warn!(delivery = self.delivery, why, "digest of feeds given up until next week");
        "refused"
    }

    /// Stores that this digest is done, and returns when the next one is due.
    async fn done(
        &self,
        due: u64,
        now: UnixMillis,
        revision: u64,
        outcome: &'static str,
    ) -> Result<Duration, LoopError> {
        FEED_DIGESTS.add(1, &[self.kind, outcome]);
        let next = next_due(UnixMillis(due), now);
        self.save(&State { due: next.0, sending: None }, revision).await?;
        Ok(next.since(now))
    }

    async fn digest(&self, due: u64, now: UnixMillis) -> Result<Option<FeedDigest>, BusError> {
        let id = format!("feed-digest.{}.{due}", self.delivery);
        let entries = self.feeds.changes_under(&["feed"]).await?;
        Ok(digest(id, &records(&entries), timestamp(now)))
    }

    async fn save(&self, state: &State, revision: u64) -> Result<u64, BusError> {
        let value = serde_json::to_vec(state).unwrap_or_default();
        self.table.put_if(&self.key, value.into(), revision).await
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

/// The feeds among what the fetcher remembers.
pub(super) fn records(entries: &[Entry]) -> Vec<FeedRecord> {
    let feeds = entries.iter().filter(|entry| entry.key.starts_with("feed."));
    feeds.filter_map(|entry| decode(entry.value.as_ref()?).ok()).collect()
}

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

fn cut(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
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
        for (late, weeks) in [(Duration::ZERO, 1), (WEEK - LOOK, 1), (WEEK, 2), (WEEK * 9, 10)] {
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
