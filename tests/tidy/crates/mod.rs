//! Who may depend on whom, held over `cargo metadata`.
//!
//! The bans are those of deny.toml, so that they hold where cargo-deny is not installed. The rest
//! is here: what the pure crates may build on, and which crates of ours may know which.

use super::{Finding, assert_none, line_where, places_of, real_tree, tree};

mod bans;
mod graph;
mod pure;
mod walls;
