//! Extracts pages in a child process, within bounds.

use std::time::Duration;

use anyhow::Context as _;
use wirefold_fetcher::extract::Settings;

/// The limits of one page. The largest pages of the test suites take a quarter of them. The time is that of
/// the processor, of which a busy machine gives a child little. The limit on elapsed time only stops a child
/// that does nothing.
const MEMORY: u64 = 768 << 20;
const CPU: Duration = Duration::from_secs(2);
const WALL: Duration = Duration::from_secs(30);

/// The settings of the extractor. The child is this program, which can be killed.
pub(crate) fn settings(workers: usize) -> anyhow::Result<Settings> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let args = vec!["extract-worker".to_owned()];
    Ok(Settings { program, args, workers, memory: MEMORY, cpu: CPU, wall: WALL })
}
