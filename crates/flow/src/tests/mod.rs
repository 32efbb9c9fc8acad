//! The suite over the simulated bus, the loops by themselves, and both under faults.

mod conformance;
pub(crate) mod pipeline;
mod poison;
mod simulation;
mod stage;
mod standby;
mod writer;
