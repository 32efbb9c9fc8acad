//! A disk whose power can be cut: a file system in a file. Unsynced writes are only in the memory of the file
//! system, so a copy of the file has only the data that reached the disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Skipped;
use crate::commands::{output_of, run_command};

/// The size of a disk.
pub(super) const DISK: u64 = 256 << 20;

/// A mounted disk. It is unmounted when it is dropped.
pub(super) struct Disk {
    file: PathBuf,
    mounted: PathBuf,
}

impl Disk {
    /// Creates and mounts an empty disk of this size in a folder. The error is [`Skipped`] if this user or system cannot.
    pub(super) fn make(folder: &Path, bytes: u64) -> anyhow::Result<Disk> {
        let file = folder.join("disk.img");
        fs::File::create(&file)?.set_len(bytes)?;
        output_of(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&file))
            .map_err(|why| Skipped(format!("no file system can be made: {why:#}")))?;
        Disk::mount(file, folder.join("disk"))
    }

    fn mount(file: PathBuf, mounted: PathBuf) -> anyhow::Result<Disk> {
        fs::create_dir_all(&mounted)?;
        output_of(Command::new("mount").args(["-o", "loop"]).arg(&file).arg(&mounted))
            .map_err(|why| Skipped(format!("nothing can be mounted here: {why:#}")))?;
        Ok(Disk { file, mounted })
    }

    /// The folder of its files.
    pub(super) fn path(&self) -> &Path {
        &self.mounted
    }

    /// The disk after a power cut at this moment. No process may write meanwhile.
    pub(super) fn after_a_power_cut(&self) -> anyhow::Result<Disk> {
        let copy = self.file.with_extension("cut");
        run_command(Command::new("cp").arg("--sparse=always").args([&self.file, &copy]))?;
        Disk::mount(copy, self.mounted.with_file_name("disk-after"))
    }

    /// Fills it until `while_full` returns.
    pub(super) fn fill(&self, while_full: impl FnOnce()) -> anyhow::Result<()> {
        let ballast = self.mounted.join("ballast");
        let mut fill = Command::new("dd");
        fill.args(["if=/dev/zero", "bs=4k", "status=none"])
            .arg("of=".to_owned() + &ballast.to_string_lossy());
        // It fails once the disk is full.
        let _ = fill.stderr(Stdio::null()).status();
        while_full();
        Ok(fs::remove_file(ballast)?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A lazy unmount: a process may still be ending there.
        let _ = Command::new("umount").arg("-l").arg(&self.mounted).status();
    }
}
