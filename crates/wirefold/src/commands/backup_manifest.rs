//! The manifest of a backup: each file with its size and SHA-256. `restore` refuses a backup that was
//! changed.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The name of the file in the folder of a backup.
pub(super) const FILE: &str = "backup.json";
const SCHEMA: &str = "wirefold.backup-manifest/1";
/// The number of bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// The manifest.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    schema: String,
    /// The version that wrote it.
    release: String,
    files: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// The path below the folder of the backup.
    name: PathBuf,
    bytes: u64,
    /// In hexadecimal digits.
    sha256: String,
}

impl Manifest {
    /// The manifest of all files of a folder.
    pub(super) fn of(folder: &Path) -> anyhow::Result<Self> {
        let mut names = Vec::new();
        collect(folder, Path::new(""), &mut names)?;
        names.sort();
        let files = names.into_iter().map(|name| Entry::of(folder, name)).collect::<Result<_, _>>();
        let release = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self { schema: SCHEMA.to_owned(), release, files: files? })
    }

    /// Writes the manifest into the folder.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let path = folder.join(FILE);
        let shown = || format!("cannot write {}", path.display());
        let file = File::options().create_new(true).write(true).mode(0o600).open(&path);
        let mut file = file.with_context(shown)?;
        file.write_all(&serde_json::to_vec_pretty(self)?).with_context(shown)?;
        file.sync_all().with_context(shown)
    }

    /// Reads the manifest of a backup. `None` if the backup has none.
    pub(super) fn read(folder: &Path) -> anyhow::Result<Option<Self>> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let found: Self = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is damaged; nothing was restored", path.display()))?;
        ensure!(
            found.schema == SCHEMA,
            "{} has the schema {:?}, this wirefold knows {SCHEMA:?}; nothing was restored",
            path.display(),
            found.schema
        );
        Ok(Some(found))
    }

    /// Refuses a folder in which a file is missing or changed.
    pub(super) fn check(&self, folder: &Path) -> anyhow::Result<()> {
        for entry in &self.files {
            let found = Entry::of(folder, entry.name.clone())?;
            ensure!(
                found == *entry,
                "{} is not the file that was backed up ({} bytes then, {} now, SHA-256 {}); nothing was restored",
                folder.join(&entry.name).display(),
                entry.bytes,
                found.bytes,
                if found.sha256 == entry.sha256 { "equal" } else { "another" }
            );
        }
        Ok(())
    }
}

impl Entry {
    fn of(folder: &Path, name: PathBuf) -> anyhow::Result<Self> {
        let path = folder.join(&name);
        let shown = || format!("cannot read {}", path.display());
        let mut file = File::open(&path).with_context(shown)?;
        let (mut sum, mut bytes, mut piece) = (Sha256::new(), 0, vec![0; PIECE]);
        loop {
            let read = file.read(&mut piece).with_context(shown)?;
            if read == 0 {
                break;
            }
            sum.update(&piece[..read]);
            bytes += read as u64;
        }
        let sha256 = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { name, bytes, sha256 })
    }
}

/// Collects the paths of the files below a folder, relative to it.
fn collect(folder: &Path, below: &Path, names: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let here = folder.join(below);
    let shown = || format!("cannot read {}", here.display());
    for entry in fs::read_dir(&here).with_context(shown)? {
        let entry = entry.with_context(shown)?;
        let name = below.join(entry.file_name());
        if entry.file_type().with_context(shown)?.is_dir() {
            collect(folder, &name, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_that_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join("wf_texts")).unwrap();
        fs::write(folder.join("wf_texts/1"), vec![7; PIECE + 1]).unwrap();
        fs::write(folder.join("bus.sqlite"), b"tables").unwrap();
        assert!(Manifest::read(folder).unwrap().is_none());
        Manifest::of(folder).unwrap().write(folder).unwrap();
        let manifest = Manifest::read(folder).unwrap().unwrap();
        assert_eq!(manifest.files.len(), 2);
        manifest.check(folder).unwrap();

        fs::write(folder.join("bus.sqlite"), b"tablet").unwrap();
        let why = manifest.check(folder).unwrap_err().to_string();
        assert!(why.contains("bus.sqlite is not the file that was backed up"), "{why}");
        fs::remove_file(folder.join("bus.sqlite")).unwrap();
        let missing = manifest.check(folder).unwrap_err().to_string();
        assert!(missing.contains("bus.sqlite"), "{missing}");
        fs::write(folder.join(FILE), b"{").unwrap();
        let damaged = Manifest::read(folder).unwrap_err().to_string();
        assert!(damaged.contains("backup.json is damaged"), "{damaged}");
    }
}
