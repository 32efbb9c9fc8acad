//! Reads lists of feeds from files.

use std::io::Read as _;
use std::path::Path;

use thiserror::Error;
use wirefold_fetcher::opml::{MOST_BYTES, Opml, OpmlError, read};

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
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    }
    Ok(read(&bytes)?)
}
