//! Sends the changes of the health report to one delivery.
//!
//! Comes in: the report of open conditions. Goes out: messages through the channel of a delivery. It never looks at the
//! installation itself, and knows no quiet hours, because those belong to subscriptions.
//!
//! A message is written to `wf_deliveries` before it is sent, and marked as sent after that. If the process is killed in
//! between, the same message goes out again under the same id.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, Event, KeyValue, LoopError, Point, UnixMillis};
use wirefold_proto::{HealthNotice, streams};

use super::Report;
use super::notice::{ToldCondition, after, lines, notice, title};
use crate::NAME;
use crate::delivery::retry::RetryState;
use crate::delivery::{Channel, Common, Failure, Notice, NoticeKind, TargetGone};
use crate::metrics::HEALTH_NOTICES;

/// The wait after a failure of the bus.
const AGAIN: Duration = Duration::from_secs(10);
/// The longest wait between two attempts: late notices are of little use.
const LONGEST: Duration = Duration::from_mins(30);
/// The longest wait before it reads the clock again.
const LOOK: Duration = Duration::from_hours(1);

/// Notifies one delivery.
pub(crate) struct HealthNotifier {
    delivery: String,
    channel: Box<dyn Channel>,
    common: Common,
    gone: TargetGone,
    table: Arc<dyn KeyValue>,
    key: String,
    report: Report,
}

/// The stored state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The conditions that were reported.
    #[serde(default)]
    told: Vec<ToldCondition>,
    /// The message that is being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending: Option<HealthNotice>,
}

impl HealthNotifier {
    /// Opens the stored state of a delivery.
    pub(crate) fn new(
        delivery: &str,
        channel: Box<dyn Channel>,
        common: &Common,
        gone: TargetGone,
        report: Report,
    ) -> Result<Self, BusError> {
        let table = common.context.bus.key_value(streams::DELIVERIES.name)?;
        let (delivery, key) = (delivery.to_owned(), format!("{delivery}.health"));
        Ok(Self { delivery, channel, common: common.clone(), gone, table, key, report })
    }

    /// Runs until it is stopped. It tries every failure again, since no alert waits for it.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), LoopError> {
        let clock = self.common.context.clock.clone();
        let mut retry_state = RetryState::default();
        loop {
            let wait = match self.step(&mut retry_state).await {
                Ok(wait) => wait,
                Err(LoopError::Bus(error)) => {
                    self.common.context.observer.observe(NAME, Event::BusFailed(&error));
                    AGAIN
                }
                Err(crashed) => return Err(crashed),
            };
            let until = clock.now().plus(wait.min(LOOK));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                changed = self.report.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                () = clock.sleep_until(until) => {}
            }
        }
    }

    /// Does what is due, and returns how long nothing is due.
    async fn step(&mut self, retry_state: &mut RetryState) -> Result<Duration, LoopError> {
        let now = self.common.context.clock.now();
        if let Some(wait) = retry_state.wait(now) {
            return Ok(wait);
        }
        let entry = self.table.get(&self.key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let value = entry.and_then(|entry| entry.value);
        let state = value.and_then(|value| serde_json::from_slice::<State>(&value).ok());
        let State { told, sending } = state.unwrap_or_default();
        let is_new = sending.is_none();
        let Some(notice) = sending.or_else(|| self.notice(&told, now)) else {
            return Ok(LOOK);
        };
        let revision = match is_new {
            true => self.save(&told, Some(&notice), revision).await?,
            false => revision,
        };
        self.common.context.check_fail_point(Point::Handled)?;
        let sent = self.send(&notice, now).await?;
        self.common.context.check_fail_point(Point::Published)?;
        let (told, outcome) = match sent {
            Ok(()) => (after(told, &notice), "ok"),
            Err(Failure::Later { after: asked, why }) => {
                if let Some(wait) = retry_state.failed(asked, &notice.id, LONGEST, now) {
                    tracing::debug!(delivery = self.delivery, why, "a health alert is tried again");
                    HEALTH_NOTICES.add(1, &[self.channel.kind(), "retry"]);
                    return Ok(wait);
                }
                // A condition that lasts is reported again.
                (told, "given_up")
            }
            Err(Failure::Never { why } | Failure::Gone { why }) => {
                tracing::warn!(delivery = self.delivery, why, "a health alert was refused");
                (after(told, &notice), "refused")
            }
        };
        *retry_state = RetryState::default();
        HEALTH_NOTICES.add(1, &[self.channel.kind(), outcome]);
        self.save(&told, None, revision).await?;
        // There may be another notice already.
        Ok(Duration::ZERO)
    }

    fn notice(&mut self, told: &[ToldCondition], now: UnixMillis) -> Option<HealthNotice> {
        let report = self.report.borrow_and_update().clone()?;
        notice(&self.delivery, told, &report.conditions, timestamp(now))
    }

    async fn send(
        &self,
        notice: &HealthNotice,
        now: UnixMillis,
    ) -> Result<Result<(), Failure>, BusError> {
        if let Some(why) = self.gone.marked(now).await? {
            return Ok(Err(Failure::Gone { why }));
        }
        let lines = lines(notice);
        let is_loud = !notice.opened.is_empty() || !notice.lasting.is_empty();
        let told = Notice {
            kind: NoticeKind::Health,
            id: &notice.id,
            title: &title(notice),
            lines: &lines,
            more: 0,
            see: "`GET /api/v1/status`",
            is_loud,
            json: serde_json::to_value(notice).unwrap_or_default(),
            page: self.common.page.clone(),
            now,
        };
        let sent = self.channel.send_notice(told).await;
        match &sent {
            Ok(()) => self.common.states.works(&self.delivery),
            Err(Failure::Later { why, .. }) => self.common.states.failed(&self.delivery, now, why),
            Err(Failure::Gone { why }) => self.gone.set(why, now).await?,
            Err(Failure::Never { .. }) => {}
        }
        Ok(sent)
    }

    async fn save(
        &self,
        told: &[ToldCondition],
        sending: Option<&HealthNotice>,
        revision: u64,
    ) -> Result<u64, BusError> {
        let state = State { told: told.to_vec(), sending: sending.cloned() };
        let value = serde_json::to_vec(&state).unwrap_or_default();
        self.table.put_if(&self.key, value.into(), revision).await
    }
}
