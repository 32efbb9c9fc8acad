//! The rules of a bus that lives inside one process, written once over plain tables.
//!
//! [`Engine`] holds the rules: sequences, ids, bounds, deadlines, dead letters. [`Tables`] is what
//! it needs of a store and nothing more. [`Runner`] carries out one [`Job`] after the other, each
//! whole or not at all, and answers once it is durable. [`LocalBus`](crate::LocalBus) makes the
//! seam of them. A bus with a server of its own has its own rules and needs none of this.

mod consumers;
mod engine;
mod ids;
mod job;
mod keys;
mod publish;
mod signals;
mod tables;

pub(crate) use consumers::DeliveredMessage;
pub use engine::{Engine, Step};
pub use job::{Job, Runner, ask, call};
pub use publish::Expect;
pub use tables::{KnownId, Pending, Reader, StreamRow, Tables};
