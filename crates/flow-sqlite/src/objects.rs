//! Stores objects as files beside the database file.
//!
//! A reader never sees a part of an object: a file is first written under another name, then synced, and then renamed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use wirefold_flow::{
    Answer, BusError, ObjectReader, ObjectStores, ObjectWriter, Objects, check_name,
};

use crate::open::create_folder;

/// The end of the name of an unfinished file. The name of an object cannot contain a dot.
pub const UNFINISHED: &str = ".part";
/// How many bytes one read returns.
const CHUNK_BYTES: usize = 1 << 20;

/// The object stores: for each, a folder of files in the data folder.
#[derive(Debug)]
pub struct Folders(pub PathBuf);

impl ObjectStores for Folders {
    fn store(&self, name: &str) -> Arc<dyn Objects> {
        Arc::new(Folder(self.0.join(name)))
    }
}

struct Folder(PathBuf);

/// Runs `work` on a thread that may block on the disk.
async fn on_disk_thread<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
) -> Result<T, BusError> {
    let failed = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let done = spawn_blocking(move || {
        work(&path).map_err(|error| match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BusError::DiskFull,
            _ => BusError::Unavailable(format!("{}: {error}", path.display())),
        })
    });
    done.await.map_err(|error| failed(&error))?
}

fn absent<T: Default>(error: io::Error) -> io::Result<T> {
    if error.kind() == ErrorKind::NotFound { Ok(T::default()) } else { Err(error) }
}

impl Objects for Folder {
    fn write<'a>(&'a self, name: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        let (folder, part) = (self.0.clone(), self.0.join(format!("{name}{UNFINISHED}")));
        Box::pin(async move {
            check_name("object", name)?;
            let begin = move |unfinished: &Path| {
                create_folder(&folder)?;
                File::create(unfinished)
            };
            let file = Arc::new(on_disk_thread(part.clone(), begin).await?);
            Ok(Box::new(FileUpload { file, part, path: self.0.join(name) })
                as Box<dyn ObjectWriter>)
        })
    }

    fn read<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Box<dyn ObjectReader>>> {
        Box::pin(async move {
            check_name("object", name)?;
            let path = self.0.join(name);
            let open = |found: &Path| File::open(found).map(Some).or_else(absent);
            let file = on_disk_thread(path.clone(), open).await?;
            Ok(file.map(|file| Box::new(FileDownload { file: Arc::new(file), path }) as Box<_>))
        })
    }

    fn names(&self) -> Answer<'_, Vec<String>> {
        Box::pin(on_disk_thread(self.0.clone(), |folder| {
            let mut names = Vec::new();
            let entries = fs::read_dir(folder).map(Some).or_else(absent)?;
            for entry in entries.into_iter().flatten() {
                let name = entry?.file_name().to_string_lossy().into_owned();
                if !name.ends_with(UNFINISHED) {
                    names.push(name);
                }
            }
            names.sort_unstable();
            Ok(names)
        }))
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            check_name("object", name)?;
            let folder = self.0.clone();
            let delete = move |path: &Path| {
                fs::remove_file(path).or_else(absent)?;
                sync_folder(&folder).or_else(absent)
            };
            on_disk_thread(self.0.join(name), delete).await
        })
    }
}

/// Syncs a folder. Only then does a renaming or removal of a file in it survive a power cut.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

struct FileUpload {
    file: Arc<File>,
    part: PathBuf,
    path: PathBuf,
}

impl ObjectWriter for FileUpload {
    fn append(&mut self, bytes: Bytes) -> Answer<'_, ()> {
        let file = self.file.clone();
        Box::pin(on_disk_thread(self.part.clone(), move |_| (&*file).write_all(&bytes)))
    }

    fn finish(self: Box<Self>) -> Answer<'static, ()> {
        let Self { file, part, path } = *self;
        let finish = move |unfinished: &Path| {
            file.sync_all()?;
            fs::rename(unfinished, &path)?;
            path.parent().map_or(Ok(()), sync_folder)
        };
        Box::pin(on_disk_thread(part, finish))
    }
}

struct FileDownload {
    file: Arc<File>,
    path: PathBuf,
}

impl ObjectReader for FileDownload {
    fn next(&mut self) -> Answer<'_, Option<Bytes>> {
        let file = self.file.clone();
        Box::pin(on_disk_thread(self.path.clone(), move |_| {
            let mut bytes = Vec::with_capacity(CHUNK_BYTES);
            (&*file).take(CHUNK_BYTES as u64).read_to_end(&mut bytes)?;
            Ok((!bytes.is_empty()).then(|| bytes.into()))
        }))
    }
}
