//! The suite over a real file, processes that are killed, and files that cannot be had.

mod child;
mod conformance;
mod copying;
mod damage;
mod kill;
mod offline;
mod opening;
mod pipeline;
