//! Looks at one source, again and again.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use wirefold_flow::BusError;
use wirefold_proto::{FeedId, Outlet};

use super::take::{Form, Taken, Taker};
use super::{Kind, Source};

/// So many looks a folder is waited for that does not come to rest.
const MOST_LOOKS: u32 = 10;

/// How a file looks from outside: it is taken to stand still while this stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Look {
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(super) modified: u64,
}

/// A file that is to be taken.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) form: Form,
    pub(super) look: Look,
    /// The publisher of what names none.
    pub(super) outlet: Option<Outlet>,
}

/// A source and what was seen of it.
#[derive(Debug)]
pub(super) struct Watch {
    source: Source,
    feed: FeedId,
    /// What has been taken, or had been before the start.
    known: HashMap<PathBuf, Look>,
    /// What changed at the last look.
    restless: HashMap<PathBuf, Look>,
    /// How many looks in a row something changed.
    looks: u32,
    done: bool,
    /// Files that cannot be read, which is said once.
    unreadable: HashSet<PathBuf>,
    /// What is wrong with the source, said once.
    complaint: Option<String>,
}

impl Watch {
    pub(super) fn new(source: Source) -> Self {
        Self {
            feed: source.feed(),
            source,
            known: HashMap::new(),
            restless: HashMap::new(),
            looks: 0,
            done: false,
            unreadable: HashSet::new(),
            complaint: None,
        }
    }

    /// Whether nothing more will come from it.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// Looks at it once and takes what stands still.
    pub(super) async fn look(&mut self, taker: &Taker) -> Result<(), BusError> {
        match list(&self.source).await {
            Ok(files) => {
                self.complaint = None;
                self.take(files, taker).await
            }
            Err(error) => {
                let complaint = error.to_string();
                if self.complaint.as_ref() != Some(&complaint) {
                    let path = self.source.path.display();
                    tracing::warn!(%path, %error, "local source cannot be read; looking again");
                }
                self.complaint = Some(complaint);
                Ok(())
            }
        }
    }

    async fn take(&mut self, mut files: Vec<File>, taker: &Taker) -> Result<(), BusError> {
        files.retain(|file| self.known.get(&file.path) != Some(&file.look));
        let is_still = |file: &File| self.restless.get(&file.path) == Some(&file.look);
        // Files that are dropped together are taken in the order of their names, so all wait for
        // the last, but not for ever: some files never come to rest.
        let all_still = files.iter().all(is_still);
        self.looks = if all_still { 0 } else { self.looks + 1 };
        let takes = all_still || self.looks > MOST_LOOKS || self.source.kind == Kind::File;
        let (ready, waiting): (Vec<File>, Vec<File>) = files
            .into_iter()
            .partition(|file| takes && (self.source.kind == Kind::File || is_still(file)));
        self.restless = waiting.into_iter().map(|file| (file.path, file.look)).collect();
        for file in ready {
            match taker.take(&file, &self.feed).await? {
                Taken::Stopped => return Ok(()),
                Taken::Whole => {
                    self.unreadable.remove(&file.path);
                    self.known.insert(file.path, file.look);
                }
                Taken::Unreadable(error) => {
                    if self.unreadable.insert(file.path.clone()) {
                        let path = file.path.display();
                        tracing::warn!(%path, %error, "file cannot be read; looking again");
                    }
                    self.restless.insert(file.path, file.look);
                }
            }
        }
        self.done = self.source.kind == Kind::File && !self.known.is_empty();
        Ok(())
    }
}

/// The files of a source, by name.
async fn list(source: &Source) -> io::Result<Vec<File>> {
    let metadata = tokio::fs::metadata(&source.path).await?;
    let whole = std::path::absolute(&source.path)?;
    if source.kind == Kind::File {
        let form = Form::of(&whole).unwrap_or(Form::Text);
        let outlet = source.outlet.clone();
        return Ok(vec![File { form, look: look(&metadata), path: whole, outlet }]);
    }
    let mut entries = tokio::fs::read_dir(&whole).await?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        let Some(form) = Form::of(&path).filter(|_| !is_hidden(&path)) else {
            continue;
        };
        // It may be gone again.
        if let Ok(of_file) = tokio::fs::metadata(&path).await
            && of_file.is_file()
        {
            let outlet = source.outlet.clone();
            files.push(File { path, form, look: look(&of_file), outlet });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}

fn look(metadata: &std::fs::Metadata) -> Look {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = modified.map_or(0, |since| since.as_nanos());
    Look { size: metadata.len(), modified: u64::try_from(nanoseconds).unwrap_or(u64::MAX) }
}
