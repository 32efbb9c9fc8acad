//! The suite over the simulated bus, the loops alone, and both under faults.

mod conformance;
mod model;
pub(crate) mod pipeline;
mod poison;
mod simulation;
mod standby;
mod writer;
