//! Who may depend on whom, held over `cargo metadata`.
//!
//! The bans are those of deny.toml, so that they hold where cargo-deny is not installed. The rest
//! is here: what the pure crates may build on, which crates of ours may know which, and what services
//! must reach.

use super::{Finding, assert_none, line_where, places_of, real_tree, tree};

mod bans;
mod card;
mod graph;
mod pure;
mod walls;
