//! Keeps one client of reqwest for each kind of connection, which is created when it is first needed.

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

/// The time limit for resolving, connecting and TLS together.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum number of clients that are kept. When it is reached, those with a proxy are dropped; nobody should need
/// more than a few proxies.
const MOST_KINDS: usize = 64;

/// The properties in which connections differ.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConnectionKind {
    pub(crate) reach: Reach,
    /// The allowed addresses in addition to the public network.
    pub(crate) addresses: Arc<Addresses>,
    /// Whether only HTTP/1.1 is used.
    pub(crate) is_plain: bool,
    pub(crate) proxy: Option<Url>,
}

/// All clients that have been created.
#[derive(Debug)]
pub(crate) struct Connections {
    lookup: Arc<dyn Lookup>,
    user_agent: HeaderValue,
    /// Root certificates that are trusted instead of those of the machine. Empty outside tests.
    roots: Vec<Certificate>,
    clients: Mutex<HashMap<ConnectionKind, reqwest::Client>>,
}

impl Connections {
    /// Creates the usual client early, so that a problem with the machine shows.
    pub(crate) fn new(
        addresses: Arc<Addresses>,
        lookup: Arc<dyn Lookup>,
        user_agent: HeaderValue,
        roots: Vec<Certificate>,
    ) -> Result<Self, ClientError> {
        let clients = Mutex::default();
        let connections = Self { lookup, user_agent, roots, clients };
        let usual = ConnectionKind { reach: Reach::Usual, addresses, is_plain: false, proxy: None };
        connections.client(&usual).map_err(|why| ClientError::Setup { why })?;
        Ok(connections)
    }

    /// The client for this kind of connection, which is created if there is none yet.
    pub(crate) fn client_for(&self, kind: &ConnectionKind) -> Result<reqwest::Client, SendError> {
        self.client(kind).map_err(|why| SendError::CannotConnect { why })
    }

    fn client(&self, kind: &ConnectionKind) -> Result<reqwest::Client, String> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(kind) {
            return Ok(client.clone());
        }
        if clients.len() >= MOST_KINDS {
            clients.retain(|known, _| known.proxy.is_none());
        }
        let client = self.build(kind)?;
        clients.insert(kind.clone(), client.clone());
        Ok(client)
    }

    fn build(&self, kind: &ConnectionKind) -> Result<reqwest::Client, String> {
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
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(Duration::from_secs(30))
                .pool_max_idle_per_host(2);
            let builder = if kind.is_plain { builder.http1_only() } else { builder };
            let builder = match self.roots.as_slice() {
                [] => builder,
                roots => builder.tls_certs_only(roots.to_vec()),
            };
            match proxy.clone() {
                // The proxy resolves the names of hosts itself, and its own name is the operator's choice.
                Some(proxy) => builder.proxy(proxy),
                None => builder.dns_resolver(Arc::new(Resolver {
                    addresses: kind.addresses.clone(),
                    lookup: self.lookup.clone(),
                    reach: kind.reach,
                })),
            }
        };
        // The first build only fails if the machine has no CA certificates. The second one then trusts no host.
        let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
        built.map_err(|error| error.to_string())
    }
}
