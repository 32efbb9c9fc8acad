//! The files beside the streams.

use std::path::Path;

use jiff::Timestamp;
use wirefold_flow::Entry;
use wirefold_gateway::{faults_of_projection, tokens::TokenFile};

use super::super::backup_manifest::{self, Manifest};
use super::super::finding::Finding;

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

/// An entry of a table that is no JSON.
pub(super) fn of_entry(table: &str, entry: &Entry) -> Option<Finding> {
    let value = entry.value.as_ref()?;
    let read: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(value);
    let error = read.err()?;
    Some(Finding::bad(format!("the entry {} of {table} cannot be read: {error}", entry.key)))
}
