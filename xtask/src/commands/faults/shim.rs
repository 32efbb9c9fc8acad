//! Simulates faults of a machine through a library between a process and the system.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

const SOURCE: &str = include_str!("shim.c");

/// What can be set, by its place among the numbers that the library reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// Seconds added to the clock of the day.
    Clock = 0,
    /// How many of the next writes fail.
    FailingWrites = 1,
    /// How many of the next syncs fail.
    FailingSyncs = 2,
    /// Milliseconds that each sync takes longer.
    SlowSyncs = 3,
    /// 1 if syncs do nothing.
    Unsynced = 4,
    /// Seconds that the machine slept.
    Slept = 5,
    /// A thread of the detector that asks for a piece of memory of so many bytes ends the process.
    Deadly = 6,
}

/// The library and what it is told.
pub(super) struct Shim {
    library: PathBuf,
    settings: PathBuf,
    /// Only processes with these words in their command line.
    of: Option<String>,
}

impl Shim {
    /// Builds it in a folder.
    pub(super) fn build(folder: &Path) -> anyhow::Result<Shim> {
        let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
        fs::write(&source, SOURCE)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        ensure!(compiler.status().context("cc")?.success(), "the library does not build");
        let settings = folder.join("faults");
        fs::write(&settings, [0; 56])?;
        Ok(Shim { library, settings, of: None })
    }

    /// Only for processes with these words in their command line.
    pub(super) fn only_for(self, words: &str) -> Shim {
        Shim { of: Some(words.to_owned()), ..self }
    }

    /// What a process that it stands before is started with.
    pub(super) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let of = self.of.iter().map(|words| ("FAULTS_OF", PathBuf::from(words)));
        let always = [("LD_PRELOAD", self.library.clone()), ("FAULTS", self.settings.clone())];
        always.into_iter().chain(of).collect()
    }

    /// Sets a number, at once.
    pub(super) fn set(&self, setting: Setting, value: i64) -> anyhow::Result<()> {
        let file = File::options().write(true).open(&self.settings)?;
        Ok(file.write_all_at(&value.to_ne_bytes(), setting as u64 * 8)?)
    }
}
