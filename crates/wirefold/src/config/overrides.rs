//! The settings that a command line changes.

use super::{ConfigError, Origin, Overrides, Problem};

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
