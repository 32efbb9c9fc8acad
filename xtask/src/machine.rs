//! Figures of the machine: time, load, and the resources of a process. Linux only.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::Pid;

/// A stopwatch.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    #[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
    pub(crate) fn elapsed(&self) -> Duration {
        Instant::now() - self.0
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }
}

/// The pause between two attempts of [`poll`].
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Tries again and again until there is a value. `None` if there is none for this long.
pub(crate) fn poll<T>(most: Duration, mut value: impl FnMut() -> Option<T>) -> Option<T> {
    let watch = Stopwatch::start();
    loop {
        let found = value();
        if found.is_some() || watch.elapsed() >= most {
            return found;
        }
        std::thread::park_timeout(POLL_INTERVAL);
    }
}

/// The value in a mutex, also after a panic of another thread.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stopwatch of the processor time of this thread. Other programs do not affect it.
pub(crate) struct ThreadWatch(Duration);

impl ThreadWatch {
    pub(crate) fn start() -> Self {
        Self(thread_time())
    }

    /// Microseconds of this thread since the start.
    pub(crate) fn micros(&self) -> f64 {
        thread_time().saturating_sub(self.0).as_secs_f64() * 1e6
    }

    /// The cost of a start and a reading in microseconds, which is part of each measurement.
    pub(crate) fn cost() -> f64 {
        const LOOKS: u32 = 10_000;
        let all: f64 = (0..LOOKS).map(|_| ThreadWatch::start().micros()).sum();
        all / f64::from(LOOKS)
    }
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Binds this thread, and those that it starts, to the last core.
pub(crate) fn stay_on_one_core() -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    let allowed = rustix::thread::sched_getaffinity(None)?;
    let mut cores = (0..rustix::thread::CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    set.set(cores.next_back().context("no core")?);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// The current day, as the date of figures.
#[expect(clippy::disallowed_methods, reason = "a measurement says on which day it was made")]
pub(crate) fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The load average of the last minute.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// The number of cores.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The type of the file system of a folder.
pub(crate) fn file_system(folder: &Path) -> anyhow::Result<String> {
    let folder = folder.canonicalize()?;
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = fields.filter(|(place, _)| folder.starts_with(place));
    let deepest = above.max_by_key(|(place, _)| place.len());
    Ok(deepest.context("no mount holds the folder")?.1.to_owned())
}

/// The peak resident memory of a process in bytes.
pub(crate) fn peak_memory(process: Pid) -> anyhow::Result<u64> {
    memory(process, "VmHWM:")
}

/// The resident memory of a process in bytes.
pub(crate) fn resident_memory(process: Pid) -> anyhow::Result<u64> {
    memory(process, "VmRSS:")
}

fn memory(process: Pid, field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero()))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kilobytes.with_context(|| format!("no {field}"))?.trim().parse::<u64>()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_uses_no_time() {
        let watch = ThreadWatch::start();
        std::thread::spawn(|| (0..20_000_000_u64).fold(0, |sum: u64, at| sum ^ at.rotate_left(7)))
            .join()
            .unwrap();
        let waited = watch.micros();
        let sum = (0..40_000_000_u64).map(std::hint::black_box).fold(0, |sum, at| sum ^ at);
        std::hint::black_box(sum);
        assert!(watch.micros() > 10.0 * waited, "{waited}");
        assert!(ThreadWatch::cost() > 0.0);
    }

    #[test]
    fn this_process_can_be_read() {
        assert!(peak_memory(rustix::process::getpid()).unwrap() > 1 << 20);
        assert_eq!(file_system("/proc".as_ref()).unwrap(), "proc");
    }
}
