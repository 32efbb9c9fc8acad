//! The text files in a snapshot. The snapshot names them and also contains their bytes, after
//! everything else, so that a start that finds the files does not read these bytes.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use wirefold_dedup::TextFile;
use wirefold_dedup::codec::TextFileLocation;

use super::frames::{InvalidSnapshot, Pieces, TextFileEntry};
use crate::text_file::{FolderTextFile, TextFolder};

/// If a snapshot names more text files than this, a start combines them into one. Each start
/// creates new files, so a detector that restarts often would run out of open files.
const MAX_TEXT_FILES: usize = 64;

/// The text files of a snapshot that is being written, each with its length at that time.
pub(crate) struct SavedTextFiles(Vec<(Arc<FolderTextFile>, u64)>);

impl SavedTextFiles {
    /// These text files with their present lengths.
    pub(crate) fn new(folder: &TextFolder, text_files: &[Arc<dyn TextFile>]) -> Self {
        let own = |text_file| {
            folder.find_own(text_file).expect("the detector has its text_files from there")
        };
        let texts = text_files.iter().map(own);
        Self(texts.map(|texts| (texts.clone(), texts.length())).collect())
    }

    pub(crate) fn entries(&self) -> Vec<TextFileEntry> {
        let named = |(texts, length): &(Arc<FolderTextFile>, u64)| TextFileEntry {
            name: texts.name().to_owned(),
            length: *length,
        };
        self.0.iter().map(named).collect()
    }

    /// Passes the bytes of all files to `give`, one file after another.
    pub(crate) fn copy(&self, give: &mut dyn FnMut(Vec<u8>)) {
        self.0.iter().for_each(|(texts, length)| texts.copy(*length, give));
    }

    /// Returns once the files that have names would survive a power cut. If their folder is gone, that
    /// is no error: a start takes missing texts from the snapshot.
    pub(crate) fn sync(&self, folder: &TextFolder) -> io::Result<()> {
        let mut named = self.0.iter().filter(|(texts, _)| !texts.name().is_empty()).peekable();
        let has_names = named.peek().is_some();
        named.try_for_each(|(texts, _)| texts.sync())?;
        match folder.sync() {
            Err(error) if has_names && error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// The text files of a snapshot that is being read.
pub(crate) struct RestoredTextFiles {
    locations: Vec<TextFileLocation>,
    /// The length of each file in the snapshot, and the new text file for its bytes if the old one
    /// was not found.
    lengths: Vec<(u64, Option<Arc<FolderTextFile>>)>,
}

impl RestoredTextFiles {
    /// Opens the text files that exist, and creates new ones for the others.
    pub(crate) fn open(folder: &TextFolder, entries: &[TextFileEntry]) -> Self {
        let mut restored = Self { locations: Vec::new(), lengths: Vec::new() };
        let combined = (entries.len() > MAX_TEXT_FILES).then(|| folder.create());
        let mut end = 0;
        for TextFileEntry { name, length } in entries {
            let found = if combined.is_some() { None } else { folder.find(name, *length) };
            let fresh = match found {
                Some(_) => None,
                None => Some(combined.clone().unwrap_or_else(|| folder.create())),
            };
            let start = if combined.is_some() { end } else { 0 };
            end += length;
            if let Some(text_file) = found.or_else(|| fresh.clone()) {
                restored.locations.push(TextFileLocation { text_file, start });
            }
            restored.lengths.push((*length, fresh));
        }
        restored
    }

    pub(crate) fn locations(&self) -> Vec<TextFileLocation> {
        self.locations.clone()
    }

    /// Whether some text files were not found.
    pub(crate) fn has_missing(&self) -> bool {
        self.lengths.iter().any(|(_, fresh)| fresh.is_some())
    }

    /// Writes the bytes of the missing files to the new text files.
    pub(crate) fn write_missing(&self, pieces: &mut Pieces) -> Result<(), InvalidSnapshot> {
        for (length, fresh) in &self.lengths {
            let mut rest = *length;
            while rest > 0 {
                let piece = pieces.next().ok_or(InvalidSnapshot::CutShort)?;
                // A piece never contains bytes of two text files.
                rest = rest.checked_sub(piece.len() as u64).ok_or(InvalidSnapshot::Broken)?;
                if let Some(fresh) = fresh {
                    fresh.append(&piece);
                }
            }
        }
        pieces.check_total()
    }
}

/// The names of these text files.
pub(crate) fn file_names(named: Vec<TextFileEntry>) -> BTreeSet<String> {
    named.into_iter().map(|named| named.name).collect()
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;
    use crate::snapshot::frames::Pieces;

    /// More text files than a start opens separately, with one text each.
    #[test]
    fn many_text_files_become_one() {
        let root = tempfile::tempdir().unwrap();
        let folder = TextFolder::persistent(root.path());
        let text = |number: usize| format!("text {number}").into_bytes();
        let text_files: Vec<Arc<dyn TextFile>> =
            (0..=MAX_TEXT_FILES).map(|_| folder.create() as _).collect();
        for (number, text_file) in text_files.iter().enumerate() {
            assert_eq!(text_file.put(&text(number)), Some(0));
        }
        let saved = SavedTextFiles::new(&folder, &text_files);
        let (sender, pieces) = mpsc::channel(2 * MAX_TEXT_FILES);
        let mut total = 0;
        saved.copy(&mut |piece| {
            total += piece.len() as u64;
            sender.try_send(piece).unwrap();
        });
        sender.try_send(total.to_le_bytes().to_vec()).unwrap();
        let restored = RestoredTextFiles::open(&folder, &saved.entries());
        restored.write_missing(&mut Pieces::after_header(0, pieces)).unwrap();
        let locations = restored.locations();
        assert_eq!(locations.len(), text_files.len());
        for (number, TextFileLocation { text_file, start }) in locations.iter().enumerate() {
            assert!(Arc::ptr_eq(text_file, &locations[0].text_file));
            let mut bytes = text(number);
            bytes.fill(0);
            text_file.read(*start, &mut bytes);
            assert_eq!(bytes, text(number));
        }
    }
}
