//! Stages, which handle messages, and the loop that runs them.
//!
//! A stage gets a message and the message that it names. It returns messages to publish, or an error:
//! try again, or reject. Only the loop publishes and acknowledges.

mod outage;
mod output_ids;
mod panics;
mod publish_barrier;
mod referred;
mod run;
mod tries;
mod work;

use std::time::Duration;

use crate::BoxFuture;
use crate::bus::PulledMessage;
use crate::message::{Outgoing, Stored};

pub(crate) use panics::message;
pub use run::{handle_once, run_stage};
pub(crate) use tries::{MAX_STRIKES, killed_process_reason};

/// One step of the pipeline.
pub trait Stage: Send + Sync {
    /// Handles one message. The loop publishes the returned messages before it acknowledges this one.
    /// A message may be handled again after a crash, so the same input must give messages with the
    /// same ids.
    ///
    /// The loop extends the deadline of the delivery meanwhile. A panic rejects the message.
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>>;

    /// The stream of its output. If a message comes again after a long time, the loop reads this stream
    /// to find out what was published before: by then the stream has forgotten the ids.
    fn output(&self) -> Option<&str> {
        None
    }

    /// Gets each batch of deliveries before any of them is handled. The loop handles them concurrently.
    /// A stage that needs their order notes it here.
    fn note_order(&self, _deliveries: &[PulledMessage]) {}
}

/// The input of a stage.
#[derive(Debug, Clone)]
pub struct Input {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    /// The message that its header [`REFERENCE`](crate::REFERENCE) names.
    pub referred: Option<Stored>,
}

/// A message that a stage publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emit {
    /// Published unless its id is stored already.
    Message(Outgoing),
    /// Published unless its subject has a message already.
    FirstOnSubject(Outgoing),
}

/// Why a stage did not handle a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageError {
    /// A passing problem: try again, not before `after`.
    Retry {
        /// How long to wait at least.
        after: Duration,
        /// For people.
        why: String,
    },
    /// An invalid message: put it into the dead letters.
    Reject {
        /// For people.
        why: String,
    },
}

impl StageError {
    /// An error that rejects the message.
    pub fn reject(why: impl Into<String>) -> Self {
        Self::Reject { why: why.into() }
    }
}
