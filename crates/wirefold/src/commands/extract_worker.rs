//! The child process in which pages of strangers are taken apart.

use crate::exit::Exit;

/// Serves a parent over standard input and output until that closes.
pub(crate) fn run() -> anyhow::Result<Exit> {
    wirefold_fetcher::extract::serve(std::io::stdin().lock(), std::io::stdout().lock())?;
    Ok(Exit::Ok)
}
