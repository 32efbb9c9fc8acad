//! A lock beside the file, which keeps the file still while it is copied.
//!
//! Comes in: a copier, or the writer. Goes out: whether the file may change now. It never waits for a copier that died.
//!
//! A copier holds the lock. While it does, the writer goes on in the log alone: it writes nothing
//! back into the file and does not begin the log anew. The lock is advisory (flock): it ends with
//! the process that holds it, and a copier that dies stops nobody.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;

use rusqlite::Connection;

use crate::layout::FILE;

/// Pages in the log after which the writer brings them into the file. Seldom: pages that every group
/// changes are then written to the file once for many of them.
const LOG_PAGES: u32 = 4_000;

/// The lock, not held.
pub(crate) fn open(folder: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(folder.join(format!("{FILE}-copying")))
}

/// How the writer sees the lock.
pub(crate) struct Checkpoints {
    /// None where the file cannot be made: a copier then has to be quick.
    lock: Option<File>,
    are_held: bool,
}

impl Checkpoints {
    pub(crate) fn new(folder: &Path, connection: &Connection) -> rusqlite::Result<Self> {
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        Ok(Self { lock: open(folder).ok(), are_held: false })
    }

    /// For who writes nothing.
    pub(crate) fn none() -> Self {
        Self { lock: None, are_held: false }
    }

    /// Stops writing back while somebody copies, and begins again afterwards.
    pub(crate) fn hold_for_copiers(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let Some(lock) = &self.lock else { return Ok(()) };
        let hold = match lock.try_lock_shared() {
            Ok(()) => lock.unlock().is_err(),
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        };
        if hold != self.are_held {
            let pages = if hold { 0 } else { LOG_PAGES };
            connection.pragma_update(None, "wal_autocheckpoint", pages)?;
            self.are_held = hold;
        }
        Ok(())
    }
}
