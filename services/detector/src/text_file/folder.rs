//! The folder of the text files. It makes files, finds those that a snapshot names, and removes all others.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tracing::{info, warn};
use wirefold_dedup::{TextFile, TextFiles};

use super::Texts;

/// The folder of files with names, in that of everything; all that stands there is ours.
const INSIDE: &str = "wf_texts";
/// Letters and digits of a name.
const NAME: usize = 16;

/// A folder in which the files are made.
#[derive(Debug)]
pub struct Folder {
    /// `None`: everything stays in memory.
    path: Option<PathBuf>,
    lasts: bool,
    /// Those of this process.
    in_use: Mutex<Vec<Weak<Texts>>>,
}

impl Folder {
    /// None: texts stay in memory.
    #[must_use]
    pub fn nowhere() -> Self {
        Self { path: None, lasts: false, in_use: Mutex::default() }
    }

    /// Of files that have no name and are gone with the process.
    #[must_use]
    pub fn passing(path: PathBuf) -> Self {
        Self { path: Some(path), lasts: false, in_use: Mutex::default() }
    }

    /// Of files that the next process finds, in a folder of their own.
    #[must_use]
    pub fn lasting(path: &Path) -> Self {
        Self { path: Some(path.join(INSIDE)), lasts: true, in_use: Mutex::default() }
    }

    /// The text file of this name, if it is there and has at least so many bytes. Nothing is put on it.
    #[must_use]
    pub fn find(&self, name: &str, length: u64) -> Option<Arc<Texts>> {
        let is_name = name.len() == NAME && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut in_use = self.in_use();
        let path = self.path.as_ref()?.join(name);
        let file = File::open(&path).ok().filter(|_| is_name)?;
        let is_long_enough = file.metadata().is_ok_and(|found| found.len() >= length);
        let found = Arc::new(Texts::new(name.to_owned(), Some(file), path, length));
        is_long_enough.then(|| enter(&mut in_use, found))
    }

    /// An empty text file, in memory where there can be no file.
    #[must_use]
    pub fn fresh(&self) -> Arc<Texts> {
        let mut in_use = self.in_use();
        let made = self.path.as_ref().and_then(|path| self.make(path).inspect_err(tell).ok());
        let texts = made.unwrap_or_else(|| Texts::new(String::new(), None, PathBuf::new(), 0));
        enter(&mut in_use, texts.into())
    }

    /// The text file of this process that is this one.
    #[must_use]
    pub fn own(&self, text_file: &Arc<dyn TextFile>) -> Option<Arc<Texts>> {
        let is_it =
            |texts: &Arc<Texts>| std::ptr::addr_eq(Arc::as_ptr(texts), Arc::as_ptr(text_file));
        self.in_use().iter().filter_map(Weak::upgrade).find(is_it)
    }

    /// Returns once names that were given can no more be lost.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.path.as_ref().map_or(Ok(()), |path| File::open(path)?.sync_all())
    }

    /// Removes the files that neither this process uses nor a snapshot that names these.
    pub(crate) fn sweep(&self, named: &BTreeSet<String>) {
        let Some(path) = self.path.as_ref().filter(|_| self.lasts) else { return };
        // Nothing is made meanwhile: what is not known yet would be removed.
        let in_use = self.in_use();
        let used: BTreeSet<String> =
            in_use.iter().filter_map(Weak::upgrade).map(|texts| texts.name.clone()).collect();
        let is_used = |name: &str| used.contains(name) || named.contains(name);
        match swept(path, is_used) {
            Ok(0) => {}
            Ok(removed) => info!(removed, "files of texts that nothing needs are removed"),
            Err(error) => warn!(%error, "files of texts that nothing needs cannot be removed"),
        }
    }

    fn make(&self, folder: &Path) -> io::Result<Texts> {
        if !self.lasts {
            let file = tempfile::tempfile_in(folder)?;
            return Ok(Texts::new(String::new(), Some(file), PathBuf::new(), 0));
        }
        fs::create_dir_all(folder)?;
        let mut maker = tempfile::Builder::new();
        let made = maker.prefix("").rand_bytes(NAME).tempfile_in(folder)?;
        let (file, path) = made.keep().map_err(|error| error.error)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Texts::new(name.unwrap_or_default(), Some(file), path, 0))
    }

    // A list of what there is is never half changed: a poisoned lock is as good as another.
    fn in_use(&self) -> MutexGuard<'_, Vec<Weak<Texts>>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TextFiles for Folder {
    fn open(&self) -> Option<Arc<dyn TextFile>> {
        self.path.as_ref()?;
        let texts = self.fresh();
        texts.file.is_some().then_some(texts as Arc<dyn TextFile>)
    }

    #[cfg(test)]
    fn at_hand(&self) -> u32 {
        4
    }
}

fn enter(in_use: &mut Vec<Weak<Texts>>, texts: Arc<Texts>) -> Arc<Texts> {
    in_use.retain(|known| known.strong_count() > 0);
    in_use.push(Arc::downgrade(&texts));
    texts
}

/// How many files of a folder were removed because they are not in use.
fn swept(folder: &Path, is_used: impl Fn(&str) -> bool) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let (mut removed, mut failed) = (0, None);
    for entry in entries.flatten().filter(is_file) {
        if is_used(&entry.file_name().to_string_lossy()) || is_in_use_elsewhere(&entry.path()) {
            continue;
        }
        match fs::remove_file(entry.path()) {
            Ok(()) => removed += 1,
            // Somebody else removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(removed), Err)
}

fn is_file(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// Whether another process writes a file, or reads it: each holds a lock on its own.
fn is_in_use_elsewhere(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Says once that texts stay in memory.
pub(super) fn tell(error: &io::Error) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        warn!(%error, "texts cannot be written to a file and stay in memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(INSIDE)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn passing_ones_leave_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        let text_file = Folder::passing(root.path().to_owned()).open().unwrap();
        text_file.put(b"one").unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
        assert!(Folder::passing(root.path().join("none")).open().is_none());
    }

    #[test]
    fn a_lasting_one_stays_as_long_as_somebody_needs_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::lasting(root.path());
        folder.sweep(&BTreeSet::new());
        let (used, named, lost) = (folder.fresh(), folder.fresh(), folder.fresh());
        let named = BTreeSet::from([named.name.clone()]);
        drop(lost);
        assert_eq!(names(root.path()).len(), 3);
        folder.sweep(&named);
        let kept = BTreeSet::from([used.name.clone()]);
        assert_eq!(names(root.path()), &kept | &named);
        drop(used);
        folder.sweep(&named);
        assert_eq!(names(root.path()), named);
    }

    #[test]
    fn one_that_is_missing_or_short_is_not_found() {
        let root = tempfile::tempdir().unwrap();
        let text_file = Folder::lasting(root.path()).fresh();
        text_file.put(b"one").unwrap();
        let length = text_file.length();
        fs::write(root.path().join("other-file-of-16"), "some file of others").unwrap();
        let next = Folder::lasting(root.path());
        assert!(next.find(text_file.name(), length).is_some());
        assert!(next.find(text_file.name(), length + 1).is_none());
        for other in ["", "..", "absentabsentabse", "../other-file-of-16"] {
            assert!(next.find(other, 0).is_none(), "{other}");
        }
    }
}
