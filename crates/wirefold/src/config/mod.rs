//! The configuration: settings from files, the environment and flags, each with its origin.
//!
//! [`load`] reads and checks everything and reports mistakes of all tables at once. The environment and the paths of
//! files are arguments ([`Sources`]). Only [`Sources::of_process`] reads the real ones.

mod files;
mod finish;
mod layers;
mod origin;
mod read;
mod reference;
mod services;
mod settings;
mod tree;

#[cfg(test)]
mod docs_tests;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use wirefold_query::Lists;

use layers::Layered;

pub(crate) use layers::{FILE_NAME, Overrides, Sources};
pub(crate) use origin::{ConfigError, Origin, Origins, Problem, suggestion};
pub(crate) use read::header;
pub(crate) use reference::{Line, Row, Section, lines, quoted, sections, toml_text};
pub(crate) use services::reachable;
pub(crate) use settings::{
    BusConfig, Config, DeliveryConfig, DeliveryKind, LogFormat, NatsConfig, SourceConfig,
    SubscriptionConfig,
};

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

/// The secret at `env:NAME` or `file:PATH`, or why it cannot be read; `None` if the text is no place.
pub(crate) fn secret_at(place: &str) -> Option<Result<String, String>> {
    read::secret_at(place, &Sources::of_process(None))
}

/// The id that a feed's address gives, or why the address is invalid.
pub(crate) fn feed_id_of(address: &str) -> Result<String, String> {
    settings::Address::try_from(address.to_owned())
        .map(|address| wirefold_address::slug::of_address(address.url()))
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
    let zone = sources.variable("TZ").filter(|_| jiff::tz::TimeZone::try_system().is_err());
    let zone = zone.map(|zone| {
        let what = format!("{zone:?} is not a time zone that this machine knows: times are in UTC");
        Problem::new(Origin::Environment("TZ".to_owned()), what)
    });
    let warnings = [unknown_variables, unread, zone.into_iter().collect()].concat();
    Ok(Loaded { config, origins, files, lists, warnings })
}
