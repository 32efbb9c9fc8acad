//! The page, the feeds for feed readers and the API.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::loopback;
use super::value::{Address, Network};

/// The page, the feeds out and the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PageConfig {
    /// The address of the page. On any address other than loopback, requests need a token: `up` prints a link
    /// that signs a browser in, and `wirefold token add` makes tokens for programs. wirefold has no TLS of
    /// its own: use a proxy with TLS if others can read the network.
    pub(crate) listen: SocketAddr,
    /// Requires a token on loopback too, such as where a proxy on this machine serves the page to others.
    pub(crate) tokens: bool,
    /// Requires no token on any address. Everybody who reaches the page may read and write. Set it only if
    /// something else keeps strangers out, such as a container whose port is published on loopback.
    pub(crate) without_tokens: bool,
    /// The header in which a proxy with a login of its own names the user, such as `Remote-User`. A user
    /// named there needs no token. The proxy must remove the header from the requests of strangers.
    pub(crate) trusted_proxy_header: Option<String>,
    /// The addresses or networks of that proxy. wirefold ignores the header from other addresses.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Further names, besides `localhost`, that a browser may use for the page, such as that of a proxy in
    /// front of it.
    pub(crate) hosts: Vec<String>,
    /// The address that links in alerts and feeds begin with. Default: the address at which the page is served.
    pub(crate) base_url: Option<Address>,
}

impl PageConfig {
    /// Whether requests from the network need a token.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        !self.without_tokens && (self.tokens || !self.listen.ip().is_loopback())
    }
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            listen: loopback(8787),
            tokens: false,
            without_tokens: false,
            trusted_proxy_header: None,
            trusted_proxies: Vec::new(),
            hosts: Vec::new(),
            base_url: None,
        }
    }
}
