//! The clients of reqwest: one for each kind of connection, made when it is first needed.
//!
//! Comes in: a kind of connection. Goes out: the client for it. It never sends a request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Proxy};
use url::Url;

use crate::address::Addresses;
use crate::error::{ClientError, SendError};
use crate::resolve::{Lookup, Resolver};
use crate::target::Reach;

/// Proxies that are remembered at once; more than a few are somebody's mistake.
const MOST_KINDS: usize = 64;

/// A way to connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionKind {
    pub(crate) reach: Reach,
    /// What is let in besides the public network.
    pub(crate) addresses: Arc<Addresses>,
    /// HTTP/1.1 only.
    pub(crate) is_plain: bool,
    pub(crate) proxy: Option<Url>,
}

/// All clients that there are.
#[derive(Debug)]
pub(crate) struct Connections {
    lookup: Arc<dyn Lookup>,
    user_agent: HeaderValue,
    connect_timeout: Duration,
    /// Who vouches for hosts instead of whom the machine trusts; nobody outside tests.
    roots: Vec<Certificate>,
    made: Mutex<HashMap<ConnectionKind, reqwest::Client>>,
}

impl Connections {
    /// Makes the usual client, so that what is wrong with the machine shows at once.
    pub(crate) fn new(
        addresses: Arc<Addresses>,
        lookup: Arc<dyn Lookup>,
        user_agent: HeaderValue,
        connect_timeout: Duration,
        roots: Vec<Certificate>,
    ) -> Result<Self, ClientError> {
        let made = Mutex::default();
        let connections = Self { lookup, user_agent, connect_timeout, roots, made };
        let usual = ConnectionKind { reach: Reach::Usual, addresses, is_plain: false, proxy: None };
        connections.client(&usual).map_err(|why| ClientError::Setup { why })?;
        Ok(connections)
    }

    /// The client that connects in this way, made if it is new.
    pub(crate) fn client_for(&self, kind: &ConnectionKind) -> Result<reqwest::Client, SendError> {
        self.client(kind).map_err(|why| SendError::CannotConnect { why })
    }

    fn client(&self, kind: &ConnectionKind) -> Result<reqwest::Client, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(kind) {
            return Ok(client.clone());
        }
        if made.len() >= MOST_KINDS {
            made.retain(|known, _| known.proxy.is_none());
        }
        let client = self.make(kind)?;
        made.insert(kind.clone(), client.clone());
        Ok(client)
    }

    fn make(&self, kind: &ConnectionKind) -> Result<reqwest::Client, String> {
        let proxy = match &kind.proxy {
            None => None,
            Some(proxy) => Some(Proxy::all(proxy.clone()).map_err(|error| error.to_string())?),
        };
        let builder = || {
            let builder = reqwest::Client::builder()
                .user_agent(self.user_agent.clone())
                .no_proxy()
                .redirect(Policy::none())
                .referer(false)
                .connect_timeout(self.connect_timeout)
                .pool_idle_timeout(Duration::from_secs(30))
                .pool_max_idle_per_host(2);
            let builder = if kind.is_plain { builder.http1_only() } else { builder };
            let builder = match self.roots.as_slice() {
                [] => builder,
                roots => builder.tls_certs_only(roots.to_vec()),
            };
            match proxy.clone() {
                // It resolves names itself; its own is the operator's choice.
                Some(proxy) => builder.proxy(proxy),
                None => builder.dns_resolver(Arc::new(Resolver {
                    addresses: kind.addresses.clone(),
                    lookup: self.lookup.clone(),
                    reach: kind.reach,
                })),
            }
        };
        // Only the certificates of the machine can be missing; without them no host is trusted.
        let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        built.map_err(|error| error.to_string())
    }
}
