//! Sends notices to one delivery: digests of feeds, and the health of the installation.
//!
//! Comes in: messages of a source. Goes out: notices through the channel of the delivery. It never makes a message.
//!
//! A message is written to `wf_deliveries` before it is sent, and marked as sent after that. If the process is killed in
//! between, the same message goes out again under the same id. Every failure is tried again, since no alert waits for
//! it.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wirefold_flow::{BoxFuture, BusError, Event, LoopError, Metric, Point, UnixMillis};

use super::retry::RetryState;
use super::{Channel, Common, Delivery, Failure, Means, Notice, Records, Sent, ToSend};
use crate::NAME;
use crate::error::AlerterError;

/// The wait after a failure of the bus.
const AGAIN: Duration = Duration::from_secs(10);
/// The longest wait before it reads the clock again: machines sleep, and clocks are set.
const LOOK: Duration = Duration::from_hours(1);

/// Makes messages for one delivery.
pub(crate) trait Source: Send {
    /// Its memory, stored in `wf_deliveries`.
    type Memory: Default + Serialize + DeserializeOwned + Send;
    type Message: Serialize + DeserializeOwned + Send + Sync;
    /// The end of the key of its memory, after the name of the delivery.
    const KEY: &'static str;
    const METRIC: Metric;
    /// The longest wait between two attempts.
    const LONGEST: Duration;

    /// The message that is due, or how long none is due.
    fn next<'a>(
        &'a mut self,
        memory: &'a mut Self::Memory,
        now: UnixMillis,
    ) -> BoxFuture<'a, Result<Result<Self::Message, Duration>, BusError>>;

    /// The notice that tells a message.
    fn notice(&self, message: &Self::Message, now: UnixMillis) -> Notice;

    /// Notes that a message was told, or refused. One that was given up after many attempts was not.
    fn told(
        &self,
        memory: &mut Self::Memory,
        message: &Self::Message,
        now: UnixMillis,
        is_given_up: bool,
    );

    /// Returns when there may be another message, before the time that `next` gave.
    fn changed(&mut self) -> BoxFuture<'_, ()>;
}

/// The notices of one source to one delivery.
pub(crate) struct Notifier<S> {
    channel: Channel,
    common: Common,
    records: Records,
    key: String,
    source: S,
}

/// The stored state.
#[derive(Serialize, Deserialize)]
struct State<Memory, Message> {
    #[serde(flatten)]
    memory: Memory,
    /// The message that is being sent.
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    sending: Option<Message>,
}

impl<S: Source> Notifier<S> {
    /// Opens the stored state of a delivery.
    pub(crate) fn new(
        delivery: &Delivery,
        means: &Arc<Means>,
        common: &Common,
        source: S,
    ) -> Result<Self, AlerterError> {
        let channel = Channel::open(delivery, means)?;
        let records = Records::of(delivery, &*common.context.bus)?;
        let key = format!("{}.{}", delivery.name, S::KEY);
        Ok(Self { channel, common: common.clone(), records, key, source })
    }

    /// Runs until it is stopped.
    pub(crate) async fn run(mut self) -> Result<(), LoopError> {
        let clock = self.common.context.clock.clone();
        let mut retry_state = RetryState::default();
        loop {
            let wait = match self.step(&mut retry_state).await {
                Ok(wait) => wait.min(LOOK),
                // Also if another process was quicker: the stored state is read again.
                Err(LoopError::Bus(error))
                    if error.may_pass() || matches!(error, BusError::Refused { .. }) =>
                {
                    self.common.context.observer.observe(NAME, Event::BusFailed(&error));
                    AGAIN
                }
                Err(LoopError::Bus(error)) => {
                    let key = &self.key;
                    tracing::warn!(key, %error, "nothing is sent: check the permissions of its user");
                    LOOK
                }
                Err(crashed) => return Err(crashed),
            };
            tokio::select! {
                biased;
                () = self.common.stop.cancelled() => return Ok(()),
                () = self.source.changed() => {}
                () = clock.sleep_until(clock.now().plus(wait)) => {}
            }
        }
    }

    /// Does what is due, and returns how long nothing is due.
    async fn step(&mut self, retry_state: &mut RetryState) -> Result<Duration, LoopError> {
        let now = self.common.context.clock.now();
        if let Some(wait) = retry_state.wait(now) {
            return Ok(wait);
        }
        let entry = self.records.keys.get(&self.key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let value = entry.and_then(|entry| entry.value);
        let state = value.as_ref().and_then(|value| serde_json::from_slice(value).ok());
        let State::<S::Memory, S::Message> { mut memory, sending } =
            state.unwrap_or_else(|| State { memory: S::Memory::default(), sending: None });
        let (message, revision) = match sending {
            Some(message) => (message, revision),
            None => match self.source.next(&mut memory, now).await? {
                Ok(message) => {
                    let revision = self.save(&memory, Some(&message), revision).await?;
                    (message, revision)
                }
                Err(wait) => {
                    if value.is_none_or(|value| value != state_of::<S>(&memory, None)) {
                        self.save(&memory, None, revision).await?;
                    }
                    return Ok(wait);
                }
            },
        };
        self.common.context.check_fail_point(Point::Handled)?;
        let notice = self.source.notice(&message, now);
        let id = notice.id.clone();
        let sent = self.send(notice, now).await?;
        self.common.context.check_fail_point(Point::Published)?;
        let outcome = match sent {
            Ok(_) => "ok",
            Err(Failure::Later { after, why }) => {
                if let Some(wait) = retry_state.failed(after, &id, S::LONGEST, now) {
                    tracing::debug!(
                        delivery = self.channel.delivery.name,
                        why,
                        "{id} is tried again"
                    );
                    S::METRIC.add(1, &[self.channel.delivery.target.kind(), "retry"]);
                    return Ok(wait);
                }
                "given_up"
            }
            Err(Failure::Never { why } | Failure::Gone { why }) => {
                tracing::warn!(delivery = self.channel.delivery.name, why, "{id} was refused");
                "refused"
            }
        };
        *retry_state = RetryState::default();
        S::METRIC.add(1, &[self.channel.delivery.target.kind(), outcome]);
        self.source.told(&mut memory, &message, now, outcome == "given_up");
        self.save(&memory, None, revision).await?;
        // There may be another message already.
        Ok(Duration::ZERO)
    }

    async fn send(&self, notice: Notice, now: UnixMillis) -> Result<Sent, BusError> {
        if let Some(why) = self.records.gone(now).await? {
            return Ok(Err(Failure::Gone { why }));
        }
        let sent = self.channel.send(&ToSend::Notice(notice)).await;
        self.records.note_answer(&sent, &self.common.states, now).await?;
        Ok(sent)
    }

    /// Stores the state, and returns its revision.
    async fn save(
        &self,
        memory: &S::Memory,
        sending: Option<&S::Message>,
        revision: u64,
    ) -> Result<u64, BusError> {
        let state = state_of::<S>(memory, sending);
        self.records.keys.put_if(&self.key, state.into(), revision).await
    }
}

fn state_of<S: Source>(memory: &S::Memory, sending: Option<&S::Message>) -> Vec<u8> {
    serde_json::to_vec(&State { memory, sending }).unwrap_or_default()
}
