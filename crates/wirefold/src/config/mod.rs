//! The configuration: settings from files, the environment and flags, each with its origin.
//!
//! [`load`] reads and checks everything and reports all mistakes at once. The environment and the paths of
//! files are arguments ([`Sources`]). Only [`Sources::of_process`] reads the real ones.

mod finish;
mod instance;
mod layers;
mod list_files;
mod origin;
mod problem;
mod read;
mod reference;
mod services;
mod settings;
mod settings_file;
mod subscription_files;
mod toml_tree;
mod tree;
mod written;

#[cfg(test)]
mod docs;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use wirefold_query::Lists;

pub(crate) use instance::{Instance, load_here};
pub(crate) use layers::{FILE_NAME, Overrides, Sources};
pub(crate) use origin::{Origin, Origins};
pub(crate) use problem::{ConfigError, Problem, suggestion};
pub(crate) use reference::{Row, Section, sections};
pub(crate) use services::reachable;
pub(crate) use settings::{
    BusConfig, Config, DeliveryConfig, DeliveryKind, LogFormat, NatsConfig, SourceConfig,
    SubscriptionConfig,
};
pub(crate) use written::{Line, lines, quoted, toml_text};

/// The id that a feed's address gives, or why the address is invalid.
pub(crate) fn feed_id_of(address: &str) -> Result<String, String> {
    settings::Address::try_from(address.to_owned())
        .map(|address| wirefold_fetcher::slug::of_address(address.url()))
}

/// The settings from flags alone. Files and the environment are not read.
///
/// # Errors
/// All mistakes in them.
pub(crate) fn of_flags(flags: &Overrides) -> Result<Config, ConfigError> {
    let mut tree = flags.tree();
    let origins = tree.origins();
    let mut config = read::read(&mut tree).map_err(ConfigError::new)?;
    let problems = finish::finish(&mut config, &origins, &Sources::default(), &BTreeSet::new());
    if problems.is_empty() { Ok(config) } else { Err(ConfigError::new(problems)) }
}

/// Usable settings with their origins.
#[derive(Debug, Clone)]
pub(crate) struct Loaded {
    /// The settings. Ids are filled in, paths are resolved, and secrets are read.
    pub(crate) config: Config,
    /// The origin of each setting.
    pub(crate) origins: Origins,
    /// The files that were read, the lowest layer first.
    pub(crate) files: Vec<PathBuf>,
    /// The lists of words beside the files.
    pub(crate) lists: Lists,
    /// Problems that are not refused: environment variables with wirefold's prefix that name no key,
    /// and unreadable lists.
    pub(crate) warnings: Vec<Problem>,
}

/// Reads the settings from all layers.
///
/// # Errors
/// All mistakes that can be found at once. A mistake in a file of `subscriptions.d` is a warning: that file
/// is left out.
pub(crate) fn load(sources: &Sources, overrides: &Overrides) -> Result<Loaded, ConfigError> {
    let (mut left_out, mut warnings) = (BTreeSet::new(), Vec::new());
    // Each round leaves out one more file, or is the last.
    loop {
        let error = match load_without(sources, overrides, &left_out) {
            Ok(loaded) => {
                return Ok(Loaded { warnings: [loaded.warnings, warnings].concat(), ..loaded });
            }
            Err(error) => error,
        };
        let files: BTreeSet<String> =
            error.problems.iter().filter_map(subscription_files::file_of).collect();
        if files.is_empty() {
            return Err(error);
        }
        let theirs = error.problems.into_iter();
        let theirs = theirs.filter(|problem| subscription_files::file_of(problem).is_some());
        warnings.extend(theirs.map(|problem| {
            let what = format!("{} (this file is left out)", problem.what);
            Problem { what, ..problem }
        }));
        left_out.extend(files);
    }
}

fn load_without(
    sources: &Sources,
    overrides: &Overrides,
    left_out: &BTreeSet<String>,
) -> Result<Loaded, ConfigError> {
    let layered = layers::read(sources, overrides, left_out).map_err(ConfigError::new)?;
    let mut tree = layered.tree;
    let origins = tree.origins();
    let read::Partial { settings, mut problems, broken } = read::read_partial::<Config>(&mut tree);
    let Some(mut config) = settings else { return Err(ConfigError::new(problems)) };
    problems.extend(finish::finish(&mut config, &origins, sources, &broken));
    if !problems.is_empty() {
        return Err(ConfigError::new(problems));
    }
    let (lists, unread) = list_files::read(&sources.files());
    let warnings = [layered.unknown_variables, unread].concat();
    Ok(Loaded { config, origins, files: layered.files, lists, warnings })
}
