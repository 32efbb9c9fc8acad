//! The single writer: it reads its inputs in order and writes at most one decision for each, never two.
//!
//! Comes in: the messages of its inputs. Goes out: decisions, and dead letters for inputs that cannot be decided on. It
//! never knows what a decision says.
//!
//! The place in the inputs stands in the output itself, so there is nothing to keep in step. Taking
//! over writes an epoch record, which fences whoever wrote before; then the last decision says from
//! where to go on.

mod flight;
mod inputs;
mod run;
mod suspects;

use std::future::ready;

use crate::BoxFuture;
use crate::clock::UnixMillis;
use crate::dead::{DeadLetters, Reason};
use crate::message::{Headers, Stored};

pub use run::{run_leased_writer, run_writer};
pub use suspects::is_writers_note;

/// The header with the epoch in which a record was written.
pub const EPOCH: &str = "Wf-Epoch";
/// The header of a decision that names its input, as `stream/sequence`.
pub const INPUT: &str = "Wf-Input";
/// The header of a decision that says how far all inputs had been read after it, as
/// `stream/sequence` for each, parted by spaces.
pub const OFFSETS: &str = "Wf-Offsets";
/// The header of a decision that names the last message read of each input, as
/// `stream/sequence/milliseconds/id` for each, parted by spaces: a store that was put back to an older
/// copy is recognised by it.
pub const INPUTS: &str = "Wf-Inputs";

/// Decides. Pure: the same inputs in the same order give the same decisions.
pub trait Decide: Send {
    /// Reads what it keeps outside the stream, such as a snapshot, for the restart that follows.
    fn recall(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }

    /// Goes back to what it recalled, and says up to which sequence of the output that knows the
    /// decisions; 0 where it knows none.
    fn restart(&mut self) -> u64;

    /// Learns a decision that stands, with its input where that is still kept.
    fn replay(&mut self, decision: &Stored, input: Option<&Stored>);

    /// The record that says that a writer has taken over.
    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record;

    /// Looks at inputs that will be decided on next, in this order: what needs no memory of others can be
    /// done on all cores. Nothing is learnt by it, and what is wrong with an input is left to its turn.
    fn look_ahead(&mut self, _inputs: &[Stored]) {}

    /// Decides on one input, which is thereby learnt. `None` where nothing is to be decided, as for
    /// an article that is known already: nothing is written, and the place moves on.
    ///
    /// # Errors
    /// The reason for which the input goes to the dead letters. A panic is one too, and has
    /// everything learnt anew.
    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason>;

    /// Whether it has learnt so much that it is to be kept outside the stream. Asked between
    /// batches; the writer then waits until everything decided stands.
    fn is_to_be_kept(&self) -> bool {
        false
    }

    /// Keeps what it knows outside the stream, for the next restart: everything decided stands, the
    /// last of it here. What takes time goes on beside.
    fn keep(&mut self, _last: &CommittedDecision) {}

    /// The same at the end, once nothing more is decided: returns when it is kept.
    fn leave(&mut self, _last: CommittedDecision) -> BoxFuture<'_, ()> {
        Box::pin(ready(()))
    }
}

/// A decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommittedDecision {
    /// Its sequence in the output.
    pub sequence: u64,
    /// Its id.
    pub id: String,
}

/// What a writer writes. Its subject, id and the headers of this module are the loop's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
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
    /// Which subjects.
    pub filter: String,
    /// Stands before the sequence in the ids of decisions, so that those on two streams differ:
    /// `<epoch>-<mark><sequence>`. Empty for one of them.
    pub mark: String,
}

/// What a writer reads and where it writes.
#[derive(Debug, Clone)]
pub struct WriterConfig {
    /// Its name, under which its place counts as a named reader of its inputs.
    pub name: String,
    /// What it reads.
    pub sources: Vec<Source>,
    /// The stream that it alone writes.
    pub output: String,
    /// The subject of its decisions.
    pub decisions: String,
    /// The subject of its epoch records; in the same stream.
    pub epochs: String,
    /// Where inputs go that cannot be decided on.
    pub dead: DeadLetters,
    /// The table in which it notes from where it goes on, and strikes what may end the process. Without one
    /// nothing is struck.
    pub notes: Option<String>,
}
