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
    /// Where they are served. Elsewhere than on loopback who asks needs a token: `up` prints a link that
    /// signs a browser in, and `wirefold token add` makes tokens for programs. There is no TLS: put a
    /// proxy that has it in front where the network between is not yours.
    pub(crate) listen: SocketAddr,
    /// Asks for a token on loopback too, as where a proxy on this machine serves the page to others.
    pub(crate) tokens: bool,
    /// Asks nobody for a token, wherever it listens. Everybody who reaches it may read and write, so set
    /// it only where something else keeps strangers away, such as a container whose port is published on
    /// loopback.
    pub(crate) without_tokens: bool,
    /// The header in which a proxy with a login of its own names who is logged in, such as
    /// `Remote-User`. Who is named there needs no token. The proxy must remove the header from what strangers send.
    pub(crate) trusted_proxy_header: Option<String>,
    /// From where that proxy asks: addresses or networks. The header counts from nowhere else.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Names besides `localhost` under which a browser may ask for the page, such as that of a
    /// proxy in front of it.
    pub(crate) hosts: Vec<String>,
    /// The address that links in alerts and feeds begin with; else the one it is served at.
    pub(crate) base_url: Option<Address>,
}

impl PageConfig {
    /// Whether those who come over the network are asked for a token.
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
