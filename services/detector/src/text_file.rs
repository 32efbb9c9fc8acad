//! The text files of the text store, in a folder. If the detector writes snapshots, the files have
//! names and outlive the process, so that a snapshot only stores the position of a text. Otherwise
//! they vanish with the process.
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
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tracing::error;
use wirefold_dedup::TextFile;

pub use folder::TextFolder;

/// A text file: records one after another, each with its length and checksum. Bytes for which the
/// file has no room stay in memory.
#[derive(Debug)]
pub struct FolderTextFile {
    /// The name of the file, or "" if it has none.
    name: String,
    file: Option<File>,
    path: PathBuf,
    lengths: RwLock<Lengths>,
}

/// The bytes in the file and in memory.
#[derive(Debug, Default)]
struct Lengths {
    /// How many bytes are in the file.
    in_file: u64,
    /// The bytes that follow, for which the file had no room.
    overflow: Vec<u8>,
}

impl FolderTextFile {
    /// The name by which a later process finds the file; "" if it will be gone.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn new(name: String, file: Option<File>, path: PathBuf, in_file: u64) -> Self {
        // If locks are not supported, another process may remove the file. The next start then
        // takes longer.
        let _ = file.as_ref().map(File::try_lock_shared);
        Self { name, file, path, lengths: RwLock::new(Lengths { in_file, overflow: Vec::new() }) }
    }

    /// The number of bytes written so far.
    #[must_use]
    pub fn length(&self) -> u64 {
        let lengths = self.lengths();
        lengths.in_file + lengths.overflow.len() as u64
    }

    /// Appends records copied from a snapshot; in memory if the file has no room.
    pub fn append(&self, copied: &[u8]) {
        let mut lengths = self.lengths_to_change();
        if lengths.overflow.is_empty() && self.write(copied, lengths.in_file).is_ok() {
            lengths.in_file += copied.len() as u64;
        } else {
            lengths.overflow.extend_from_slice(copied);
        }
    }

    /// Passes the first `length` bytes to `give`, in pieces of whole records.
    pub fn copy(&self, length: u64, give: &mut dyn FnMut(Vec<u8>)) {
        let read = |at: u64, bytes: &mut [u8]| self.bytes_at(at, bytes);
        if let Err(error) = records::copy(length, &read, give) {
            self.give_up(&error);
        }
    }

    /// Returns once the written bytes would survive a power cut.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    fn write(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.write_all_at(bytes, place).inspect_err(folder::warn_once)
    }

    fn bytes_at(&self, place: u64, bytes: &mut [u8]) -> io::Result<()> {
        let lengths = self.lengths();
        let rest_of_file =
            usize::try_from(lengths.in_file.saturating_sub(place)).unwrap_or(usize::MAX);
        let (from_file, from_memory) = bytes.split_at_mut(rest_of_file.min(bytes.len()));
        if let (Some(file), false) = (&self.file, from_file.is_empty()) {
            file.read_exact_at(from_file, place)?;
        }
        let start = usize::try_from(place.saturating_sub(lengths.in_file)).unwrap_or(usize::MAX);
        let stored = lengths.overflow.get(start..).and_then(|rest| rest.get(..from_memory.len()));
        from_memory.copy_from_slice(stored.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn read_record(&self, place: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut record = vec![0; records::PREFIX + bytes.len()];
        self.bytes_at(place, &mut record)?;
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
        let _ = self.remove();
        std::process::abort();
    }

    fn remove(&self) -> io::Result<()> {
        if self.name.is_empty() { Ok(()) } else { std::fs::remove_file(&self.path) }
    }

    // No thread can leave the lengths half changed, so a poisoned lock does no harm.
    fn lengths(&self) -> RwLockReadGuard<'_, Lengths> {
        self.lengths.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lengths_to_change(&self) -> RwLockWriteGuard<'_, Lengths> {
        self.lengths.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TextFile for FolderTextFile {
    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let record = records::encode(bytes)?;
        let mut lengths = self.lengths_to_change();
        let place = lengths.in_file;
        // Once bytes had to stay in memory, the file must not grow: positions would no longer
        // match.
        if !lengths.overflow.is_empty() || self.write(&record, place).is_err() {
            return None;
        }
        lengths.in_file += record.len() as u64;
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

    fn copied(text_file: &FolderTextFile, length: u64) -> Vec<u8> {
        let mut all = Vec::new();
        text_file.copy(length, &mut |piece| all.extend(piece));
        all
    }

    /// Also by a later process, and from a copy, on disk and in memory.
    #[test]
    fn texts_are_read_as_they_were_written() {
        for given in [&[][..], &[""], &["one"], &["", "one", "", "zwölf, and some more of it", "x"]]
        {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            let root = tempfile::tempdir().unwrap();
            let folder = TextFolder::persistent(root.path());
            let text_file = folder.create();
            let places = put(&text_file, &given);
            assert_eq!(texts(&text_file, &places), given);
            let length = text_file.length();
            put(&text_file, &["later".to_owned()]);
            let again = TextFolder::persistent(root.path()).find(text_file.name(), length).unwrap();
            assert_eq!(texts(&again, &places), given);
            let all = copied(&text_file, length);
            assert_eq!(all.len() as u64, length);
            for copy in [folder.create(), TextFolder::in_memory().create()] {
                all.chunks(7).for_each(|part| copy.append(part));
                assert_eq!(texts(&copy, &places), given);
                assert_eq!(copied(&copy, length), all);
            }
        }
    }

    /// The copy continues in memory in the middle of a text.
    #[test]
    fn a_copy_continues_in_memory_if_the_disk_is_full() {
        let root = tempfile::tempdir().unwrap();
        let folder = TextFolder::persistent(root.path());
        let (text_file, given) = (folder.create(), ["one", "another"].map(str::to_owned));
        let places = put(&text_file, &given);
        let all = copied(&text_file, text_file.length());
        let file = File::open(&text_file.path).unwrap();
        let copy = FolderTextFile::new(String::new(), Some(file), PathBuf::new(), 15);
        copy.append(&all[15..22]);
        copy.append(&all[22..]);
        assert_eq!(
            copy.lengths().overflow.len(),
            all.len() - 15,
            "the file is open for reading alone"
        );
        assert_eq!(texts(&copy, &places), given);
        assert_eq!(copied(&copy, copy.length()), all);
        assert_eq!(copy.put(b"more"), None);
    }

    /// A text file with three texts whose file was damaged by `harm`.
    fn harmed(
        harm: impl Fn(&mut Vec<u8>),
    ) -> (tempfile::TempDir, Arc<FolderTextFile>, Vec<(u64, usize)>) {
        let root = tempfile::tempdir().unwrap();
        let text_file = TextFolder::persistent(root.path()).create();
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
            let read = |at: u64, bytes: &mut [u8]| text_file.bytes_at(at, bytes);
            assert!(records::copy(text_file.length(), &read, &mut drop).is_err());
            text_file.remove().unwrap();
            assert!(!text_file.path.exists());
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
