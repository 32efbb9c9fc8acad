//! `wirefold storage`: how much each part takes, and when it will be full.

use std::fs;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use wirefold_flow::StreamConfig;
use wirefold_gateway::shapes::{StorageReport, StreamUse};

use super::print_line;
use crate::client::{ClientOptions, block_on};
use crate::columns::{Cell, Columns};
use crate::config::Overrides;
use crate::disk::space;
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::describe;
use crate::output;

/// Growth is not computed from a shorter time, because the first hour of a feed is its archive.
const MIN_SPAN: Duration = Duration::from_hours(1);

/// Arguments of `storage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold storage
  wirefold storage --json")]
pub(crate) struct StorageArguments {
    #[command(flatten)]
    asking: ClientOptions,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Report {
    streams: Vec<StreamRow>,
    files: Vec<FileRow>,
    /// The free bytes on the disk of the data folder.
    free: Option<u64>,
}

#[derive(Serialize)]
struct StreamRow {
    #[serde(flatten)]
    found: StreamUse,
    max_bytes: u64,
    max_age_seconds: u64,
    /// The bytes that arrive in a day, if known.
    bytes_a_day: Option<u64>,
    /// The seconds until its size limits it, if that is before its age does.
    full_in_seconds: Option<u64>,
}

#[derive(Serialize)]
struct FileRow {
    name: String,
    bytes: u64,
}

/// Runs `storage`.
pub(crate) fn run(arguments: &StorageArguments, global: &Global) -> anyhow::Result<Exit> {
    let place = &arguments.asking.instance;
    let config = crate::config::load_here(place, Overrides::default())?.config;
    let folder = place.folder()?;
    let answer: StorageReport = block_on(async {
        let client = arguments.asking.client().await?;
        client.get("/api/v1/storage").await.map_err(anyhow::Error::from)
    })?;
    let configs = wirefold_envelope::stream_configs(&config.limits());
    let rows = answer.streams.into_iter().filter_map(|found| {
        let limits = configs.iter().find(|stream| stream.name == found.name)?;
        Some(StreamRow::of(found, limits, answer.at))
    });
    let report = Report {
        streams: rows.collect(),
        files: files_of(&folder),
        free: space(&folder).map(|space| space.free),
    };
    if arguments.asking.json {
        print_line("wirefold.cli.storage/1", &report)?;
        return Ok(Exit::Ok);
    }
    output::print_styled(&table(&report, answer.at).render())?;
    output::print_styled(&table_of_files(&report).render())?;
    print_disk(&report, &folder, global);
    Ok(Exit::Ok)
}

impl StreamRow {
    fn of(found: StreamUse, config: &StreamConfig, now: Timestamp) -> Self {
        let bytes_a_day = bytes_a_day(&found, now);
        let full_in_seconds = bytes_a_day.filter(|rate| *rate > 0).and_then(|rate| {
            let left = config.max_bytes.saturating_sub(found.bytes);
            let seconds = left.saturating_mul(86_400) / rate;
            // By then the oldest message would have been deleted by age.
            let held = rate.saturating_mul(config.max_age.as_secs()) / 86_400;
            (held > config.max_bytes).then_some(seconds)
        });
        let (max_bytes, max_age_seconds) = (config.max_bytes, config.max_age.as_secs());
        Self { found, max_bytes, max_age_seconds, bytes_a_day, full_in_seconds }
    }
}

fn bytes_a_day(found: &StreamUse, now: Timestamp) -> Option<u64> {
    let span = now.duration_since(found.oldest?).unsigned_abs();
    (span >= MIN_SPAN).then(|| found.bytes.saturating_mul(86_400) / span.as_secs())
}

fn table(report: &Report, now: Timestamp) -> Columns {
    let mut table =
        Columns::new(&["stream", "messages", "bytes", "of", "oldest", "a day", "full in"]);
    for row in &report.streams {
        let age = row.found.oldest.map(|oldest| now.duration_since(oldest));
        let age = age.map_or_else(String::new, |age| describe(age.unsigned_abs().as_secs()));
        let full = row.full_in_seconds.map_or_else(
            || format!("never: kept {}", describe(row.max_age_seconds)),
            |seconds| if seconds == 0 { "full".to_owned() } else { describe(seconds) },
        );
        table.push(vec![
            Cell::new(&row.found.name),
            Cell::new(row.found.messages.to_string()),
            Cell::new(in_bytes(row.found.bytes)),
            Cell::faint(in_bytes(row.max_bytes)),
            Cell::new(age),
            Cell::new(row.bytes_a_day.map_or_else(String::new, in_bytes)),
            Cell::faint(full),
        ]);
    }
    table
}

fn table_of_files(report: &Report) -> Columns {
    let mut table = Columns::new(&["in the data folder", "bytes"]);
    for row in &report.files {
        table.push(vec![Cell::new(&row.name), Cell::new(in_bytes(row.bytes))]);
    }
    table
}

/// Prints the free space, and when it will be used up.
fn print_disk(report: &Report, folder: &Path, global: &Global) {
    let Some(free) = report.free else { return };
    // The most that the streams can still grow. Their size is limited.
    let growth: u64 =
        report.streams.iter().map(|it| it.max_bytes.saturating_sub(it.found.bytes)).sum();
    let enough = match growth <= free {
        true => "enough for all streams at their largest".to_owned(),
        false => format!(
            "not enough for all streams at their largest, {} more: lower `retention.max_bytes`, or make room",
            in_bytes(growth)
        ),
    };
    global.note(format_args!("{} free for {}: {enough}", in_bytes(free), folder.display()));
}

/// The files and folders of the data folder, the largest first.
fn files_of(folder: &Path) -> Vec<FileRow> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut rows: Vec<FileRow> = entries
        .map(|entry| FileRow {
            name: entry.file_name().to_string_lossy().into_owned(),
            bytes: bytes_below(&entry.path()),
        })
        .filter(|row| row.bytes > 0)
        .collect();
    rows.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.name.cmp(&other.name)));
    rows
}

