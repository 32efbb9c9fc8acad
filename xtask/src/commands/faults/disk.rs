//! A disk whose power can be cut: a file system in a file. Unsynced writes are only in the memory of the file
//! system, so a copy of the file has only the data that reached the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The size of a disk.
pub(super) const DISK: u64 = 256 << 20;

/// A mounted disk. It is unmounted when it is dropped.
pub(super) struct Disk {
    file: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    /// Creates and mounts an empty disk of this size in a folder. Returns the reason if this user or system
    /// cannot.
    pub(super) fn make(folder: &Path, bytes: u64) -> anyhow::Result<Result<Disk, String>> {
        let file = folder.join("disk.img");
        fs::File::create(&file)?.set_len(bytes)?;
        if let Err(why) = run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&file)) {
            return Ok(Err(format!("no file system can be made: {why}")));
        }
        Ok(Disk::mount(file, folder.join("disk")))
    }

    fn mount(file: PathBuf, mounted: PathBuf) -> Result<Disk, String> {
        fs::create_dir_all(&mounted).map_err(|error| error.to_string())?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&file).arg(&mounted))
            .map_err(|why| format!("nothing can be mounted here: {why}"))?;
        Ok(Disk { file, mounted })
    }

    /// The folder of its files.
    pub(super) fn path(&self) -> &Path {
        &self.mounted
    }

    /// The disk after a power cut at this moment. No process may write meanwhile.
    pub(super) fn after_a_power_cut(&self) -> anyhow::Result<Disk> {
        let copy = self.file.with_extension("cut");
        let copied = run(Command::new("cp").arg("--sparse=always").arg(&self.file).arg(&copy));
        copied.map_err(anyhow::Error::msg)?;
        let mounted = self.mounted.with_file_name("disk-after");
        Disk::mount(copy, mounted).map_err(anyhow::Error::msg)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A lazy unmount: a process may still be ending there.
        let _ = Command::new("umount").arg("-l").arg(&self.mounted).status();
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
