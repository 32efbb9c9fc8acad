//! The bus interface of wirefold, and the loops of stages and writers over it.
//!
//! Each message is decided on once. The crate does not know articles or the contents of bodies. Time is an
//! argument.
//!
//! - [`Bus`]: the interface. Durable streams, ordered reading, chained publishing, keys.
//! - [`run_writer`]: the loop of a stage that reads in order, decides with a [`StateMachine`], and appends.
//! - [`Lease`]: decides which of several processes runs a writer. The others stand by.
//! - [`store`]: the rules of a bus inside one process, over plain tables. [`LocalBus`] implements
//!   the interface over them.
//! - `sim` (feature): the simulated bus. `conformance` (feature): the suite that every bus passes.
//! - [`Backoff`]: how long to wait before the next try of something that failed.
//!
//! `design.md`, in the folder above this file, lists each promise and its test.

use std::future::Future;
use std::pin::Pin;

mod backoff;
mod bus;
mod clock;
mod config;
mod dead;
mod error;
#[cfg(any(test, feature = "sim"))]
mod invariants;
mod lease;
mod local;
mod loops;
mod message;
mod metric;
mod objects;
mod panic;
mod position;
pub mod store;
mod subject;
mod writer;

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use bus::{Bus, Entry, KeyValue, OrderedReader};
pub use clock::{Clock, SystemClock, UnixMillis};
pub use config::{StreamConfig, StreamState};
pub use dead::{Cause, DeadLetter, DeadLetters, LetterContent, Reason};
pub use error::{Answer, BusError};
#[cfg(any(test, feature = "sim"))]
pub use invariants::{conservation, same_decisions, unbroken_chain};
pub use lease::{Leadership, Lease, LeaseConfig};
pub use local::LocalBus;
pub use loops::{
    Event, FailPoints, LoopError, NoFailPoints, NoObserver, Observer, Point, StageContext,
};
pub use message::{Headers, Outgoing, Published, Stored, parse_reference};
pub use metric::{Metric, MetricKind};
pub use objects::{ObjectReader, ObjectStores, ObjectWriter, Objects, read_object, write_object};
pub use panic::panic_message;
pub use position::{Position, RolledBack, first_after, rolled_back};
pub use subject::{check_filter, check_name, check_subject, matches};
pub use writer::{
    CommittedDecision, EPOCH, INPUT, INPUTS, Record, Source, StateMachine, WriterConfig, run_writer,
};

/// A boxed future. Boxes in the interface keep builds short.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
