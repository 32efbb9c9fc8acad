//! The settings of this process, as a command line asks for them.

use super::{ConfigError, Loaded, Overrides, Sources, load};
use crate::client::Place;

impl Overrides {
    /// What `--set` says, each `key=value`.
    pub(crate) fn of_set(assignments: &[String]) -> Result<Self, ConfigError> {
        let mut overrides = Self::default();
        for assignment in assignments {
            overrides.set(assignment)?;
        }
        Ok(overrides)
    }
}

/// Reads the settings of this process: the file and the folder that `place` names, if it does, and
/// what a command's other flags say.
pub(crate) fn load_here(place: &Place, mut flags: Overrides) -> Result<Loaded, ConfigError> {
    if let Some(data) = &place.data {
        flags.flag("--data", "data", data.to_string_lossy());
    }
    load(&Sources::of_process(place.config.clone()), &flags)
}
