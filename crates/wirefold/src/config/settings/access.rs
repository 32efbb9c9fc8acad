//! How what lies below an address is asked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::{Address, Proxy};
use crate::config::secret::Secret;

/// What is special about all feeds and pages below an address; the closest one counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessConfig {
    /// The address: the same scheme, host and port, and a path that others begin with. Nothing of
    /// it is ever sent elsewhere, also where a site leads on to another.
    pub(crate) url: Address,
    /// The user of a login by HTTP (Basic).
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Its password. Better in the environment or a file of its own.
    #[serde(default)]
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    #[serde(default)]
    pub(crate) password_env: Option<String>,
    /// Headers that are sent there, such as `{ X-Key = "…" }`. They are shown as little as
    /// passwords.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// What wirefold calls itself there; else what `fetcher.user_agent` says.
    #[serde(default)]
    pub(crate) user_agent: Option<String>,
    /// The proxy that it goes through, such as `socks5h://127.0.0.1:9050`. It resolves the names of
    /// hosts, so that their addresses are its to check. Proxies of the environment are never used.
    #[serde(default)]
    pub(crate) proxy: Option<Proxy>,
    /// Whether HTTP/2 and packed answers are left out, for hosts that break them.
    #[serde(default)]
    pub(crate) plain: bool,
}
