//! The settings of this process with the changes of a command line.

use super::{ConfigError, Instance, Loaded, Origin, Overrides, Problem, Sources, load};

impl Overrides {
    /// The values of `--set`, each `key=value`.
    pub(crate) fn of_set(assignments: &[String]) -> Result<Self, ConfigError> {
        let mut overrides = Self::default();
        for assignment in assignments {
            overrides.set(assignment)?;
        }
        Ok(overrides)
    }
}

impl Overrides {
    /// The values of `--set` for the detector: keys of `[detector]`, with or without their table, and
    /// `window`. No other setting changes what is folded.
    pub(crate) fn of_detector(assignments: &[String]) -> Result<Self, ConfigError> {
        let mut overrides = Self::default();
        for assignment in assignments {
            let key = assignment.split('=').next().unwrap_or_default().trim();
            let is_whole = key == "window" || key.starts_with("detector.") || key.is_empty();
            if !is_whole && key.contains('.') {
                let what = format!("`{key}` changes no verdict: only `window` and [detector] do");
                return Err(Problem::new(Origin::Flag("--set".to_owned()), what).into());
            }
            let table = if is_whole { "" } else { "detector." };
            overrides.set(&format!("{table}{}", assignment.trim_start()))?;
        }
        Ok(overrides)
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
