//! Watches one source, and reads each file once it no longer changes.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use wirefold_flow::BusError;
use wirefold_proto::FeedId;

use super::file::{File, FileStamp};
use super::file_reader::{FileReader, FileResult};
use super::{Format, Kind, Source};

/// For this many checks wirefold waits for a folder whose files keep changing.
const MAX_CHANGING_CHECKS: u32 = 10;

/// A source, and the state of its files.
#[derive(Debug)]
pub(super) struct Watch {
    source: Source,
    feed: FeedId,
    /// The files that were read, by this process or an earlier one.
    read_files: HashMap<PathBuf, FileStamp>,
    /// The files that had changed at the last check.
    changing: HashMap<PathBuf, FileStamp>,
    /// How many checks in a row found changes.
    changing_checks: u32,
    done: bool,
    /// Files that cannot be read. Each is logged once.
    unreadable: HashSet<PathBuf>,
    /// The problem of the source that was logged last.
    last_problem: Option<String>,
}

impl Watch {
    pub(super) fn new(source: Source) -> Self {
        Self {
            feed: source.feed(),
            source,
            read_files: HashMap::new(),
            changing: HashMap::new(),
            changing_checks: 0,
            done: false,
            unreadable: HashSet::new(),
            last_problem: None,
        }
    }

    /// Whether the source has no more articles.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Checks the source once, and reads the files that no longer change.
    pub(super) async fn check(&mut self, reader: &FileReader) -> Result<(), BusError> {
        match list_files(&self.source).await {
            Ok(files) => {
                self.last_problem = None;
                self.read_still(files, reader).await
            }
            Err(error) => {
                let last_problem = error.to_string();
                if self.last_problem.as_ref() != Some(&last_problem) {
                    let path = self.source.path.display();
                    tracing::warn!(%path, %error, "local source cannot be read; looking again");
                }
                self.last_problem = Some(last_problem);
                Ok(())
            }
        }
    }

    /// Reads those of the files that are new and no longer change.
    async fn read_still(
        &mut self,
        mut files: Vec<File>,
        reader: &FileReader,
    ) -> Result<(), BusError> {
        files.retain(|file| self.read_files.get(&file.path) != Some(&file.stamp));
        let is_still = |file: &File| self.changing.get(&file.path) == Some(&file.stamp);
        // Files that are added together are read in the order of their names. So all wait for the last
        // one, but not for ever, because some files never stop changing.
        let all_still = files.iter().all(is_still);
        self.changing_checks = if all_still { 0 } else { self.changing_checks + 1 };
        let may_read = all_still
            || self.changing_checks > MAX_CHANGING_CHECKS
            || self.source.kind == Kind::File;
        let (ready, waiting): (Vec<File>, Vec<File>) = files
            .into_iter()
            .partition(|file| may_read && (self.source.kind == Kind::File || is_still(file)));
        self.changing = waiting.into_iter().map(|file| (file.path, file.stamp)).collect();
        for file in ready {
            match reader.read_file(&file, &self.feed).await? {
                FileResult::Stopped => return Ok(()),
                FileResult::Whole => {
                    self.unreadable.remove(&file.path);
                    self.read_files.insert(file.path, file.stamp);
                }
                FileResult::Unreadable(error) => {
                    if self.unreadable.insert(file.path.clone()) {
                        let path = file.path.display();
                        tracing::warn!(%path, %error, "file cannot be read; looking again");
                    }
                    self.changing.insert(file.path, file.stamp);
                }
            }
        }
        self.done = self.source.kind == Kind::File && !self.read_files.is_empty();
        Ok(())
    }
}

/// The files of a source, by name.
async fn list_files(source: &Source) -> io::Result<Vec<File>> {
    let metadata = tokio::fs::metadata(&source.path).await?;
    let whole = std::path::absolute(&source.path)?;
    if source.kind == Kind::File {
        let format = Format::of(&whole).unwrap_or(Format::Text);
        let outlet = source.outlet.clone();
        return Ok(vec![File { format, stamp: stamp_of(&metadata), path: whole, outlet }]);
    }
    let mut entries = tokio::fs::read_dir(&whole).await?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        let Some(format) = Format::of(&path).filter(|_| !is_hidden(&path)) else {
            continue;
        };
        // The file may be deleted by now.
        if let Ok(of_file) = tokio::fs::metadata(&path).await
            && of_file.is_file()
        {
            let outlet = source.outlet.clone();
            files.push(File { path, format, stamp: stamp_of(&of_file), outlet });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}

fn stamp_of(metadata: &std::fs::Metadata) -> FileStamp {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = modified.map_or(0, |since| since.as_nanos());
    FileStamp { size: metadata.len(), modified: u64::try_from(nanoseconds).unwrap_or(u64::MAX) }
}
