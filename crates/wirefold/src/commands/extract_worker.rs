//! The child process that reads web pages.

use crate::exit::Exit;

/// Serves a parent over standard input and output until they close.
pub(crate) fn run() -> anyhow::Result<Exit> {
    wirefold_fetcher::extract::serve(std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(Exit::Ok)
}
