//! Copies the file of the bus while another process writes it.
//!
//! Comes in: a data folder in use, and a place for the copy. Goes out: a whole file, checked. It never stops the
//! writer.
//!
//! SQLite's lock keeps everybody else from asking it, so its file and its log are copied as they
//! are. That is whole where the log was not begun anew meanwhile: the file changes only by pages
//! that stand in the log, and the log is copied after it, so whatever of the file was caught half
//! written is read from the log. A torn end of the log was never acknowledged. The writer leaves the
//! file alone from its first group after the copier's lock on (`copy_lock.rs`); a log begun anew in
//! that moment is seen, and it is copied again. The copy is opened, checked and made one file before
//! anybody is told that it is there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use thiserror::Error;

use crate::copy_lock;
use crate::layout::{FILE, SCHEMA};

/// How often it is tried. The second time succeeds, save where the lock cannot be made.
const TIMES: usize = 20;
/// The log's head: what changes whenever it is begun anew.
const HEAD: usize = 32;

/// Why there is no copy.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CopyError {
    /// A file cannot be read or written: mend its rights, or make room.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// More is written than can be copied: try again when less is going on, or stop the process.
    #[error("{} changes faster than it can be copied: try again later, or stop `up`", path.display())]
    TooBusy {
        /// The file.
        path: PathBuf,
    },
    /// What was copied is damaged, and so is the file.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite found.
        why: String,
    },
}

/// Copies the bus of one folder into another, whether it is open or not, and checks the copy. How
/// many bytes it has.
///
/// # Errors
/// A [`CopyError`] that says what to do.
pub fn copy(from: &Path, to: &Path) -> Result<u64, CopyError> {
    let (file, copied) = (from.join(FILE), to.join(FILE));
    // Where it cannot be made, as in a folder that is only read, the log may be begun anew meanwhile.
    let lock = copy_lock::open(from).ok();
    let _held = lock.as_ref().map(File::lock);
    for _ in 0..TIMES {
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

/// What is another once the log has been begun anew: its head, or where there is none, the file.
fn state(folder: &Path) -> Result<Vec<u8>, CopyError> {
    let mut head = Vec::new();
    match File::open(log(folder)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => {
            let reading = opened.and_then(|it| it.take(HEAD as u64).read_to_end(&mut head));
            reading.map_err(|source| failed(&log(folder), source))?;
        }
    }
    if head.len() < HEAD {
        let file = folder.join(FILE);
        let found = fs::metadata(&file).map_err(|source| failed(&file, source))?;
        head = format!("{} {:?}", found.len(), found.modified().ok()).into_bytes();
    }
    Ok(head)
}

/// Opens the copy, makes it one file without a log, and has SQLite read all of it.
fn check(copied: &Path, original: &Path) -> Result<(), CopyError> {
    let damaged = |why: String| CopyError::Damaged { path: original.to_owned(), why };
    let told = |error: rusqlite::Error| damaged(error.to_string());
    let connection = Connection::open(copied).map_err(told)?;
    connection.pragma_update(None, "journal_mode", "DELETE").map_err(told)?;
    let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0));
    let version = version.map_err(told)?;
    // An older one is brought up to date once it is opened.
    if !(1..=SCHEMA).contains(&version) {
        return Err(damaged(format!("its layout is {version}, this wirefold knows {SCHEMA}")));
    }
    let found: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(told)?;
    if found == "ok" { Ok(()) } else { Err(damaged(found)) }
}
