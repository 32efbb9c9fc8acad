//! Text files: files in a folder. Those of a detector that keeps snapshots have names and outlive it,
//! so that a snapshot need only say where on them a text stands; others are gone with the process.
//!
//! A text file is written by the process that made it, from its beginning to its end, and never again: one
//! that another process finds there is read as far as a snapshot says. So two that run at once do not
//! spoil each other's, a lock keeps one in use from being removed, and what a kill cut off at the end is
//! looked at by nobody.

mod folder;
mod records;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tracing::error;
use wirefold_dedup::TextFile;

pub use folder::Folder;

/// Texts one behind the other, each with its length and checksum.
#[derive(Debug)]
pub struct Texts {
    /// The file's, or "" of one without a name.
    name: String,
    file: Option<File>,
    path: PathBuf,
    ends: RwLock<Ends>,
}

/// How much there is.
#[derive(Debug, Default)]
struct Ends {
    /// Bytes in the file.
    filed: u64,
    /// Further ones, which found no room in it.
    over: Vec<u8>,
}

impl Texts {
    /// What a process to come finds it by; "" where none will.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn new(name: String, file: Option<File>, path: PathBuf, filed: u64) -> Self {
        // Where there are no locks, another process may remove it; the next start then takes longer.
        let _ = file.as_ref().map(File::try_lock_shared);
        Self { name, file, path, ends: RwLock::new(Ends { filed, over: Vec::new() }) }
    }

    /// Bytes that stand on it.
    #[must_use]
    pub fn length(&self) -> u64 {
        let ends = self.ends();
        ends.filed + ends.over.len() as u64
    }

    /// Puts bytes of another behind those that stand, in memory where the file has no room.
    pub fn append(&self, copied: &[u8]) {
        let mut ends = self.ends_to_change();
        if ends.over.is_empty() && self.write(copied, ends.filed).is_ok() {
            ends.filed += copied.len() as u64;
        } else {
            ends.over.extend_from_slice(copied);
        }
    }

    /// Gives the records that make up its first so many bytes away, in pieces of whole ones.
    pub fn copy(&self, length: u64, give: &mut dyn FnMut(Vec<u8>)) {
        let read = |at: u64, bytes: &mut [u8]| self.bytes_at(at, bytes);
        if let Err(error) = records::copy(length, &read, give) {
            self.give_up(&error);
        }
    }

    /// Returns once what was put can no more be lost.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    fn write(&self, bytes: &[u8], place: u64) -> io::Result<()> {
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        file.write_all_at(bytes, place).inspect_err(folder::tell)
    }

    fn bytes_at(&self, place: u64, bytes: &mut [u8]) -> io::Result<()> {
        let ends = self.ends();
        let in_file = usize::try_from(ends.filed.saturating_sub(place)).unwrap_or(usize::MAX);
        let (filed, over) = bytes.split_at_mut(in_file.min(bytes.len()));
        if let (Some(file), false) = (&self.file, filed.is_empty()) {
            file.read_exact_at(filed, place)?;
        }
        let start = usize::try_from(place.saturating_sub(ends.filed)).unwrap_or(usize::MAX);
        let stands = ends.over.get(start..).and_then(|rest| rest.get(..over.len()));
        over.copy_from_slice(stands.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn taken(&self, place: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut record = vec![0; records::PREFIX + bytes.len()];
        self.bytes_at(place, &mut record)?;
        bytes.copy_from_slice(records::checked(&record)?);
        Ok(())
    }

    /// As with memory that fails, nothing right can be said from here on. A panic would bury the article
    /// that was being judged. Whoever starts again does not find the file, and takes its texts from the
    /// snapshot or learns everything anew.
    fn give_up(&self, error: &io::Error) -> ! {
        let name = &self.name;
        error!(name, %error, "a text cannot be read back from the disk; the detector ends, start it again");
        // Where it cannot be removed, the next start meets it again.
        let _ = self.remove();
        std::process::abort();
    }

    fn remove(&self) -> io::Result<()> {
        if self.name.is_empty() { Ok(()) } else { std::fs::remove_file(&self.path) }
    }

    // No thread can leave the ends half changed: a poisoned lock is as good as another.
    fn ends(&self) -> RwLockReadGuard<'_, Ends> {
        self.ends.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ends_to_change(&self) -> RwLockWriteGuard<'_, Ends> {
        self.ends.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TextFile for Texts {
    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let record = records::record(bytes)?;
        let mut ends = self.ends_to_change();
        let place = ends.filed;
        // Behind what found no room in the file nothing can be put into it.
        if !ends.over.is_empty() || self.write(&record, place).is_err() {
            return None;
        }
        ends.filed += record.len() as u64;
        Some(place)
    }

    fn read(&self, place: u64, bytes: &mut [u8]) {
        if let Err(error) = self.taken(place, bytes) {
            self.give_up(&error);
        }
    }

    fn length(&self) -> u64 {
        Texts::length(self)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;

    fn texts(text_file: &Texts, places: &[(u64, usize)]) -> Vec<String> {
        let text = |(place, len): &(u64, usize)| {
            let mut bytes = vec![0; *len];
            text_file.taken(*place, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        places.iter().map(text).collect()
    }

    fn put(text_file: &Texts, given: &[String]) -> Vec<(u64, usize)> {
        given.iter().map(|text| (text_file.put(text.as_bytes()).unwrap(), text.len())).collect()
    }

    fn copied(text_file: &Texts, length: u64) -> Vec<u8> {
        let mut all = Vec::new();
        text_file.copy(length, &mut |piece| all.extend(piece));
        all
    }

    /// Also by a process to come, and from a copy, on a disk and without one.
    #[test]
    fn what_was_put_is_read() {
        for given in [&[][..], &[""], &["one"], &["", "one", "", "zwölf, and some more of it", "x"]]
        {
            let given: Vec<String> = given.iter().map(ToString::to_string).collect();
            let root = tempfile::tempdir().unwrap();
            let folder = Folder::lasting(root.path());
            let text_file = folder.fresh();
            let places = put(&text_file, &given);
            assert_eq!(texts(&text_file, &places), given);
            let length = text_file.length();
            put(&text_file, &["later".to_owned()]);
            let again = Folder::lasting(root.path()).find(text_file.name(), length).unwrap();
            assert_eq!(texts(&again, &places), given);
            let all = copied(&text_file, length);
            assert_eq!(all.len() as u64, length);
            for copy in [folder.fresh(), Folder::nowhere().fresh()] {
                all.chunks(7).for_each(|part| copy.append(part));
                assert_eq!(texts(&copy, &places), given);
                assert_eq!(copied(&copy, length), all);
            }
        }
    }

    /// What finds no room goes on in memory, in the middle of a text.
    #[test]
    fn a_copy_goes_on_in_memory_where_the_disk_is_full() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::lasting(root.path());
        let (text_file, given) = (folder.fresh(), ["one", "another"].map(str::to_owned));
        let places = put(&text_file, &given);
        let all = copied(&text_file, text_file.length());
        let file = File::open(&text_file.path).unwrap();
        let copy = Texts::new(String::new(), Some(file), PathBuf::new(), 15);
        copy.append(&all[15..22]);
        copy.append(&all[22..]);
        assert_eq!(copy.ends().over.len(), all.len() - 15, "the file is open for reading alone");
        assert_eq!(texts(&copy, &places), given);
        assert_eq!(copied(&copy, copy.length()), all);
        assert_eq!(copy.put(b"more"), None);
    }

    /// A text file with three texts and its file, to do harm to.
    fn harmed(harm: impl Fn(&mut Vec<u8>)) -> (tempfile::TempDir, Arc<Texts>, Vec<(u64, usize)>) {
        let root = tempfile::tempdir().unwrap();
        let text_file = Folder::lasting(root.path()).fresh();
        let places = put(&text_file, &["one", "", "three"].map(str::to_owned));
        let mut bytes = fs::read(&text_file.path).unwrap();
        harm(&mut bytes);
        fs::write(&text_file.path, bytes).unwrap();
        (root, text_file, places)
    }

    #[test]
    fn what_is_not_as_it_was_put_is_not_given() {
        let harms: [fn(&mut Vec<u8>); 4] = [
            |bytes| bytes.truncate(bytes.len() - 1),
            |bytes| *bytes.last_mut().unwrap() ^= 1,
            |bytes| bytes[8 + 3 + 8] ^= 1,
            |bytes| bytes[8 + 3 + 8 + 4] ^= 1,
        ];
        for harm in harms {
            let (_root, text_file, places) = harmed(harm);
            assert_eq!(texts(&text_file, &places[..2]), ["one", ""]);
            assert!(text_file.taken(places[2].0, &mut [0; 5]).is_err());
            let read = |at: u64, bytes: &mut [u8]| text_file.bytes_at(at, bytes);
            assert!(records::copy(text_file.length(), &read, &mut drop).is_err());
            text_file.remove().unwrap();
            assert!(!text_file.path.exists());
        }
    }

    #[test]
    fn another_place_or_length_is_no_record() {
        let (_root, text_file, places) = harmed(|_| {});
        assert!(text_file.taken(places[2].0 + 1, &mut [0; 5]).is_err());
        assert!(text_file.taken(places[2].0, &mut [0; 4]).is_err());
        assert!(text_file.taken(text_file.length(), &mut []).is_err());
    }
}
