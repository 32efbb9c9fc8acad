//! `wirefold up --nats`: the same pipeline as a process for each stage, over a real nats-server.

#[path = "../../crates/flow-nats/tests/server/find.rs"]
mod find;

mod citizens;
mod dead;
mod kills;
mod over;
mod seeds;
mod setup;
mod sharing;
