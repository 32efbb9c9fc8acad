//! Reads lists of feeds from files.

use std::path::Path;

use thiserror::Error;
use wirefold_fetcher::opml::{MOST_BYTES, Opml, OpmlError, read};

use crate::input;

/// Why a file has no list of feeds.
#[derive(Debug, Error)]
pub(crate) enum ListError {
    /// It cannot be read.
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    /// It is not OPML.
    #[error(transparent)]
    NoList(#[from] OpmlError),
}

/// Reads a list from a file; `-` is standard input.
pub(crate) fn read_file(path: &Path) -> Result<Opml, ListError> {
    Ok(read(&input::bytes(path, MOST_BYTES + 1)?)?)
}
