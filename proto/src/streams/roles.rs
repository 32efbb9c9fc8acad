//! The roles that connect to the bus.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::string_form::words;

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

/// A role that connects to the bus. Each is a user of the NATS server with only its rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Creates streams, stores and consumers, and deletes messages that all have read. It owns no messages.
    Setup,
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
    /// The command line.
    Cli,
    /// Users' own programs: read only.
    Reader,
}

words! {
    Role:
    Setup = "setup",
    Fetcher = "fetcher",
    Detector = "detector",
    Enricher = "enricher",
    Alerter = "alerter",
    Gateway = "gateway",
    Cli = "cli",
    Reader = "reader",
}

impl Role {
    /// Its inboxes, to which no other role may subscribe. The pruner logs in as `setup` from a process of its own.
    #[must_use]
    pub fn inboxes(self) -> Vec<String> {
        let pruner = (self == Self::Setup).then_some("pruner");
        let names = [self.as_str()].into_iter().chain(pruner);
        names.map(|name| format!("_INBOX_{name}.>")).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
