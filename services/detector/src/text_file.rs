//! The text files of the text store, in a folder. They outlive the process, so that a snapshot only
//! stores the position of a text.
//!
//! Only the process that created a text file writes it, from beginning to end. Another process
//! reads it only as far as a snapshot says. Therefore two processes that run at once do not damage
//! each other's files, and nobody reads what a kill cut off at the end. A lock protects a file in
//! use from being removed.

mod folder;
mod records;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tracing::error;
use wirefold_fold::TextFile;

pub use folder::TextFolder;

/// A text file: records one after another, each with its length and checksum.
#[derive(Debug)]
pub struct FolderTextFile {
    name: String,
    file: File,
    path: PathBuf,
    /// How many bytes are in it.
    length: Mutex<u64>,
}

impl FolderTextFile {
    /// The name by which a later process finds the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn new(name: String, file: File, path: PathBuf, length: u64) -> Self {
        // If locks are not supported, another process may remove the file. The next start then
        // takes longer.
        let _ = file.try_lock_shared();
        Self { name, file, path, length: Mutex::new(length) }
    }

    /// The number of bytes written so far.
    #[must_use]
    pub fn length(&self) -> u64 {
        *self.locked_length()
    }

    /// Returns once the written bytes would survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn read_record(&self, place: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut record = vec![0; records::PREFIX + bytes.len()];
        self.file.read_exact_at(&mut record, place)?;
        bytes.copy_from_slice(records::check(&record)?);
        Ok(())
    }

    /// Ends the process, as after a memory error, because further verdicts could be wrong. A panic
    /// instead would make the current article a dead letter. The next start does not find the file,
    /// and reads its texts from the snapshot or replays all decisions.
    fn give_up(&self, error: &io::Error) -> ! {
        let name = &self.name;
        error!(name, %error, "a text cannot be read back from the disk; the detector ends, start it again");
        // If the file cannot be removed, the next start finds it again.
        let _ = std::fs::remove_file(&self.path);
        std::process::abort();
    }

    // No thread can leave the length half changed, so a poisoned lock does no harm.
    fn locked_length(&self) -> MutexGuard<'_, u64> {
        self.length.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TextFile for FolderTextFile {
    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let record = records::encode(bytes)?;
        let mut length = self.locked_length();
        let place = *length;
        self.file.write_all_at(&record, place).inspect_err(folder::warn_once).ok()?;
        *length += record.len() as u64;
        Some(place)
    }

    fn read(&self, place: u64, bytes: &mut [u8]) {
        if let Err(error) = self.read_record(place, bytes) {
            self.give_up(&error);
        }
    }

    fn length(&self) -> u64 {
        FolderTextFile::length(self)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;

    fn texts(text_file: &FolderTextFile, places: &[(u64, usize)]) -> Vec<String> {
        let text = |(place, len): &(u64, usize)| {
            let mut bytes = vec![0; *len];
            text_file.read_record(*place, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        places.iter().map(text).collect()
    }

    fn put(text_file: &FolderTextFile, given: &[String]) -> Vec<(u64, usize)> {
        given.iter().map(|text| (text_file.put(text.as_bytes()).unwrap(), text.len())).collect()
    }

    /// Also by a later process.
    #[test]
    fn texts_are_read_as_they_were_written() {
        for given in [&[][..], &[""], &["one"], &["", "one", "", "zwölf, and some more of it", "x"]]
        {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            let root = tempfile::tempdir().unwrap();
            let folder = TextFolder::persistent(root.path());
            let text_file = folder.create().unwrap();
            let places = put(&text_file, &given);
            assert_eq!(texts(&text_file, &places), given);
            let length = text_file.length();
            put(&text_file, &["later".to_owned()]);
            let again = TextFolder::persistent(root.path()).find(text_file.name(), length).unwrap();
            assert_eq!(texts(&again, &places), given);
        }
    }

    /// A text file with three texts whose file was damaged by `harm`.
    fn harmed(
        harm: impl Fn(&mut Vec<u8>),
    ) -> (tempfile::TempDir, Arc<FolderTextFile>, Vec<(u64, usize)>) {
        let root = tempfile::tempdir().unwrap();
        let text_file = TextFolder::persistent(root.path()).create().unwrap();
        let places = put(&text_file, &["one", "", "three"].map(str::to_owned));
        let mut bytes = fs::read(&text_file.path).unwrap();
        harm(&mut bytes);
        fs::write(&text_file.path, bytes).unwrap();
        (root, text_file, places)
    }

    #[test]
    fn damaged_texts_are_never_returned() {
        let harms: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() - 1),
            |bytes| *bytes.last_mut().unwrap() ^= 1,
            |bytes| bytes[8 + 3 + 8] ^= 1,
            |bytes| bytes[8 + 3 + 8 + 4] ^= 1,
        ];
        for harm in harms {
            let (_root, text_file, places) = harmed(harm);
            assert_eq!(texts(&text_file, &places[..2]), ["one", ""]);
            assert!(text_file.read_record(places[2].0, &mut [0; 5]).is_err());
        }
    }

    #[test]
    fn another_position_or_length_is_no_record() {
        let (_root, text_file, places) = harmed(|_| {});
        assert!(text_file.read_record(places[2].0 + 1, &mut [0; 5]).is_err());
        assert!(text_file.read_record(places[2].0, &mut [0; 4]).is_err());
        assert!(text_file.read_record(text_file.length(), &mut []).is_err());
    }
}
