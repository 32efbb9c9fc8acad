//! The folder in which wirefold runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::commands::faults::receiver::Receiver;

/// The settings with a folder that stays empty. Without any source, `up` would show the demo.
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// Prepares the folder of a run.
pub(super) fn prepare(folder: &Path, receiver: &Receiver) -> anyhow::Result<()> {
    fs::create_dir(folder.join("dropped"))?;
    fs::write(folder.join("wirefold.toml"), format!("{SETTINGS}{}", receiver.settings()))?;
    // The data from before the fault is on the disk.
    let synced = Command::new("sync").arg("-f").arg(folder).status()?;
    anyhow::ensure!(synced.success(), "sync failed");
    Ok(())
}
