//! What the product promises, on the articles it is promised for: in every order of arrival where
//! they are few, in many where they are many.
//!
//! The fixtures of `seeds/` are in every clone. Acceptance data in `../shared` belong to others;
//! where they are absent, the tests that need them say `SKIPPED` and pass.

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

use std::fmt::Arguments;
use std::io::Write;
use std::path::PathBuf;

/// Says something past the test harness, which would swallow it.
fn say(line: Arguments<'_>) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}

/// A file or folder of `../shared`, or `None` where that is absent: then the test cannot look, and
/// says so. Cargo runs tests in the folder of their package.
fn shared(path: &str) -> Option<PathBuf> {
    let shared = PathBuf::from("../../../shared");
    if !shared.is_dir() {
        say(format_args!("SKIPPED: ../shared/{path} is absent"));
        return None;
    }
    Some(shared.join(path))
}
