//! Where wirefold reports that it is well.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Interval;

use super::value::Address;

/// The heartbeat. What wirefold says by itself where it is not well is in docs/health.md.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HealthConfig {
    /// An address that wirefold calls (`GET`) while all is well, such as that of a check at healthchecks.io. Somebody
    /// there alerts you once the calls stop.
    pub(crate) heartbeat: Option<Address>,
    /// The time from one call to the next; at least 10 seconds.
    pub(crate) heartbeat_interval: Interval,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { heartbeat: None, heartbeat_interval: Interval::from_seconds(60) }
    }
}
