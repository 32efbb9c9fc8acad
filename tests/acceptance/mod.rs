//! The promises of the product, checked on articles in every order of arrival if they are few, and in many
//! orders if they are many.
//!
//! The fixtures of `seeds/` are in every clone. Acceptance data in `../shared` belong to others; if they are
//! absent, the tests that need them print `SKIPPED` and pass.

mod central;
mod hostile;
mod orders;
mod repeat;
mod same_text;
mod seeds;
mod shared_seeds;
mod stream;
mod synthetic_wire;
mod twins;
mod verdicts;

use std::fmt::Arguments;
use std::io::Write;
use std::path::PathBuf;

/// Prints a line past the test harness, which would capture it.
fn say(line: Arguments<'_>) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}

/// A file or folder of `../shared`. If it is absent, prints that the test is skipped and returns `None`.
/// Cargo runs tests in the folder of their package.
fn shared(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from("../../../shared");
    if !shared.is_dir() {
        say(format_args!("SKIPPED: ../shared/{path} is absent"));
        return None;
    }
    Some(shared.join(path))
}
