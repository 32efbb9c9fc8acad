//! Where the data is that a command is about.

use std::path::PathBuf;

use clap::Args;

use crate::config::Overrides;

/// Which wirefold a command is about.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Place {
    /// The data folder; else the config's `data`.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The config file; else ./wirefold.toml, then the user's, then the system's.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What the commands have in common that ask or tell a wirefold something.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print one JSON object a line, each with its `schema`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Place {
    /// The data folder.
    pub(crate) fn folder(&self) -> anyhow::Result<PathBuf> {
        match &self.data {
            Some(folder) => Ok(folder.clone()),
            None => Ok(crate::config::load_here(self, Overrides::default())?.config.data),
        }
    }
}
