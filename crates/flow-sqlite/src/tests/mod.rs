//! The suite over a real file, killed processes, and files that cannot be opened.

mod child;
mod conformance;
mod copying;
mod damage;
mod kill;
mod offline;
mod opening;
mod pipeline;
