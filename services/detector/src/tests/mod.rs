//! The detector on a bus: fixtures, restarts, rivals.

mod orders;
mod restarts;
mod seeds;
mod stand;
