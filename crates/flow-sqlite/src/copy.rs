//! Copies the file of the bus while another process writes to it, without stopping that process.
//!
//! The writer holds SQLite's exclusive lock, so nobody else can read the data through SQLite. Instead the database file
//! and then its write-ahead log (WAL) are copied byte by byte.
//!
//! Such a copy is complete if the WAL was not restarted meanwhile: the database file is only changed by pages that are
//! also in the WAL, and the WAL is copied after it. So any page that was copied half written is read from the WAL. If the
//! end of the WAL is cut off, it belongs to a transaction that was not acknowledged yet.
//!
//! Once a copier holds the lock of `copy_lock.rs`, the writer stops changing the database file with its next group. If the
//! WAL was restarted just before that, this is noticed and the copy is repeated.
//!
//! The copy is opened, merged into one file and checked before [`copy`] returns.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use thiserror::Error;

use crate::copy_lock;
use crate::copy_lock::{FILE, SCHEMA};

/// How often copying is tried. The second try succeeds, unless the lock file could not be created.
const MAX_TRIES: usize = 20;
/// Length of the header of the WAL, which changes whenever the WAL is restarted.
const LOG_HEADER_BYTES: usize = 32;

/// Why there is no copy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// A file cannot be read or written: correct its permissions, or free disk space.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file changes faster than it can be copied: try again later, or stop the process that writes it.
    #[error("{} changes faster than it can be copied: try again later, or stop `up`", path.display())]
    TooBusy {
        /// The file.
        path: PathBuf,
    },
    /// The copy is damaged, and therefore the file itself is.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault that SQLite reports.
        why: String,
    },
}

/// Copies the bus of one folder into another, whether it is open or not, and checks the copy. Returns the size of the
/// copy in bytes.
///
/// # Errors
/// A [`CopyError`], whose text says what to do.
pub fn copy(from: &Path, to: &Path) -> Result<u64, CopyError> {
    let (file, copied) = (from.join(FILE), to.join(FILE));
    // Without the lock file, which cannot be created in a read-only folder, the WAL may be restarted meanwhile.
    let lock = copy_lock::open(from).ok();
    let _held = lock.as_ref().map(File::lock);
    for _ in 0..MAX_TRIES {
        let before = state(from)?;
        copy_one(&file, &copied)?;
        match copy_one(&log(from), &log(to)) {
            Err(CopyError::Failed { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            done => done?,
        }
        if state(from)? == before {
            check(&copied, &file)?;
            let written = File::open(&copied).and_then(|it| it.sync_all().and(it.metadata()));
            return written.map(|it| it.len()).map_err(|source| failed(&copied, source));
        }
        remove(&log(to))?;
        remove(&copied)?;
    }
    Err(CopyError::TooBusy { path: file })
}

fn log(folder: &Path) -> PathBuf {
    folder.join(format!("{FILE}-wal"))
}

fn failed(path: &Path, source: io::Error) -> CopyError {
    CopyError::Failed { path: path.to_owned(), source }
}

fn copy_one(from: &Path, to: &Path) -> Result<(), CopyError> {
    fs::copy(from, to).map(drop).map_err(|source| failed(from, source))
}

fn remove(path: &Path) -> Result<(), CopyError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(path, error)),
        _ => Ok(()),
    }
}

/// A value that differs once the WAL has been restarted: the header of the WAL, or, if there is no WAL, the size and time
/// of the database file.
fn state(folder: &Path) -> Result<Vec<u8>, CopyError> {
    let mut head = Vec::new();
    match File::open(log(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => {
            let read =
                opened.and_then(|it| it.take(LOG_HEADER_BYTES as u64).read_to_end(&mut head));
            read.map_err(|source| failed(&log(folder), source))?;
        }
    }
    if head.len() < LOG_HEADER_BYTES {
        let file = folder.join(FILE);
        let found = fs::metadata(&file).map_err(|source| failed(&file, source))?;
        head = format!("{} {:?}", found.len(), found.modified().ok()).into_bytes();
    }
    Ok(head)
}

/// Opens the copy, merges the WAL into it, and lets SQLite check all of it.
fn check(copied: &Path, original: &Path) -> Result<(), CopyError> {
    let damaged = |why: String| CopyError::Damaged { path: original.to_owned(), why };
    let unreadable = |error: rusqlite::Error| damaged(error.to_string());
    let connection = Connection::open(copied).map_err(unreadable)?;
    connection.pragma_update(None, "journal_mode", "DELETE").map_err(unreadable)?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    let version = version.map_err(unreadable)?;
    if version != SCHEMA {
        return Err(damaged(format!("its layout is {version}, this wirefold knows {SCHEMA}")));
    }
    let found: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(unreadable)?;
    if found == "ok" { Ok(()) } else { Err(damaged(found)) }
}
