//! What the operating system counts for this process.

use super::metrics;

/// Measures, where the system tells; elsewhere the gauges stay absent.
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
        metrics::WRITTEN.set(bytes, &[]);
    }
}

/// Bytes written to disks. More than a gauge can count exactly is no use to anyone.
fn written() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/io").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes:"))?;
    line.trim().parse().ok()
}
