//! Lets a process run out of memory.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

/// Limits the memory of a process to its current size. An allocation then ends it.
pub(super) fn starve(process: Pid) -> anyhow::Result<()> {
    let path = format!("/proc/{}/statm", process.as_raw_nonzero());
    let pages: u64 = fs::read_to_string(path)?.split(' ').next().context("statm")?.parse()?;
    let most = pages * 4096;
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    prlimit(Some(process), Resource::As, limit)?;
    std::thread::park_timeout(Duration::from_secs(3));
    // A process that needs no more memory is killed, as the system would do.
    let _ = kill_process(process, Signal::KILL);
    Ok(())
}
