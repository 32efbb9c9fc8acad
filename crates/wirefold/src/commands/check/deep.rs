//! `check --deep`: reads everything that is stored, and reports what is damaged or missing, and the room that
//! each part takes. It changes nothing, and works on a backup too.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use wirefold_flow::StreamConfig;
use wirefold_flow_sqlite::{Inspection, OpenError, UNFINISHED};
use wirefold_gateway::Kept;
use wirefold_gateway::shapes::{StorageReport, StreamUse};
use wirefold_gateway::{faults_of_projection, tokens::TokenFile};
use wirefold_proto::streams::{KEPT, Role, SNAPSHOT, SNAPSHOTS};

use crate::client::{Client, must_exist};
use crate::config::{Config, Instance, Overrides, load_here};
use crate::contents::{read_all, read_folder};
use crate::disk::space;
use crate::exit::{Exit, Stop};
use crate::finding::Finding;
use crate::local_time::{describe, now};
use crate::output::count;
use crate::up::nats::{connect_within, name_default_server};

/// How long the server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Growth is not computed from a shorter time, because the first hour of a feed is its archive.
const MIN_SPAN: Duration = Duration::from_hours(1);

/// Checks a backup, or else the data of this instance.
pub(super) async fn check(
    instance: &Instance,
    backup: Option<&Path>,
) -> anyhow::Result<Vec<Finding>> {
    let mut config = load_here(instance, Overrides::default())?.config;
    if let Some(folder) = backup {
        return of_folder(folder, &config);
    }
    let folder = instance.folder()?;
    if instance.is_over_nats(&folder) {
        name_default_server(&mut config.bus);
        return of_server(&config, &folder).await;
    }
    let Some(running) = Client::running(instance).await? else {
        return of_folder(&folder, &config);
    };
    let report: StorageReport = running.get("/api/v1/storage").await?;
    let mut findings = room(&report.streams, report.at, &config, &folder);
    findings.push(Finding::look(in_use(&folder)));
    Ok(findings)
}

fn in_use(folder: &Path) -> String {
    format!(
        "{} is in use by another process, such as `up`, so its contents were not read: stop it first, or \
         check a backup, which can be made while it runs",
        folder.display()
    )
}

async fn of_server(config: &Config, folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let bus = connect_within(ANSWER_TIMEOUT, &config.bus, Role::Setup.as_str()).await?;
    let contents = read_all(&bus).await.map_err(Stop::bus)?;
    bus.close().await;
    let mut findings = contents.findings();
    findings.extend(beside(&folder.join("nats")));
    findings.extend(room(&contents.room(), now(), config, folder));
    Ok(findings)
}

/// Checks all files of a data folder or a backup.
fn of_folder(folder: &Path, config: &Config) -> anyhow::Result<Vec<Finding>> {
    let file = folder.join(wirefold_flow_sqlite::FILE);
    must_exist(folder)?;
    let mut inspection = match Inspection::open(folder) {
        Err(OpenError::InUse { .. }) => return Err(Stop::new(Exit::Failure, in_use(folder)).into()),
        Err(error @ OpenError::Damaged { .. }) => {
            return Ok(vec![Finding::bad(format!("{error}: take a backup"))]);
        }
        opened => opened?,
    };
    let faults = inspection.faults().unwrap_or_else(|error| vec![error.to_string()]);
    let fault = |fault: &String| Finding::bad(format!("{}: {fault}", file.display()));
    let mut findings: Vec<Finding> = faults.iter().map(fault).collect();
    findings.extend(match read_folder(&mut inspection) {
        Ok(read) => [read.findings(), room(&read.room(), now(), config, folder)].concat(),
        Err(error) => {
            vec![Finding::bad(format!("{} cannot be read to its end: {error}", file.display()))]
        }
    });
    findings.extend(beside(folder));
    Ok(findings)
}

/// The checks of the other files of wirefold in a data folder.
fn beside(folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(faults) = faults_of_projection(folder) {
        findings.push(match faults.first() {
            None => Finding::good("gateway.db: sound"),
            Some(first) => Finding::bad(format!(
                "gateway.db is damaged ({first}): remove it, and the next start makes it again"
            )),
        });
    }
    let advice = "remove that folder, and the next start learns everything again";
    let is_sound = wirefold_detector::is_snapshot_sound;
    findings.extend(of_store(folder, (SNAPSHOTS.name, SNAPSHOT), "snapshots", is_sound, advice));
    let is_readable = |object: &[u8]| Kept::read(object).is_some();
    let from_backup = "take that file from a backup, or remove it";
    findings.extend(of_store(folder, (KEPT.name, ""), "kept events", is_readable, from_backup));
    // Only whether the tokens can be read, not whether they are still valid.
    if let Err(error) = TokenFile::new(folder).list(Timestamp::UNIX_EPOCH) {
        findings.push(Finding::bad(error.to_string()));
    }
    findings
}

/// The checks of the objects of a store whose names begin so, by their checksums.
fn of_store(
    folder: &Path,
    (store, prefix): (&str, &str),
    what: &str,
    is_sound: fn(&[u8]) -> bool,
    advice: &str,
) -> Vec<Finding> {
    let (mut findings, mut sound) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder.join(store)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(prefix) || name.ends_with(UNFINISHED) {
            continue;
        }
        let why = match std::fs::read(entry.path()) {
            Ok(bytes) if is_sound(&bytes) => {
                sound += 1;
                continue;
            }
            Ok(_) => "differs from what was written".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        findings.push(Finding::bad(format!("{store}/{name} {why}: {advice}")));
    }
    if findings.is_empty() && sound > 0 {
        findings.push(Finding::good(format!("{what}: {sound} read and sound")));
    }
    findings
}

