//! The rules of a bus inside one process, written once over plain tables.
//!
//! [`Engine`] has the rules: sequences, ids, bounds, marks, keys. [`Tables`] is its interface to
//! a store. [`Runner`] carries out [`Job`]s in order, each whole or not at all, and answers once it is
//! durable. [`LocalBus`](crate::LocalBus) implements the bus over them. A bus with a server follows the
//! server's rules and needs none of this.

mod engine;
mod ids;
mod keys;
mod publish;
mod tables;

pub use engine::{Engine, Job, Runner, Step, submit};
pub use publish::Expect;
pub use tables::{RecentId, StreamRow, Tables};
