//! A file of a source, as the folder shows it.

use std::path::PathBuf;

use wirefold_proto::Outlet;

use super::Format;

/// Size and time of a file. A file is read once this no longer changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct FileStamp {
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(super) modified: u64,
}

/// A file to read.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) format: Format,
    pub(super) stamp: FileStamp,
    /// The outlet of articles that name none.
    pub(super) outlet: Option<Outlet>,
}
