//! Calls of the bus by a stage: how they wait during an outage, and how they fail.
//!
//! An outage never counts against a message.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::bus::AckKind;
use crate::dead::Reason;
use crate::error::Answer;
use crate::error::BusError;
use crate::loops::{Event, LoopError, StageContext};

/// How soon a message is delivered again after a failure of the bus.
pub(super) const BUS_RETRY: Duration = Duration::from_secs(1);
/// The waits between calls during an outage of the bus.
pub(super) const OUTAGE_BACKOFF: Backoff =
    Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// Why a message is not done.
pub(super) enum Failure {
    Crash(LoopError),
    AckWith(AckKind),
    /// The stage wants to try again, which counts as an answer.
    Retry {
        after: Duration,
        why: String,
    },
}

/// Calls the bus for one stage.
pub(super) struct BusCaller {
    pub(super) context: StageContext,
    /// The name of the stage.
    pub(super) name: String,
    /// During an outage of the bus the work waits until this stop signal. An outage counts as no attempt.
    pub(super) stop: CancellationToken,
}

impl From<LoopError> for Failure {
    fn from(crash: LoopError) -> Self {
        Self::Crash(crash)
    }
}

impl BusCaller {
    /// Reports an event of this stage.
    pub(super) fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.name, event);
    }

    /// Waits a little during an outage of the bus, before the call is repeated. If the loop is stopped
    /// meanwhile, the message comes again.
    pub(super) async fn wait_out(
        &self,
        outage: &mut Backoff,
        error: &BusError,
    ) -> Result<(), Failure> {
        let StageContext { clock, observer, .. } = &self.context;
        if !is_outage(error) {
            return Err(failure_of(error));
        }
        observer.observe(&self.name, Event::BusFailed(error));
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(failure_of(error)),
            () = outage.wait(&**clock) => Ok(()),
        }
    }

    /// Repeats a call until the bus answers; fails once the loop is stopped. Returns `None` for an error
    /// that does not pass, such as a bucket that this user may not write. The error is reported, and the
    /// work goes on.
    pub(super) async fn call_until_answered<'a, T>(
        &self,
        mut call: impl FnMut() -> Answer<'a, T>,
    ) -> Result<Option<T>, Failure> {
        let mut outage = OUTAGE_BACKOFF;
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error) => error,
            };
            if !error.may_pass() {
                self.context.observer.observe(&self.name, Event::BusFailed(&error));
                return Ok(None);
            }
            self.wait_out(&mut outage, &error).await?;
        }
    }
}

/// Sends a message to the dead letters.
pub(super) fn reject(why: String) -> Failure {
    Failure::AckWith(AckKind::Reject(Reason::rejected(why)))
}

/// Has a message delivered again.
pub(super) fn retry(why: impl Into<String>) -> AckKind {
    AckKind::Retry { after: BUS_RETRY, why: why.into() }
}

/// Whether the bus is the problem: it does not answer, or a stream of wirefold is gone until somebody
/// creates it again.
fn is_outage(error: &BusError) -> bool {
    error.may_pass() || matches!(error, BusError::NoStream(_) | BusError::NoStreamFor(_))
}

/// How a message is acknowledged after a refusal of the bus.
fn failure_of(error: &BusError) -> Failure {
    match error {
        BusError::TooLarge { .. } | BusError::BadName { .. } => reject(error.to_string()),
        _ => Failure::AckWith(retry(error.to_string())),
    }
}
