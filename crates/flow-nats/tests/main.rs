//! The suite and further tests over a real nats-server, which is a child of each test.

#![expect(clippy::unwrap_used, reason = "a test, and what it stands on")]

mod chain;
mod cluster;
mod conformance;
mod follow;
mod half_open;
mod outages;
mod permissions;
mod pruner;
mod replicated;
mod rewrite;
mod rights;
mod roles;
mod rolled_back;
mod send;
mod server;
mod service;
mod signed;
mod streams;
mod waiting;
