//! A file beside the database that has the number of messages that were ever acknowledged.
//!
//! SQLite takes damage to its write-ahead log for the end of the log, and drops everything behind it. A reader notices
//! this if it had read that far; messages that nobody had read would be lost without a word. The number is written once a
//! group is on disk, so it is never ahead of what is stored. It is not synced: after a power cut it may be behind.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::copy_lock::FILE;

/// All messages that were ever stored: the sequences of a stream only grow.
const STORED: &str = "SELECT coalesce(sum(last), 0) FROM streams";

fn path(folder: &Path) -> PathBuf {
    folder.join(format!("{FILE}-acknowledged"))
}

/// The number in the file of a folder.
fn read(folder: &Path) -> Option<u64> {
    let text = fs::read_to_string(path(folder)).ok()?;
    text.trim().parse().ok()
}

fn stored(connection: &Connection) -> rusqlite::Result<u64> {
    let count = connection.prepare_cached(STORED)?.query_row([], |row| row.get::<_, i64>(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The fault in words if acknowledged messages are missing.
pub(crate) fn fault(folder: &Path, connection: &Connection) -> rusqlite::Result<Option<String>> {
    let missing = read(folder).unwrap_or(0).saturating_sub(stored(connection)?);
    let fault = || format!("{missing} messages at the end, which were acknowledged, are missing");
    Ok((missing > 0).then(fault))
}

/// The writer's side of the file. By default it writes none, as for a connection that publishes nothing.
#[derive(Default)]
pub(crate) struct Acknowledged {
    /// `None` if it cannot be created.
    file: Option<File>,
}

impl Acknowledged {
    pub(crate) fn open(folder: &Path) -> Self {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Self { file: options.open(path(folder)).ok() }
    }

    /// Makes the changes durable, and then notes how many messages there are.
    pub(crate) fn commit(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let stored = stored(connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        if let Some(file) = &mut self.file {
            // The messages are stored, whether this fails or not. It has one length, so it needs no room on a full disk.
            let _ =
                file.rewind().and_then(|()| file.write_all(format!("{stored:020}\n").as_bytes()));
        }
        Ok(())
    }
}
