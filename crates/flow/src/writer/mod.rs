//! The single writer: it reads its inputs in order and writes at most one decision for each.
//!
//! An input that cannot be decided on becomes a dead letter. Each decision has the offsets of the inputs in
//! its headers, so output and offsets cannot differ. To take over, a writer writes an epoch record, which
//! fences the previous writer. Then it continues from the offsets of the last decision.

mod batch_writer;
mod inputs;
mod run;
mod suspects;

use std::future::ready;

use crate::BoxFuture;
use crate::clock::UnixMillis;
use crate::dead::{DeadLetters, Reason};
use crate::error::Answer;
use crate::message::{Headers, Stored};

pub use run::run_writer;

/// The header with the epoch in which a record was written.
pub const EPOCH: &str = "Wf-Epoch";
/// The header of a decision that names its input, as `stream/sequence`.
pub const INPUT: &str = "Wf-Input";
/// The header of a decision that names the last message read of each input:
/// `stream/sequence/milliseconds/id` for each, separated by spaces. An input that went back in time is
/// recognised by it.
pub const INPUTS: &str = "Wf-Inputs";

/// The header of an epoch record that says how many processes have started since the last decision, and which inputs
/// were tried alone: `strikes:stream/sequence/milliseconds/id` for each, separated by spaces.
const TRIES: &str = "Wf-Tries";

/// The epoch in which a record was written; 0 if it does not say so.
fn epoch_of(record: &Stored) -> u64 {
    record.headers.get(EPOCH).and_then(|epoch| epoch.parse().ok()).unwrap_or(0)
}

/// Makes decisions. The same inputs in the same order must give the same decisions.
pub trait StateMachine: Send {
    /// Whether decisions depend on earlier ones. Otherwise none is replayed.
    fn has_state(&self) -> bool {
        true
    }

    /// Loads what is stored outside the stream, such as a snapshot for the restart that follows, or a model. A kill
    /// meanwhile counts against no input.
    fn recall(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    /// Resets the state to the loaded one. Returns the sequence of the last decision in it; 0 if it has
    /// none.
    fn restart(&mut self) -> u64;

    /// Applies a stored decision to the state, with its input if that is still stored.
    fn replay(&mut self, decision: &Stored, input: Option<&Stored>);

    /// The record of a take-over.
    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record;

    /// Prepares inputs that will be decided on or replayed next, in this order: does on all cores what does not
    /// depend on other inputs. This must not change the state.
    ///
    /// # Errors
    /// An error of the bus, with which the term ends.
    fn prepare<'a>(&'a mut self, _inputs: &'a [Stored]) -> Answer<'a, ()> {
        Box::pin(ready(Ok(())))
    }

    /// Decides on one input and applies the decision to the state. Returns `None` if there is nothing to
    /// decide, as for a duplicate: nothing is written, and the next decision moves the offsets on.
    ///
    /// # Errors
    /// The reason for which the input goes to the dead letters. A panic is a reason too, and the state
    /// is then built again.
    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason>;

    /// Whether the state should be saved outside the stream. The writer asks between batches, and then
    /// waits until every decision is stored.
    fn needs_save(&self) -> bool {
        false
    }

    /// Saves the state outside the stream for the next restart. Every decision is stored, and `last` is the
    /// last one. Slow work continues in the background.
    fn save(&mut self, _last: &CommittedDecision) {}

    /// Saves the state when the writer stops, and returns once it is saved.
    fn save_final(&mut self, _last: CommittedDecision) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// A decision that is stored in the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedDecision {
    /// Its sequence in the output.
    pub sequence: u64,
    /// Its id.
    pub id: String,
}

/// The content of a record. The loop adds the id and the headers of this module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// Its subject.
    pub subject: String,
    /// Headers.
    pub headers: Headers,
    /// The body.
    pub body: bytes::Bytes,
}

/// A stream that a writer reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The stream.
    pub stream: String,
    /// The filter of the subjects to read.
    pub filter: String,
    /// The part before the sequence in the ids of decisions, `<epoch>-<mark><sequence>`. It makes the
    /// ids for two streams differ. It is empty for one of them.
    pub mark: String,
}

/// The inputs and outputs of a writer.
#[derive(Debug, Clone)]
pub struct WriterConfig {
    /// Its name, also as a named reader of its inputs.
    pub name: String,
    /// Its inputs.
    pub sources: Vec<Source>,
    /// The stream that it alone writes.
    pub output: String,
    /// The filter of the subjects of its decisions. It does not match `epochs`.
    pub decisions: String,
    /// The subject of its epoch records; in the same stream.
    pub epochs: String,
    /// The subject for inputs that cannot be decided on.
    pub dead: DeadLetters,
}
