//! The data folder and the settings that a command works on.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{ConfigError, Loaded, Overrides, Sources, files, load};

/// The wirefold that a command works on.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Instance {
    /// The data folder; else the config's `data`.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The config file; else ./wirefold.toml, then the user's, then the system's.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Instance {
    /// Whether the data is on a NATS server: by the settings, or because only `up --nats` has run on this
    /// folder.
    pub(crate) fn is_over_nats(&self, folder: &Path) -> bool {
        let loaded = load_here(self, Overrides::default());
        let is_configured = loaded.is_ok_and(|it| !it.config.bus.nats.is_empty());
        let is_embedded = folder.join(wirefold_flow_sqlite::FILE).exists();
        is_configured || folder.join("nats").is_dir() && !is_embedded
    }

    /// The detector's thresholds in the settings of this instance.
    pub(crate) fn method(&self) -> Result<wirefold_dedup::Settings, ConfigError> {
        Ok(load_here(self, Overrides::default())?.config.method())
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => Ok(load_here(self, Overrides::default())?.config.data),
        }
    }
}

/// Reads the settings of this process: the file and the folder of `instance`, and the other flags of the
/// command.
pub(crate) fn load_here(instance: &Instance, mut flags: Overrides) -> Result<Loaded, ConfigError> {
    if let Some(data) = &instance.data {
        flags.flag("--data", "data", data.to_string_lossy());
    }
    load(&Sources::of_process(instance.config.clone()), &flags)
}

/// The files that give this process settings, with subscription files and lists of words. Some may not exist.
pub(crate) fn watched_files(instance: &Instance) -> Vec<PathBuf> {
    files::with_those_beside(&Sources::of_process(instance.config.clone()).files())
}
