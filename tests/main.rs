//! The one integration test binary: one link, one place to look.
//!
//! Each module is a subject. To run one, name it: `cargo test -p wirefold --test it tidy::`.

mod acceptance;
mod cli;
mod deploy;
mod pipeline;
mod program;
mod readme;
mod seeds;
mod tidy;
