//! Puts messages of `proto` on the bus of `flow`, and reads them back.
//!
//! `proto` has no bus and `flow` has no articles. This crate has the code that needs both, once for
//! all services: streams from the tables of the contract, headers, decoding, dead letters. It does no
//! I/O of its own and reads no clock.

mod dead;
mod forgotten;
mod message;
mod streams;

pub use dead::dead_letters;
pub use forgotten::Forgotten;
pub use message::{
    CLOCK_TOLERANCE, Sender, decode, decode_output, sent, sent_at, timestamp, unix_millis,
};
pub use streams::{Limits, create_streams, stream_configs};
