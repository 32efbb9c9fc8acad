//! The files beside the streams.

use std::path::Path;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wirefold_flow::Entry;
use wirefold_gateway::{faults_of_projection, tokens::TokenFile};
use wirefold_proto::streams::SNAPSHOTS;

use super::super::backup_manifest::{self, Manifest};
use crate::finding::Finding;
use crate::output::count;

/// Digits of a SHA-256.
const HASH: usize = 64;

/// What a backup says of its own files; nothing of a folder that is no backup.
pub(super) fn manifest(folder: &Path) -> Option<Finding> {
    let checked = match Manifest::read(folder) {
        Ok(None) => return None,
        Ok(Some(manifest)) => manifest.check(folder),
        Err(error) => Err(error),
    };
    Some(match checked {
        Ok(()) => {
            Finding::good(format!("{}: each file is as it was copied", backup_manifest::FILE))
        }
        Err(error) => Finding::bad(format!("{error:#}")),
    })
}

/// Everything else of ours in a data folder.
pub(super) fn beside(folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(faults) = faults_of_projection(folder) {
        findings.push(projection(&faults));
    }
    findings.extend(segments(&folder.join(SNAPSHOTS.name)));
    // Whether they can be read; what is valid when is not asked here.
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

/// The segments of the detector's snapshots, which have their SHA-256 for a name.
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
            Ok(_) => "is not as it was written".to_owned(),
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

/// An entry of a table that is neither JSON nor a note of two numbers.
pub(super) fn of_entry(table: &str, entry: &Entry) -> Option<Finding> {
    let value = entry.value.as_ref()?;
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(value);
    let error = read.err().filter(|_| !is_note(value))?;
    Some(Finding::bad(format!("the entry {} of {table} cannot be read: {error}", entry.key)))
}

/// Whether it is two numbers, and what else belongs to them: what a target has taken of an alert, and how often a
/// message was tried.
fn is_note(value: &[u8]) -> bool {
    let text = std::str::from_utf8(value).unwrap_or_default();
    let mut parts = text.splitn(3, ' ');
    let mut is_number = || parts.next().is_some_and(|part| part.parse::<u64>().is_ok());
    is_number() && is_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stages_write_into_tables_is_sound_and_else_nothing() {
        let is_sound = |value: &'static str| {
            let key = "desk.all=3Ae-1".to_owned();
            let entry = Entry { key, revision: 1, value: Some(value.into()) };
            of_entry("wf_deliveries", &entry).is_none()
        };
        let sound = ["{}", "12", "2 1", "2 1 $event:of two words", "0 3 a-7"];
        assert!(sound.into_iter().all(is_sound));
        let damaged = ["{", "2 x", "x 1", "2", "2 1}"].map(is_sound);
        assert_eq!(damaged, [false, false, false, true, false]);
    }
}
