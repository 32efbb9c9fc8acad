//! The folder of the text files: creates files, finds those that a snapshot names, and removes all
//! others.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tracing::{info, warn};
use wirefold_fold::{TextFile, TextFiles};

use super::FolderTextFile;

/// The name of the subfolder for the files. wirefold owns everything in it.
const SUBFOLDER: &str = "wf_texts";
/// The number of letters and digits in the name of a file.
const NAME_LENGTH: usize = 16;

/// The folder in which text files are created. By default there is none.
#[derive(Debug, Default)]
pub struct TextFolder {
    /// `None` keeps all texts in memory.
    path: Option<PathBuf>,
    /// The text files that this process uses.
    in_use: Mutex<Vec<Weak<FolderTextFile>>>,
}

impl TextFolder {
    /// A folder for files that the next process finds. They are in a subfolder of `path`.
    #[must_use]
    pub fn persistent(path: &Path) -> Self {
        Self { path: Some(path.join(SUBFOLDER)), in_use: Mutex::default() }
    }

    /// Opens the text file with this name for reading, if it exists and has at least `length`
    /// bytes.
    #[must_use]
    pub fn find(&self, name: &str, length: u64) -> Option<Arc<FolderTextFile>> {
        let is_name =
            name.len() == NAME_LENGTH && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut in_use = self.in_use();
        let path = self.path.as_ref()?.join(name);
        let file = File::open(&path).ok().filter(|_| is_name)?;
        let is_long_enough = file.metadata().is_ok_and(|found| found.len() >= length);
        let found = Arc::new(FolderTextFile::new(name.to_owned(), file, path, length));
        is_long_enough.then(|| register(&mut in_use, found))
    }

    /// Creates an empty text file. `None` if texts stay in memory: there is no folder, or no file can
    /// be created in it, which is logged once.
    #[must_use]
    pub fn create(&self) -> Option<Arc<FolderTextFile>> {
        let mut in_use = self.in_use();
        let made = create_file(self.path.as_ref()?).inspect_err(warn_once).ok()?;
        Some(register(&mut in_use, made.into()))
    }

    /// The text file of this process that the detector knows as `text_file`.
    #[must_use]
    pub fn find_own(&self, text_file: &Arc<dyn TextFile>) -> Option<Arc<FolderTextFile>> {
        let is_it = |texts: &Arc<FolderTextFile>| {
            std::ptr::addr_eq(Arc::as_ptr(texts), Arc::as_ptr(text_file))
        };
        self.in_use().iter().filter_map(Weak::upgrade).find(is_it)
    }

    /// Returns once the names of the files would survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.path.as_ref().map_or(Ok(()), |path| File::open(path)?.sync_all())
    }

    /// Removes the files that neither a process uses nor a snapshot names.
    pub(crate) fn remove_unused_files(&self, named: &BTreeSet<String>) {
        let Some(path) = &self.path else { return };
        // The lock prevents that a file is created meanwhile, which would be removed.
        let in_use = self.in_use();
        let used: BTreeSet<String> =
            in_use.iter().filter_map(Weak::upgrade).map(|texts| texts.name.clone()).collect();
        let is_used = |name: &str| used.contains(name) || named.contains(name);
        match remove_unused(path, is_used) {
            Ok(0) => {}
            Ok(removed) => info!(removed, "files of texts that nothing needs are removed"),
            Err(error) => warn!(%error, "files of texts that nothing needs cannot be removed"),
        }
    }

    // No thread can leave the list half changed, so a poisoned lock does no harm.
    fn in_use(&self) -> MutexGuard<'_, Vec<Weak<FolderTextFile>>> {
        self.in_use.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TextFiles for TextFolder {
    fn open(&self) -> Option<Arc<dyn TextFile>> {
        self.create().map(|texts| texts as Arc<dyn TextFile>)
    }

    #[cfg(test)]
    fn recent_in_memory(&self) -> u32 {
        4
    }
}

fn create_file(folder: &Path) -> io::Result<FolderTextFile> {
    fs::create_dir_all(folder)?;
    let mut maker = tempfile::Builder::new();
    let made = maker.prefix("").rand_bytes(NAME_LENGTH).tempfile_in(folder)?;
    let (file, path) = made.keep().map_err(|error| error.error)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    Ok(FolderTextFile::new(name.unwrap_or_default(), file, path, 0))
}

fn register(
    in_use: &mut Vec<Weak<FolderTextFile>>,
    texts: Arc<FolderTextFile>,
) -> Arc<FolderTextFile> {
    in_use.retain(|known| known.strong_count() > 0);
    in_use.push(Arc::downgrade(&texts));
    texts
}

/// Removes the files of a folder that are not in use, and returns how many it removed.
fn remove_unused(folder: &Path, is_used: impl Fn(&str) -> bool) -> io::Result<usize> {
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
            // Another process removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(removed), Err)
}

fn is_file(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_file())
}

/// Whether another process reads or writes a file: each process locks the files that it uses.
fn is_in_use_elsewhere(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Logs, once, that texts stay in memory.
pub(super) fn warn_once(error: &io::Error) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        warn!(%error, "texts cannot be written to a file and stay in memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(root.join(SUBFOLDER)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_persistent_file_stays_as_long_as_it_is_needed() {
        let root = tempfile::tempdir().unwrap();
        let folder = TextFolder::persistent(root.path());
        folder.remove_unused_files(&BTreeSet::new());
        let (used, named, lost) =
            (folder.create().unwrap(), folder.create().unwrap(), folder.create().unwrap());
        let named = BTreeSet::from([named.name.clone()]);
        drop(lost);
        assert_eq!(names(root.path()).len(), 3);
        folder.remove_unused_files(&named);
        let kept = BTreeSet::from([used.name.clone()]);
        assert_eq!(names(root.path()), &kept | &named);
        drop(used);
        folder.remove_unused_files(&named);
        assert_eq!(names(root.path()), named);
    }

    #[test]
    fn a_missing_or_short_file_is_not_found() {
        let root = tempfile::tempdir().unwrap();
        let text_file = TextFolder::persistent(root.path()).create().unwrap();
        text_file.put(b"one").unwrap();
        let length = text_file.length();
        fs::write(root.path().join("other-file-of-16"), "some file of others").unwrap();
        let next = TextFolder::persistent(root.path());
        assert!(next.find(text_file.name(), length).is_some());
        assert!(next.find(text_file.name(), length + 1).is_none());
        for other in ["", "..", "absentabsentabse", "../other-file-of-16"] {
            assert!(next.find(other, 0).is_none(), "{other}");
        }
    }
}
