//! Where alerts go.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::Address;
use crate::config::secret::Secret;

/// A way that alerts go. Where none prints, one named `stdout` is added that does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryConfig {
    /// The name that subscriptions call it by: lower-case letters, digits, `-`, `_`.
    pub(crate) name: String,
    /// `stdout` prints, `webhook` posts a signed message, `ntfy` notifies a phone.
    pub(crate) kind: DeliveryKind,
    /// Where to: the address of the webhook, or of the ntfy topic.
    #[serde(default)]
    pub(crate) url: Option<Address>,
    /// The keys that a webhook is signed with (`whsec_…`; several while one replaces another), or
    /// the access token of ntfy. Better in the environment or a file of its own.
    #[serde(default)]
    pub(crate) secret: Vec<Secret>,
    /// The file that holds them, one a line.
    #[serde(default)]
    pub(crate) secret_file: Option<std::path::PathBuf>,
    /// The environment variable that holds them, with spaces between.
    #[serde(default)]
    pub(crate) secret_env: Option<String>,
    /// Headers that a webhook is sent with, such as `{ Authorization = "Bearer …" }`. They are
    /// shown as little as secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// How urgently ntfy notifies of what is loud, from 1 to 5; else 4.
    #[serde(default)]
    pub(crate) priority: Option<u8>,
    /// Whether one message a week names the feeds that need a look; where none does, none is sent.
    #[serde(default)]
    pub(crate) feed_digest: bool,
}

impl DeliveryConfig {
    /// The one that prints.
    pub(crate) fn stdout() -> Self {
        Self {
            name: "stdout".to_owned(),
            kind: DeliveryKind::Stdout,
            url: None,
            secret: Vec::new(),
            secret_file: None,
            secret_env: None,
            headers: BTreeMap::new(),
            priority: None,
            feed_digest: false,
        }
    }
}

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryKind {
    /// Prints.
    Stdout,
    /// Posts a signed message.
    Webhook,
    /// Notifies a phone.
    Ntfy,
}
