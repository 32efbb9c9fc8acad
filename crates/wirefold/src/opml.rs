//! Reads lists of feeds from files.

use std::io::ErrorKind;
use std::path::Path;

use wirefold_fetcher::opml::{MOST_BYTES, Opml, read};

use crate::exit::{Exit, Stop};
use crate::input;

/// Reads a list from a file; `-` is standard input.
///
/// # Errors
/// Exit code 3 if there is no such file, 1 if it cannot be read, 2 if it is not OPML.
pub(crate) fn read_file(path: &Path) -> Result<Opml, Stop> {
    let stop = |exit, why: String| Stop::new(exit, format!("{}: {why}", path.display()));
    let bytes = input::bytes(path, MOST_BYTES + 1).map_err(|error| {
        let is_missing = error.kind() == ErrorKind::NotFound;
        stop(if is_missing { Exit::NotFound } else { Exit::Failure }, error.to_string())
    })?;
    read(&bytes).map_err(|error| stop(Exit::Usage, error.to_string()))
}
