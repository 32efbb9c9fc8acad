//! The roles that connect to the bus.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::words::words;

/// A stage of the pipeline.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Polls feeds and fetches articles.
    Fetcher,
    /// Judges articles.
    Detector,
    /// Extracts findings from articles.
    Enricher,
    /// Sends alerts.
    Alerter,
    /// Serves feeds, API and page.
    Gateway,
}

words! {
    Stage:
    Fetcher = "fetcher",
    Detector = "detector",
    Enricher = "enricher",
    Alerter = "alerter",
    Gateway = "gateway",
}

/// A role that connects to the bus. Each has its own user with only its rights.
///
/// The `setup` role is not one of them: it owns all streams and buckets and no messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A stage.
    Stage(Stage),
    /// The command line.
    Cli,
    /// Users' own programs: read only.
    Reader,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [FETCHER, DETECTOR, ENRICHER, ALERTER, GATEWAY, CLI, READER];

    /// The name of the NATS user.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stage(stage) => stage.as_str(),
            Self::Cli => "cli",
            Self::Reader => "reader",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

pub(super) const FETCHER: Role = Role::Stage(Stage::Fetcher);
pub(super) const DETECTOR: Role = Role::Stage(Stage::Detector);
pub(super) const ENRICHER: Role = Role::Stage(Stage::Enricher);
pub(super) const ALERTER: Role = Role::Stage(Stage::Alerter);
pub(super) const GATEWAY: Role = Role::Stage(Stage::Gateway);
pub(super) const CLI: Role = Role::Cli;
pub(super) const READER: Role = Role::Reader;
