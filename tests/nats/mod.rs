//! `wirefold up --nats`: the same pipeline with a process for each stage, over a real nats-server.

#[path = "../../crates/flow-nats/tests/server/find.rs"]
mod find;

mod added_delivery;
mod chaos;
mod citizens;
mod dead;
mod forgotten;
mod forms;
mod kills;
mod over;
mod readers;
mod reread;
mod rolled_back;
mod seeds;
pub(super) mod setup;
mod sharing;
mod standby;
mod subjects;
