//! What wirefold is told: settings from files, the environment and flags, each with its origin.
//!
//! [`load`] reads and checks everything and tells every mistake at once. The environment and the
//! places of files are arguments ([`Sources`]); the only look at the real ones is
//! [`Sources::of_process`].

mod finish;
mod here;
mod layers;
mod origin;
mod problem;
mod read;
mod reference;
mod secret;
mod services;
mod settings;
mod toml_tree;
mod tree;
mod written;

#[cfg(test)]
mod docs;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub(crate) use here::load_here;
pub(crate) use layers::{FILE_NAME, Overrides, Sources};
pub(crate) use origin::{Origin, Origins};
pub(crate) use problem::{ConfigError, Problem};
pub(crate) use reference::{Row, Section, sections};
pub(crate) use secret::Secret;
pub(crate) use settings::{
    BusConfig, Config, DeliveryConfig, DeliveryKind, LogFormat, NatsConfig, SourceConfig,
    SubscriptionConfig,
};
pub(crate) use written::{Line, lines, quoted, toml_text};

/// The id that a feed's address makes, or why it can be none's.
pub(crate) fn feed_id_of(address: &str) -> Result<String, String> {
    settings::Address::parse(address)
        .map(|address| wirefold_fetcher::slug::of_address(address.url()))
}

/// The settings that flags alone make: no file and no environment is looked at.
///
/// # Errors
/// Every mistake in them.
pub(crate) fn of_flags(flags: &Overrides) -> Result<Config, ConfigError> {
    read::read(&mut flags.tree()).map_err(ConfigError::new)
}

/// Settings that can be used, with where they come from.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The settings. Ids are filled in, paths begin at the working folder, secrets are read.
    pub(crate) config: Config,
    /// Where each comes from.
    pub(crate) origins: Origins,
    /// The files that were read, the lowest layer first.
    pub(crate) files: Vec<PathBuf>,
    /// What may be a mistake and is not refused: environment variables that look like ours.
    pub(crate) warnings: Vec<Problem>,
}

/// Reads the settings from all layers.
///
/// # Errors
/// Every mistake in them that can be told at once.
pub(crate) fn load(sources: &Sources, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let layered = layers::read(sources, overrides).map_err(ConfigError::new)?;
    let mut tree = layered.tree;
    let mut origins = tree.origins();
    let mut config: Config = read::read(&mut tree).map_err(ConfigError::new)?;
    let problems = finish::finish(&mut config, &origins, sources);
    if !problems.is_empty() {
        return Err(ConfigError::new(problems));
    }
    finish::tell_what_was_made(&config, &mut origins);
    Ok(Loaded { config, origins, files: layered.files, warnings: layered.strangers })
}
