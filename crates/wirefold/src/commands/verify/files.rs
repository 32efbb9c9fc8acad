//! Verifies the files beside the streams.

use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wirefold_flow::{Entry, Position, is_writers_note};
use wirefold_gateway::{faults_of_projection, tokens::TokenFile};
use wirefold_proto::streams::SNAPSHOTS;

use super::super::backup_manifest::{self, Manifest};
use crate::finding::Finding;
use crate::output::count;

/// The number of hexadecimal digits of a SHA-256.
const HASH: usize = 64;

/// The check of a backup's own manifest. `None` if the folder is not a backup.
pub(super) fn manifest(folder: &Path) -> Option<Finding> {
    let checked = match Manifest::read(folder) {
        Ok(None) => return None,
        Ok(Some(manifest)) => manifest.check(folder),
        Err(error) => Err(error),
    };
    Some(match checked {
        Ok(()) => Finding::good(format!(
            "{}: every file is unchanged since the copy",
            backup_manifest::FILE
        )),
        Err(error) => Finding::bad(format!("{error:#}")),
    })
}

/// The checks of all other files of wirefold in a data folder.
pub(super) fn beside(folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(faults) = faults_of_projection(folder) {
        findings.push(projection(&faults));
    }
    findings.extend(segments(&folder.join(SNAPSHOTS.name)));
    // Only whether the tokens can be read, not whether they are still valid.
    if let Err(error) = TokenFile::new(folder).list(Timestamp::UNIX_EPOCH) {
        findings.push(Finding::bad(error.to_string()));
    }
    findings
}

fn projection(faults: &[String]) -> Finding {
    match faults.first() {
        None => Finding::good("gateway.db: sound"),
        Some(first) => Finding::bad(format!(
            "gateway.db is damaged ({first}): remove it, and the next start makes it again"
        )),
    }
}

/// Checks the segments of the detector's snapshots, whose names are their SHA-256.
fn segments(folder: &Path) -> Vec<Finding> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let (mut findings, mut sound) = (Vec::new(), 0);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(hash) = name.strip_prefix("segment-").filter(|hash| hash.len() == HASH) else {
            continue;
        };
        let why = match std::fs::read(entry.path()) {
            Ok(bytes) if hex_of(&Sha256::digest(&bytes)) == hash => {
                sound += 1;
                continue;
            }
            Ok(_) => "differs from what was written".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        findings.push(Finding::bad(format!(
            "{}/{name} {why}: remove that folder, and the next start learns everything again",
            SNAPSHOTS.name
        )));
    }
    if findings.is_empty() && sound > 0 {
        let sound = count(sound, "part", "parts");
        findings.push(Finding::good(format!("snapshots: {sound} read and sound")));
    }
    findings
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reports an entry of a table that is neither JSON nor a note of a stage.
pub(super) fn of_entry(table: &str, entry: &Entry) -> Option<Finding> {
    let value = entry.value.as_ref()?;
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(value);
    let text = std::str::from_utf8(value).unwrap_or_default();
    let is_known = is_note(text) || is_writers_note(value) || is_position(text) || is_gone(text);
    let error = read.err().filter(|_| !is_known)?;
    Some(Finding::bad(format!("the entry {} of {table} cannot be read: {error}", entry.key)))
}

/// Whether it is two numbers with their additions: the revision that a target has received, and the number of
/// attempts. A mark of the writer may follow the first number.
fn is_note(text: &str) -> bool {
    let mut parts = text.splitn(3, ' ');
    let first = parts.next().unwrap_or_default();
    let (number, mark) = first.split_once('@').unwrap_or((first, "0"));
    [Some(number), Some(mark), parts.next()].into_iter().all(|part| part.is_some_and(is_number))
}

/// Whether it is the position up to which the alerter has read commands.
fn is_position(text: &str) -> bool {
    Position::parse(text).is_some()
}

/// Whether it is the mark of a target that is gone: a hash of its address, the time and the reason.
fn is_gone(text: &str) -> bool {
    let is_hash = |it: &str| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut parts = text.splitn(3, ' ');
    parts.next().is_some_and(is_hash)
        && parts.next().is_some_and(is_number)
        && parts.next().is_some()
}

fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_stages_are_valid_and_others_are_not() {
        let is_sound = |value: &'static str| {
            let key = "desk.all=3Ae-1".to_owned();
            let entry = Entry { key, revision: 1, value: Some(value.into()) };
            of_entry("wf_deliveries", &entry).is_none()
        };
        let sound = ["{}", "12", "2 1", "2 1 $event:of two words", "0 3 a-7", "1@1700 0 a-7"];
        assert!(sound.into_iter().all(is_sound));
        let of_writers =
            ["1@4 ", "1@4 WF_FETCHED/7/1700/a-7", "2 A/7/1/a-7 B/9/2/b-9\n3 A/8/1/a-8"];
        assert!(of_writers.into_iter().all(is_sound));
        let of_alerter =
            ["41/1795672068233/1795672068233-feed.poll-9fd4", "f952d48aec7d2f84 1700 410: gone"];
        assert!(of_alerter.into_iter().all(is_sound));
        let damaged = [
            "{",
            "41/x/id",
            "f952d48aec7d2f84 x gone",
            "2 x",
            "x 1",
            "2 1}",
            "2 A/x",
            "1@x ",
            "2 A/7/1/a-7\nx A/8/1/a-8",
        ];
        assert!(!damaged.into_iter().any(is_sound));
    }
}
