//! Tests of the detector on a simulated bus.

mod harness;
mod leads;
mod orders;
mod overrides;
mod own_thread;
mod pauses;
mod preparing;
mod restarts;
mod seeds;
mod snapshots;
mod third_party_feeds;
