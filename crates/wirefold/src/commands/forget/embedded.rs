//! Forgets articles in a data folder. The order makes sure that a kill loses nothing and a second run finishes
//! the work.
//!
//! 1. Everything that can be made again is deleted: snapshots, files of texts, the tables of the page.
//! 2. The kept events are written without the articles, each in one step.
//! 3. One transaction changes the bus, puts the keys on the list, and notes that the work has begun.
//! 4. The file of the bus is rewritten, and the note is removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use wirefold_flow::{BusError, Entry, ObjectStores as _, Objects, Stored};
use wirefold_flow_sqlite::{Folders, Offline, OpenError, UNFINISHED};
use wirefold_proto::FORGETTING;
use wirefold_proto::streams::{FORGOTTEN, KEPT};

use super::Store;
use super::kept;
use super::plan::Plan;
use crate::client::{block_on, must_exist};
use crate::exit::stop;

/// Folders with data that the detector makes again from the streams.
const FOLDERS: [&str; 2] = ["wf_snapshots", "wf_texts"];
/// The prefix of the files that the gateway makes again.
const TABLES: &str = "gateway.db";

/// Opens the bus of a data folder that nothing else uses.
pub(super) fn open(folder: &Path) -> anyhow::Result<Offline> {
    must_exist(folder)?;
    match Offline::open(folder) {
        Err(OpenError::InUse { .. }) => stop!(
            Failure,
            "{} is in use by another process, such as `up` or `backup`: stop it first, because `forget` \
             needs the data folder for itself",
            folder.display()
        ),
        opened => Ok(opened?),
    }
}

impl Store for Offline {
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError> {
        Offline::each(self, stream, take)
    }

    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError> {
        Offline::entries(self, bucket)
    }

    fn each_kept(
        &mut self,
        folder: &Path,
        take: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        block_on(kept::each(&*kept_in(folder), take))
    }

    fn carry_out(
        &mut self,
        plan: &Plan,
        folder: &Path,
        keys: &BTreeSet<String>,
        record: &[u8],
    ) -> anyhow::Result<()> {
        drop_files(folder)?;
        block_on(async { Ok(kept::write(&*kept_in(folder), &plan.kept).await?) })?;
        self.begin()?;
        for ((stream, sequence), body) in &plan.edits {
            match body {
                Some(body) => self.rewrite(stream, *sequence, body.clone())?,
                None => self.erase(stream, *sequence)?,
            }
        }
        for ((bucket, key), value) in &plan.changes {
            self.put(bucket, key, value.clone())?;
        }
        for key in keys.iter().map(String::as_str).chain([FORGETTING]) {
            self.put(FORGOTTEN.name, key, Some(record.to_vec().into()))?;
        }
        self.commit()?;
        self.compact()?;
        self.remove_from_list(&[FORGETTING.to_owned()])
    }

    fn remove_from_list(&mut self, keys: &[String]) -> anyhow::Result<()> {
        self.begin()?;
        for key in keys {
            self.put(FORGOTTEN.name, key, None)?;
        }
        Ok(self.commit()?)
    }
}

fn kept_in(folder: &Path) -> Arc<dyn Objects> {
    Folders(folder.to_owned()).store(KEPT.name)
}

/// The files of a folder; none if it is missing.
fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = || format!("cannot read {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(shown)?,
    };
    entries.map(|entry| Ok(entry.with_context(shown)?.path())).collect()
}

/// Removes the files of this machine outside the bus.
pub(super) fn drop_files(folder: &Path) -> anyhow::Result<()> {
    let shown = |path: &Path| format!("cannot remove {}", path.display());
    for name in FOLDERS {
        let path = folder.join(name);
        absent(fs::remove_dir_all(&path)).with_context(|| shown(&path))?;
    }
    // If the server is on another machine, this one may have no data folder.
    for path in files_of(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(TABLES) {
            absent(fs::remove_file(&path)).with_context(|| shown(&path))?;
        }
    }
    for path in files_of(&folder.join(KEPT.name))? {
        if path.to_string_lossy().ends_with(UNFINISHED) {
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
