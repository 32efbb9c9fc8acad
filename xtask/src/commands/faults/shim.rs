//! Simulates faults of a machine through a library between a process and the system.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::commands::run_command;

const SOURCE: &str = include_str!("shim.c");

/// The settings of the library. The value is the position in the numbers that it reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Setting {
    /// Seconds that are added to the time of day.
    Clock = 0,
    /// The number of the next writes that fail.
    FailingWrites = 1,
    /// The number of the next syncs that fail.
    FailingSyncs = 2,
    /// The additional milliseconds of each sync.
    SlowSyncs = 3,
    /// 1 if syncs do nothing.
    Unsynced = 4,
    /// The seconds for which the machine slept.
    Slept = 5,
    /// An allocation of this many bytes by a thread of the detector ends the process.
    Deadly = 6,
}

/// The library and its settings.
pub(in crate::commands) struct Shim {
    library: PathBuf,
    settings: PathBuf,
    /// If set, only processes with these words in their command line are affected.
    of: Option<String>,
}

impl Shim {
    /// Builds the library in a folder.
    pub(in crate::commands) fn build(folder: &Path) -> anyhow::Result<Shim> {
        let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
        fs::write(&source, SOURCE)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        run_command(&mut compiler)?;
        let settings = folder.join("faults");
        fs::write(&settings, [0; 56])?;
        Ok(Shim { library, settings, of: None })
    }

    /// Limits it to processes with these words in their command line.
    pub(in crate::commands) fn only_for(self, words: &str) -> Shim {
        Shim { of: Some(words.to_owned()), ..self }
    }

    /// The environment with which a process loads it.
    pub(in crate::commands) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let of = self.of.iter().map(|words| ("FAULTS_OF", PathBuf::from(words)));
        let always = [("LD_PRELOAD", self.library.clone()), ("FAULTS", self.settings.clone())];
        always.into_iter().chain(of).collect()
    }

    /// Changes a setting while the process runs.
    pub(in crate::commands) fn set(&self, setting: Setting, value: i64) -> anyhow::Result<()> {
        let file = File::options().write(true).open(&self.settings)?;
        Ok(file.write_all_at(&value.to_ne_bytes(), setting as u64 * 8)?)
    }
}
