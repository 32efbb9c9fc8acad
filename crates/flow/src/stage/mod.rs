//! Stages: what handles one message after the other and never sees the bus.
//!
//! Comes in: a message with the one that it names. Goes out: messages to publish, a wish to try again, or a rejection.
//! It never publishes or settles: the loop does.

mod gate;
mod output_ids;
mod panics;
mod referred;
mod run;
mod tries;
mod work;

use std::time::Duration;

use crate::BoxFuture;
use crate::bus::Delivery;
use crate::message::{Outgoing, Stored};

pub(crate) use panics::message;
pub use run::{handle_once, run_stage};
pub(crate) use tries::{MOST_STRIKES, ended_the_process};

/// One step of the pipeline. The loop takes, publishes and settles; a stage answers.
pub trait Stage: Send + Sync {
    /// Handles one message. What it returns is published before the message is acked; it may be
    /// handled again after a crash, so the same input must give messages with the same ids.
    ///
    /// The loop keeps the delivery alive meanwhile. A panic rejects the message.
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>>;

    /// The stream that takes what it gives. A message that comes again after long is looked for there:
    /// by then the stream has forgotten which ids it has.
    fn output(&self) -> Option<&str> {
        None
    }

    /// Is told what was taken together before any of it is handled: the loop starts that side by
    /// side, and a stage that needs an order among them notes it here.
    fn line_up(&self, _taken: &[Delivery]) {}
}

/// What a stage is given.
#[derive(Debug, Clone)]
pub struct Input {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    /// The message that its header [`REFERENCE`](crate::REFERENCE) names.
    pub referred: Option<Stored>,
}

/// What a stage sends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emit {
    /// Published by its id.
    Message(Outgoing),
    /// Published if its subject has no message yet; else it stands already, and that is well.
    FirstOnSubject(Outgoing),
}

/// Why a stage did not handle a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageError {
    /// The world's fault: try again, not before `after`.
    Retry {
        /// How long to wait at least.
        after: Duration,
        /// For people.
        why: String,
    },
    /// The message's fault: to the dead letters.
    Reject {
        /// For people.
        why: String,
    },
}

impl StageError {
    /// The message's fault.
    pub fn reject(why: impl Into<String>) -> Self {
        Self::Reject { why: why.into() }
    }
}
