//! Carries out a plan. The order makes sure that a kill loses nothing and a second run finishes the work.
//!
//! 1. Everything that can be made again is deleted: snapshots, files of texts, the tables of the page.
//! 2. One transaction changes the bus, puts the keys on the list, and notes that the work has begun.
//! 3. The file of the bus is rewritten, and the note is removed.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use anyhow::Context as _;
use wirefold_flow::{BusError, Entry, Stored};
use wirefold_flow_sqlite::Offline;
use wirefold_proto::FORGETTING;
use wirefold_proto::streams::FORGOTTEN;

use super::store::{OfflineStore, Order};

/// Folders with data that the detector makes again from the streams.
const FOLDERS: [&str; 2] = ["wf_snapshots", "wf_texts"];
/// The prefix of the files that the gateway makes again.
const TABLES: &str = "gateway.db";

impl OfflineStore for Offline {
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError> {
        Offline::each(self, stream, take)
    }

    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError> {
        Offline::entries(self, bucket)
    }

    fn carry_out(&mut self, order: &Order<'_>) -> anyhow::Result<()> {
        drop_files(order.folder)?;
        change(order, self)?;
        finish(self)
    }

    fn remove_from_list(&mut self, keys: &[String]) -> anyhow::Result<()> {
        self.begin()?;
        for key in keys {
            self.put(FORGOTTEN.name, key, None)?;
        }
        Ok(self.commit()?)
    }
}

/// Removes the files of this machine outside the bus.
pub(super) fn drop_files(folder: &Path) -> anyhow::Result<()> {
    let shown = |path: &Path| format!("cannot remove {}", path.display());
    for name in FOLDERS {
        let path = folder.join(name);
        absent(fs::remove_dir_all(&path)).with_context(|| shown(&path))?;
    }
    let entries = match fs::read_dir(folder) {
        // If the server is on another machine, this one may have no data folder.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| shown(folder))?,
    };
    for entry in entries {
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

fn change(order: &Order<'_>, offline: &mut Offline) -> anyhow::Result<()> {
    offline.begin()?;
    for edit in order.edits {
        match &edit.body {
            Some(body) => offline.rewrite(edit.stream, edit.sequence, body.clone())?,
            None => offline.erase(edit.stream, edit.sequence)?,
        }
    }
    for change in order.changes {
        offline.put(change.bucket, &change.key, change.value.clone())?;
    }
    let record = order.record()?;
    for key in order.keys {
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
