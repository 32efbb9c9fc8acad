//! The detector on a bus: fixtures, restarts, rivals.

mod ahead;
mod clocks;
mod leads;
mod orders;
mod own_thread;
mod pauses;
mod people;
mod regrouping;
mod restarts;
mod seeds;
mod segments;
mod snapshots;
mod stand;
mod strangers;
