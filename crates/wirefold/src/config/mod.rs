//! The configuration: settings from files, the environment and flags, each with its origin.
//!
//! [`load`] reads and checks everything and reports all mistakes at once. The environment and the paths of
//! files are arguments ([`Sources`]). Only [`Sources::of_process`] reads the real ones.

mod files;
mod finish;
mod instance;
mod layers;
mod origin;
mod read;
mod reference;
mod services;
mod settings;
mod tree;
mod written;

#[cfg(test)]
mod docs;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use wirefold_query::Lists;

pub(crate) use instance::{Instance, load_here, watched_files};
use layers::Layered;
pub(crate) use layers::{FILE_NAME, Overrides, Sources};
pub(crate) use origin::{ConfigError, Origin, Origins, Problem, suggestion};
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
    load_files(&Sources::default(), &[], flags, &BTreeSet::new()).map(|loaded| loaded.config)
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
        let error = match load_files(sources, &sources.files(), overrides, &left_out) {
            Ok(loaded) => {
                return Ok(Loaded { warnings: [loaded.warnings, warnings].concat(), ..loaded });
            }
            Err(error) => error,
        };
        let files: BTreeSet<String> =
            error.problems.iter().filter_map(files::subscription_file).collect();
        if files.is_empty() {
            return Err(error);
        }
        let theirs = error.problems.into_iter();
        let theirs = theirs.filter(|problem| files::subscription_file(problem).is_some());
        warnings.extend(theirs.map(|problem| {
            let what = format!("{} (this file is left out)", problem.what);
            Problem { what, ..problem }
        }));
        left_out.extend(files);
    }
}

fn load_files(
    sources: &Sources,
    paths: &[PathBuf],
    overrides: &Overrides,
    left_out: &BTreeSet<String>,
) -> Result<Loaded, ConfigError> {
    let Layered { tree, files, unknown_variables } =
        layers::read(sources, paths, overrides, left_out).map_err(ConfigError::new)?;
    let read::Read { settings, origins, mut problems, broken } = read::read(tree, sources);
    let Some(mut config) = settings else { return Err(ConfigError::new(problems)) };
    problems.extend(finish::finish(&mut config, &origins, &broken));
    if !problems.is_empty() {
        return Err(ConfigError::new(problems));
    }
    let (lists, unread) = files::read_lists(paths);
    let warnings = [unknown_variables, unread].concat();
    Ok(Loaded { config, origins, files, lists, warnings })
}
