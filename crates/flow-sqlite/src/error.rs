//! The errors of opening a data folder, and how errors of SQLite become errors of the bus.
//!
//! Their texts say what to do, and never contain the content of a message.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use thiserror::Error;
use wirefold_flow::BusError;

use crate::copy_lock::FILE;

/// Why a bus was not opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it open: stop that process, or use the bus through it.
    #[error("{} is in use by another process: stop it, or choose another data folder", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written: correct its permissions, or choose another folder.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another wirefold wrote it: use that one, or restore a backup.
    #[error(
        "{} has the layout {found} of another wirefold, this one knows {known}: use the wirefold that \
         wrote it, restore a backup, or name an empty folder with --data", path.display()
    )]
    OtherLayout {
        /// The file.
        path: PathBuf,
        /// The version of its tables.
        found: u32,
        /// The version that this wirefold knows.
        known: u32,
    },
    /// The disk is full: free some space.
    #[error("{} cannot be written: the disk is full", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// It is not the file of a bus, or it is damaged: restore a backup.
    #[error("{} cannot be read: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        why: String,
    },
}

impl OpenError {
    pub(crate) fn of(path: &Path, error: &rusqlite::Error) -> Self {
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::InUse { path },
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure,
            ) => {
                // SQLite does not say why it cannot open a file.
                let denied = File::open(&path).err();
                let denied = denied.filter(|why| why.kind() == io::ErrorKind::PermissionDenied);
                let source = denied.unwrap_or_else(|| io::Error::other(error.to_string()));
                Self::Unwritable { path, source }
            }
            _ => Self::Damaged { path, why: error.to_string() },
        }
    }
}

/// The error of the bus for an error of SQLite.
pub(crate) fn failure(error: &rusqlite::Error) -> BusError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => BusError::DiskFull,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => BusError::Damaged(format!(
            "{FILE}: {error}; `wirefold check --deep` names what is damaged"
        )),
        _ => BusError::Unavailable(error.to_string()),
    }
}
