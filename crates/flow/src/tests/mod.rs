//! The suite over the simulated bus, the loops alone, and both under faults.

mod conformance;
pub(crate) mod pipeline;
mod poison;
mod simulation;
mod stage;
mod standby;
mod writer;
