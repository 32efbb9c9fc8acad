//! Metrics of this process from the operating system.

use super::metrics;

/// Reads the figures of this process from the system. If a figure is not available, its metric is absent.
pub(super) fn measure() {
    let field = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse::<u32>().map(f64::from).ok()
    };
    if let Some(kibibytes) = field("/proc/self/status", "VmRSS") {
        metrics::MEMORY.set(kibibytes * 1024.0, &[]);
    }
    if let Some(bytes) = written() {
        metrics::WRITTEN.set_total(bytes, &[]);
    }
}

/// The bytes that the process wrote to disks.
fn written() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/io").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?;
    line.trim().parse().ok()
}
