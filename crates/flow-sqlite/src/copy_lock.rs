//! A lock file beside the database, which keeps the database file unchanged while it is copied.
//!
//! A copier holds the lock. Meanwhile the writer only appends to the write-ahead log (WAL): it makes no checkpoints, so it
//! neither changes the database file nor restarts the WAL. The lock is an advisory one (flock), which ends with the
//! process that holds it. So a copier that dies does not block the writer.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use rusqlite::Connection;

/// After this many pages in the WAL, the writer makes a checkpoint, which copies them into the database file.
/// The number is high, so that a page that every group changes is written to the database file only once for
/// many groups.
const LOG_PAGES: u32 = 32_000;

/// Opens the lock file, without taking the lock.
pub(crate) fn open(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(folder.join(format!("{FILE}-copying")))
}

/// The writer's side of the lock: decides whether checkpoints may be made. By default it has no lock, as for a connection
/// that writes nothing.
#[derive(Default)]
pub(crate) struct Checkpoints {
    /// `None` if the lock file cannot be created. A copier then has to finish between two checkpoints.
    lock: Option<File>,
    are_paused: bool,
}

impl Checkpoints {
    pub(crate) fn new(folder: &Path, connection: &Connection) -> rusqlite::Result<Self> {
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        Ok(Self { lock: open(folder).ok(), are_paused: false })
    }

    /// Pauses checkpoints while somebody copies the file, and resumes them afterwards.
    pub(crate) fn pause_for_copiers(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(lock) = &self.lock else { return Ok(()) };
        let pause = match lock.try_lock_shared() {
            Ok(()) => lock.unlock().is_err(),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        };
        if pause != self.are_paused {
            let pages = if pause { 0 } else { LOG_PAGES };
            connection.pragma_update(None, "wal_autocheckpoint", pages)?;
            self.are_paused = pause;
        }
        Ok(())
    }
}

// The name of the database file and the version of its tables.

/// The name of the database file in the data folder.
pub const FILE: &str = "bus.sqlite";
/// The version of the tables. A file of another version is refused.
pub const SCHEMA: u32 = 7;
