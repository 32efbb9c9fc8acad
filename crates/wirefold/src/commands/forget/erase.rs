//! Carries a plan out, in an order in which a kill loses nothing and a second run ends it.
//!
//! 1. What can be made again goes: snapshots, files of texts, the tables of the page.
//! 2. One transaction changes the bus, puts the keys on the list, and notes that it was begun.
//! 3. The file of the bus is written anew, and the note is removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use wirefold_flow::BusError;
use wirefold_flow_sqlite::Offline;
use wirefold_proto::streams::FORGOTTEN;
use wirefold_proto::{FORGETTING, ForgottenRecord};

use super::plan::Plan;

/// Folders of what the detector makes again from the streams.
const FOLDERS: [&str; 2] = ["wf_snapshots", "wf_texts"];
/// What the names of the files begin with that the gateway makes again.
const TABLES: &str = "gateway.db";

/// Removes what is planned, and puts these keys on the list.
pub(super) fn carry_out(
    plan: &Plan,
    keys: &BTreeSet<String>,
    offline: &mut Offline,
    folder: &Path,
    now: Timestamp,
) -> anyhow::Result<()> {
    drop_files(folder)?;
    change(plan, keys, offline, now)?;
    finish(offline)
}

/// Whether one was begun and did not end.
pub(super) fn is_unfinished(offline: &mut Offline) -> Result<bool, BusError> {
    let entries = offline.entries(FORGOTTEN.name)?;
    Ok(entries.iter().any(|entry| entry.key == FORGETTING && entry.value.is_some()))
}

fn drop_files(folder: &Path) -> anyhow::Result<()> {
    let shown = |path: &Path| format!("cannot remove {}", path.display());
    for name in FOLDERS {
        let path = folder.join(name);
        absent(fs::remove_dir_all(&path)).with_context(|| shown(&path))?;
    }
    for entry in fs::read_dir(folder).with_context(|| shown(folder))? {
        let path = entry.with_context(|| shown(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(TABLES) {
            absent(fs::remove_file(&path)).with_context(|| shown(&path))?;
        }
    }
    Ok(())
}

fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn change(
    plan: &Plan,
    keys: &BTreeSet<String>,
    offline: &mut Offline,
    now: Timestamp,
) -> anyhow::Result<()> {
    offline.begin()?;
    for edit in &plan.edits {
        match &edit.body {
            Some(body) => offline.rewrite(edit.stream, edit.sequence, body.clone())?,
            None => offline.erase(edit.stream, edit.sequence)?,
        }
    }
    for change in &plan.changes {
        offline.put(change.bucket, &change.key, change.value.clone())?;
    }
    let articles = plan.counts.articles as u64;
    let record = serde_json::to_vec(&ForgottenRecord { at: now, articles })?;
    for key in keys {
        offline.put(FORGOTTEN.name, key, Some(record.clone().into()))?;
    }
    offline.put(FORGOTTEN.name, FORGETTING, Some(record.into()))?;
    Ok(offline.commit()?)
}

fn finish(offline: &mut Offline) -> anyhow::Result<()> {
    offline.compact()?;
    offline.begin()?;
    offline.put(FORGOTTEN.name, FORGETTING, None)?;
    Ok(offline.commit()?)
}

/// Takes keys off the list; how many stood there.
pub(super) fn allow(keys: &BTreeSet<String>, offline: &mut Offline) -> anyhow::Result<usize> {
    let entries = offline.entries(FORGOTTEN.name)?;
    let listed = entries.iter().filter(|entry| entry.value.is_some() && keys.contains(&entry.key));
    let listed: Vec<String> = listed.map(|entry| entry.key.clone()).collect();
    offline.begin()?;
    for key in &listed {
        offline.put(FORGOTTEN.name, key, None)?;
    }
    offline.commit()?;
    Ok(listed.len())
}