/// The room that streams and files take, and whether the disk has enough.
fn room(streams: &[StreamUse], now: Timestamp, config: &Config, folder: &Path) -> Vec<Finding> {
    let configs = wirefold_envelope::stream_configs(&config.limits());
    let of = |it: &StreamUse| configs.iter().find(|stream| stream.name == it.name);
    let with_limits = || streams.iter().filter_map(|it| Some((it, of(it)?)));
    let mut findings: Vec<Finding> =
        with_limits().map(|(it, limits)| Finding::good(of_stream(it, limits, now))).collect();
    let mut files: Vec<(u64, String)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| (bytes_below(&entry.path()), entry.file_name().to_string_lossy().into_owned()))
        .filter(|(bytes, _)| *bytes > 0)
        .collect();
    files.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let files: Vec<String> =
        files.iter().map(|(bytes, name)| format!("{name} {}", in_bytes(*bytes))).collect();
    if !files.is_empty() {
        findings.push(Finding::good(format!("{}: {}", folder.display(), files.join(", "))));
    }
    let Some(free) = space(folder).map(|space| space.free) else { return findings };
    // The most that the streams can still grow. Their size is limited.
    let growth: u64 =
        with_limits().map(|(it, limits)| limits.max_bytes.saturating_sub(it.bytes)).sum();
    let (free_shown, growth_shown) = (in_bytes(free), in_bytes(growth));
    findings.push(match growth <= free {
        true => Finding::good(format!("{free_shown} free: enough for all streams at their largest")),
        false => Finding::look(format!(
            "{free_shown} free: not enough for all streams at their largest, {growth_shown} more: lower \
             `retention.max_bytes`, or make room"
        )),
    });
    findings
}

/// `WF_OUTPUT: 120 messages, 1.5 MiB of 1.0 GiB, 200 KiB a day, full in 9 d`.
fn of_stream(it: &StreamUse, limits: &StreamConfig, now: Timestamp) -> String {
    let span = it.oldest.map(|oldest| now.duration_since(oldest).unsigned_abs());
    let span = span.filter(|span| *span >= MIN_SPAN);
    let rate = span.map(|span| it.bytes.saturating_mul(86_400) / span.as_secs());
    let max_age = limits.max_age.as_secs();
    // By then its age would have deleted the oldest message.
    let is_limited = |daily: &u64| daily.saturating_mul(max_age) / 86_400 > limits.max_bytes;
    let full = match rate.filter(is_limited) {
        Some(daily) => {
            let left = limits.max_bytes.saturating_sub(it.bytes);
            match left.saturating_mul(86_400) / daily.max(1) {
                0 => "full".to_owned(),
                seconds => format!("full in {}", describe(seconds)),
            }
        }
        None => format!("never full: kept {}", describe(max_age)),
    };
    let growth = rate.map_or_else(String::new, |daily| format!(", {} a day", in_bytes(daily)));
    let messages = count(it.messages, "message", "messages");
    let (bytes, most) = (in_bytes(it.bytes), in_bytes(limits.max_bytes));
    format!("{}: {messages}, {bytes} of {most}{growth}, {full}", it.name)
}

/// The bytes of a file, or of all files below a folder. Links are not followed.
fn bytes_below(path: &Path) -> u64 {
    let Ok(found) = std::fs::symlink_metadata(path) else { return 0 };
    if !found.is_dir() {
        return found.len();
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| bytes_below(&entry.path())).sum()
}

/// Bytes as people read them: three digits and a unit, rounded down.
fn in_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let steps = (bytes.max(1).ilog2() / 10).min(4);
    let tenths = u128::from(bytes) * 10 / (1_u128 << (10 * steps));
    let unit = UNITS[steps as usize];
    match tenths {
        0..100 if steps > 0 => format!("{}.{} {unit}", tenths / 10, tenths % 10),
        _ => format!("{} {unit}", tenths / 10),
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
        let config = StreamConfig {
            max_bytes: 1_000,
            max_age: Duration::from_hours(240),
            ..StreamConfig::new("WF_OUTPUT", &["x"])
        };
        let said = |bytes: u64, oldest: &str| {
            let used = StreamUse {
                name: "WF_OUTPUT".to_owned(),
                messages: 1,
                bytes,
                oldest: Some(oldest.parse().unwrap()),
                newest: Some(now),
            };
            of_stream(&used, &config, now)
        };
        // 200 bytes a day for two days: 1,000 are reached after three more, before the first is ten days old.
        let fast = said(400, "2026-03-01T12:00:00Z");
        assert_eq!(fast, "WF_OUTPUT: 1 message, 400 B of 1000 B, 200 B a day, full in 3 d");
        // 50 a day: the oldest is deleted after ten days, at 500.
        let slow = said(100, "2026-03-01T12:00:00Z");
        assert!(slow.ends_with("50 B a day, never full: kept 10 d"), "{slow}");
        let young = said(900, "2026-03-03T11:59:00Z");
        assert!(young.ends_with("900 B of 1000 B, never full: kept 10 d"), "{young}");
    }
}
