//! The fixture articles in `seeds/` are what its README says they are.
//!
//! Three files tell the same thing in different forms: the articles as a stream, what a fair
//! reader would say of them, and the feeds that carry them. Whoever changes one hears from here
//! where the others now differ.

use std::fs;
use std::path::PathBuf;

mod archetypes;
pub(crate) mod articles;
mod events;
pub(crate) mod expected;
mod feeds;
mod scripts;

/// A file or folder of `seeds/`. Cargo runs tests in the folder of their package.
pub(crate) fn seeds(path: &str) -> PathBuf {
    PathBuf::from("../../seeds").join(path)
}

#[track_caller]
fn text_of(path: &str) -> String {
    fs::read_to_string(seeds(path)).unwrap_or_else(|error| panic!("seeds/{path}: {error}"))
}

/// Words as white space parts them, in order: what two forms of one text have in common.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
