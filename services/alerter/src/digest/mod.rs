//! The feed digest: a weekly message about feeds with problems, to the deliveries that ask for it.
//!
//! Comes in: the records of feeds. Goes out: a message, if a feed has a problem. Otherwise it never sends
//! one.
//!
//! A message is written to `wf_deliveries` before it is sent, and marked as sent after that. If the process
//! is killed in between, the same message goes out again under the same id.

mod compose;

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, Event, KeyValue, LoopError, Point, UnixMillis};
use wirefold_proto::{FeedDigest, streams};

use crate::NAME;
use crate::delivery::retry::RetryState;
use crate::delivery::{Channel, Common, Failure, Notice, NoticeKind};
use crate::metrics::FEED_DIGESTS;
use compose::{headline, lines};

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
        delivery: &str,
        channel: Box<dyn Channel>,
        common: &Common,
    ) -> Result<Self, BusError> {
        let bus = &common.context.bus;
        Ok(Self {
            delivery: delivery.to_owned(),
            channel,
            common: common.clone(),
            feeds: bus.key_value(streams::FEEDS.name)?,
            table: bus.key_value(streams::DELIVERIES.name)?,
            key: format!("{delivery}.feed-digest"),
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
        let page = self.common.page.as_deref();
        let page = page.map(|base| format!("{}/feeds", base.trim_end_matches('/')));
        let lines = lines(&digest);
        let notice = Notice {
            kind: NoticeKind::Digest,
            id: &digest.id,
            title: &headline(&digest),
            lines: &lines,
            more: (digest.feeds_with_problems as usize).saturating_sub(lines.len()),
            see: "`wirefold feed ls --problems`",
            is_loud: false,
            json: serde_json::to_value(&digest).unwrap_or_default(),
            page,
            now,
        };
        let sent = self.channel.send_notice(notice).await;
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
                    FEED_DIGESTS.add(1, &[self.channel.kind(), "retry"]);
                    return Ok(wait);
                }
                self.given_up(&why)
            }
            Err(Failure::Never { why } | Failure::Gone { why }) => self.given_up(&why),
        };
        *retry_state = RetryState::default();
        self.done(state.due, now, revision, outcome).await
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
        FEED_DIGESTS.add(1, &[self.channel.kind(), outcome]);
        let next = next_due(UnixMillis(due), now);
        self.save(&State { due: next.0, sending: None }, revision).await?;
        Ok(next.since(now))
    }

    async fn digest(&self, due: u64, now: UnixMillis) -> Result<Option<FeedDigest>, BusError> {
        let id = format!("feed-digest.{}.{due}", self.delivery);
        let entries = self.feeds.changes_under(&["feed"]).await?;
        Ok(compose::digest(id, &compose::records(&entries), timestamp(now)))
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
