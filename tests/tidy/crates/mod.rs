//! Checks the dependencies between crates with `cargo metadata`.
//!
//! The bans are those of deny.toml, so that they are checked even without cargo-deny. The other rules are
//! here: the dependencies of the pure crates, the dependencies between the crates of the workspace, and the
//! libraries that services must use.

use super::{Finding, assert_none, line_where, places_of, real_tree, tree};

mod bans;
mod card;
mod drawing;
mod graph;
mod layers;
mod pure;
mod walls;
