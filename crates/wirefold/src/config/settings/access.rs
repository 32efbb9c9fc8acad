//! Credentials and headers for the addresses below a prefix.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::Secret;

use super::value::{Address, Proxy};

/// The credentials and headers for all feeds and pages below an address. If several addresses match, the
/// longest applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessConfig {
    /// The address. The section applies to addresses with the same scheme, host and port whose path begins
    /// with this one. Login and headers are sent to no other address, even if a site redirects.
    pub(crate) url: Address,
    /// The user of a login by HTTP (Basic).
    pub(crate) user: Option<String>,
    /// The password of the user. An environment variable or a file is a better place for it.
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// Headers to send there, such as `{ X-Key = "…" }`. Like passwords, they are never shown.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// The name that wirefold sends there; by default `fetcher.user_agent`.
    pub(crate) user_agent: Option<String>,
    /// The proxy to use, such as `socks5h://127.0.0.1:9050`. The proxy resolves host names, so the proxy must
    /// refuse private addresses. wirefold never uses proxies of the environment.
    pub(crate) proxy: Option<Proxy>,
    /// Whether to send requests with HTTP/1.1 and without compression, for hosts that handle these badly.
    #[serde(default)]
    pub(crate) compatibility_mode: bool,
}
