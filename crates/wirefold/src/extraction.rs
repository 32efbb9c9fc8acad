//! Extracts pages in a child process, within bounds.

use std::time::Duration;

use anyhow::Context as _;
use wirefold_fetcher::extract::Settings;

/// What one page may take. The largest pages of the suites take a quarter of it. Work is bounded by
/// the time of the processor, which a busy machine gives it little by little: by the clock on the wall
/// only a child is stopped that does nothing.
const MEMORY: u64 = 768 << 20;
const CPU: Duration = Duration::from_secs(2);
const WALL: Duration = Duration::from_secs(30);

/// By this program, started again as a child that may be killed.
pub(crate) fn settings(workers: usize) -> anyhow::Result<Settings> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let args = vec!["extract-worker".to_owned()];
    Ok(Settings { program, args, workers, memory: MEMORY, cpu: CPU, wall: WALL })
}
