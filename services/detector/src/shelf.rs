//! Shelves for texts: files without a name in a folder, gone with the process or their last article.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::{error, warn};
use wirefold_dedup::{Shelf, Shelves};

/// A folder in which the files are made.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Shelves for Folder {
    fn open(&self) -> Option<Arc<dyn Shelf>> {
        match tempfile::tempfile_in(&self.0) {
            Ok(file) => Some(Arc::new(Texts { file, end: AtomicU64::new(0) })),
            Err(error) => {
                tell(&error);
                None
            }
        }
    }
}

/// Texts one behind the other.
#[derive(Debug)]
struct Texts {
    file: File,
    end: AtomicU64,
}

impl Shelf for Texts {
    fn put(&self, bytes: &[u8]) -> Option<u64> {
        let place = self.end.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        match self.file.write_all_at(bytes, place) {
            Ok(()) => Some(place),
            Err(error) => {
                tell(&error);
                None
            }
        }
    }

    fn read(&self, place: u64, bytes: &mut [u8]) {
        if let Err(error) = self.file.read_exact_at(bytes, place) {
            // As with memory that fails, nothing right can be said from here on. A panic would bury the
            // article that was being judged; whoever starts again learns everything anew.
            error!(%error, "a text cannot be read back from the disk; the detector ends, start it again");
            std::process::abort();
        }
    }
}

/// Says once that texts stay in memory.
fn tell(error: &std::io::Error) {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !TOLD.swap(true, Ordering::Relaxed) {
        warn!(%error, "texts cannot be written to a file and stay in memory");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_read_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Folder(folder.path().to_owned()).open().unwrap();
        let places: Vec<u64> =
            ["one", "", "three"].map(|text| shelf.put(text.as_bytes()).unwrap()).into();
        let mut bytes = [0; 5];
        shelf.read(places[2], &mut bytes);
        assert_eq!(&bytes, b"three");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn without_a_folder_there_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Folder(folder.path().join("none")).open().is_none());
    }
}
