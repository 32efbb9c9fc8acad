//! The heartbeat address that wirefold calls while it is well.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Interval;

use super::value::Address;

/// The heartbeat. docs/health.md describes how wirefold reports its own problems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HealthConfig {
    /// An address that wirefold calls (`GET`) while it has no problem, such as that of a check at
    /// healthchecks.io. That service alerts you when the calls stop.
    pub(crate) heartbeat: Option<Address>,
    /// The time between two calls; at least 10 seconds.
    pub(crate) heartbeat_interval: Interval,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { heartbeat: None, heartbeat_interval: Interval::from_seconds(60) }
    }
}
