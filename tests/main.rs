//! The one integration test binary.
//!
//! Each module is a subject. To run one, name it: `cargo test -p wirefold --test it tidy::`.

mod acceptance;
mod cli;
mod deploy;
mod pipeline;
#[path = "../crates/flow-nats/tests/server/port.rs"]
mod port;
mod program;
mod readme;
mod seeds;
mod tidy;
