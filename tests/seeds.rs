//! The fixture articles in `seeds/` are as its README describes them.
//!
//! Three files contain the same in different forms: the articles as a stream, the labels of a fair reader,
//! and the feeds with the articles. If one changes, these tests show where the others differ.

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

/// Words between white space, in order, which two forms of one text have in common.
fn split_words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