/// The bytes of a file, or of all files below a folder. Links are not followed.
fn bytes_below(path: &Path) -> u64 {
    let Ok(found) = fs::symlink_metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| bytes_below(&entry.path())).sum()
}

/// Bytes as people read them: three digits and a unit.
fn in_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let steps = (bytes.max(1).ilog2() / 10).min(4);
    if steps == 0 {
        return format!("{bytes} B");
    }
    // Rounded down to one decimal.
    let tenths = u128::from(bytes) * 10 / (1_u128 << (10 * steps));
    match tenths {
        0..100 => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[steps as usize]),
        _ => format!("{} {}", tenths / 10, UNITS[steps as usize]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_well() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 * 1024 * 1024 + 1, "10 MiB"),
            (u64::MAX, "16777215 TiB"),
        ];
        for (bytes, words) in cases {
            assert_eq!(in_bytes(bytes), words);
        }
    }

    #[test]
    fn a_stream_is_full_by_size_or_never() {
        let now: Timestamp = "2026-03-03T12:00:00Z".parse().unwrap();
        let used = |bytes: u64, oldest: &str| StreamUse {
            name: "WF_OUTPUT".to_owned(),
            messages: 1,
            bytes,
            oldest: Some(oldest.parse().unwrap()),
            newest: Some(now),
        };
        let config = StreamConfig {
            max_bytes: 1_000,
            max_age: Duration::from_hours(240),
            ..StreamConfig::new("WF_OUTPUT", &["x"])
        };
        // 200 messages a day for two days: 1,000 are reached after three more, before the first is ten days
        // old.
        let row = StreamRow::of(used(400, "2026-03-01T12:00:00Z"), &config, now);
        assert_eq!((row.bytes_a_day, row.full_in_seconds), (Some(200), Some(3 * 86_400)));
        // 50 a day: the oldest is deleted after ten days, at 500.
        let slow = StreamRow::of(used(100, "2026-03-01T12:00:00Z"), &config, now);
        assert_eq!((slow.bytes_a_day, slow.full_in_seconds), (Some(50), None));
        let young = StreamRow::of(used(900, "2026-03-03T11:59:00Z"), &config, now);
        assert_eq!((young.bytes_a_day, young.full_in_seconds), (None, None));
    }
}
