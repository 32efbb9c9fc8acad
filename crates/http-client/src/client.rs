//! The client: sends requests, follows redirects, and reads bodies under their cap.
//!
//! Comes in: a request with its bounds. Goes out: the answer, or what to do about it. It never reaches an address that
//! was not checked.

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::Certificate;
use reqwest::header::{ACCEPT_ENCODING, HeaderName, HeaderValue};
use url::{Host, Url};

use crate::address::Addresses;
use crate::body;
use crate::connections::{ConnectionKind, Connections};
use crate::encoding::ACCEPTED;
use crate::error::{ClientError, SendError};
use crate::exchange::{Method, Redirect, Request, Response};
use crate::redirect;
use crate::resolve::{self, Lookup, System, Unresolved};
use crate::target::{Reach, check, not_public};

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sent with every request.
    pub user_agent: String,
    /// Networks that are let in besides the public ones, on every port, each for requests whose home
    /// lies in it.
    pub allow: Vec<IpNet>,
    /// Hosts by name that are let in wherever their addresses are, on every port or with the one that
    /// is named, such as `127.0.0.1:8080`; each for requests whose home it is.
    pub allow_hosts: Vec<String>,
    /// How long resolving, connecting and TLS may take together. 10 s.
    pub connect_timeout: Duration,
    /// How many redirects are followed. 5. With 0 a redirect is the answer.
    pub max_redirects: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: "wirefold".to_owned(),
            allow: Vec::new(),
            allow_hosts: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            max_redirects: 5,
        }
    }
}

/// An HTTP client that connects to public addresses only. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    addresses: Arc<Addresses>,
    lookup: Arc<dyn Lookup>,
    connections: Arc<Connections>,
    max_redirects: usize,
    connect_timeout: Duration,
}

impl Client {
    /// Makes a client.
    ///
    /// A machine without CA certificates gets one that no `https` host can satisfy, so that what
    /// needs none still works.
    ///
    /// # Errors
    /// A [`ClientError`] that says what to mend.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        Self::with(settings, Arc::new(System), Vec::new())
    }

    /// [`Client::new`] over another way to look up names, and hosts for which these vouch.
    pub(crate) fn with(
        settings: Settings,
        lookup: Arc<dyn Lookup>,
        roots: Vec<Certificate>,
    ) -> Result<Self, ClientError> {
        // Refused where the process has one already, which then is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| ClientError::UserAgent(settings.user_agent.clone()))?;
        let Settings { allow, allow_hosts, max_redirects, connect_timeout, .. } = settings;
        let addresses = Arc::new(Addresses::new(allow, &allow_hosts));
        let connections = Connections::new(
            addresses.clone(),
            lookup.clone(),
            user_agent,
            connect_timeout,
            roots,
        )?;
        let connections = Arc::new(connections);
        Ok(Self { addresses, lookup, connections, max_redirects, connect_timeout })
    }

    /// Sends a request, follows its redirects and reads the body. Any status is an answer.
    ///
    /// Only a `GET` follows wherever it is led. A `POST` or `PUT` goes on only where the same origin
    /// answers 307 or 308; any other redirect of it is given back as the answer, so that a body
    /// neither reaches a stranger nor gets lost unseen. Where none is followed, each is the answer.
    ///
    /// # Errors
    /// A [`SendError`] that tells what to do.
    pub async fn send(&self, request: Request) -> Result<Response, SendError> {
        let after = request.total;
        let answer = tokio::time::timeout(after, self.follow(request)).await;
        answer.unwrap_or(Err(SendError::TimedOut { after }))
    }

    async fn follow(&self, mut request: Request) -> Result<Response, SendError> {
        let (asked, mut redirects) = (request.url.clone(), Vec::new());
        let mut addresses = self.allowed_for(&request).await;
        loop {
            let answer = self.send_once(&request, &addresses).await?;
            if self.max_redirects == 0 {
                return finish((asked, request), redirects, answer).await;
            }
            let Some(redirect) = redirect::of(&request, &answer)? else {
                return finish((asked, request), redirects, answer).await;
            };
            if redirects.len() == self.max_redirects {
                return Err(SendError::TooManyRedirects);
            }
            addresses = self.allowed_after(&addresses, &request, &answer);
            redirect::move_to(&mut request, redirect.to.clone());
            redirects.push(redirect);
        }
    }

    /// Whether a request may be sent where it leads, as [`Client::send`] decides: for whoever asks the
    /// host something else before.
    ///
    /// # Errors
    /// The [`SendError`] that sending it would give.
    pub async fn check(&self, request: &Request) -> Result<(), SendError> {
        let addresses = self.allowed_for(request).await;
        let reach = check(&request.url, &addresses)?;
        // Names of the public network are looked up when they are asked.
        let (false, Some(Host::Domain(name))) =
            (self.addresses.is_public_alone() || request.proxy.is_some(), request.url.host())
        else {
            return Ok(());
        };
        let found = self.lookup.lookup(name.to_owned()).await.map_err(|_| SendError::NoSuchHost)?;
        let checked = resolve::check(name, found, &addresses, reach);
        checked.map(drop).map_err(|_| not_public(name))
    }

    /// The addresses of a host that is spoken to in another protocol, checked as those of a request
    /// are. On other ports than the protocol's `usual` ones only networks that are let in are reached.
    ///
    /// # Errors
    /// A [`SendError`] that tells what to do.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        usual: &[u16],
    ) -> Result<Vec<SocketAddr>, SendError> {
        let reach = if usual.contains(&port) { Reach::Usual } else { Reach::LetIn };
        let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(literal) => vec![SocketAddr::new(literal, port)],
            Err(_) => {
                let looking = self.lookup.lookup(host.to_owned());
                let found = tokio::time::timeout(self.connect_timeout, looking).await;
                found.ok().and_then(Result::ok).ok_or(SendError::NoSuchHost)?
            }
        };
        let checked = resolve::check(host, found, &self.addresses, reach);
        let mut checked = checked.map_err(|why| match why {
            Unresolved::NoSuchHost => SendError::NoSuchHost,
            Unresolved::Forbidden(_) if reach == Reach::LetIn => {
                SendError::refused(format!("port {port}: only {usual:?} outside networks let in"))
            }
            Unresolved::Forbidden(name) => not_public(&name),
        })?;
        checked.iter_mut().for_each(|address| address.set_port(port));
        Ok(checked)
    }

    /// What is let in for a request besides the public network: that of its home, by a look-up of its
    /// own where that is another host. A proxy resolves names itself, and is the operator's choice.
    async fn allowed_for(&self, request: &Request) -> Arc<Addresses> {
        let Some(home) = request.home.as_ref().filter(|home| home.host() != request.url.host())
        else {
            return self.addresses.clone();
        };
        if self.addresses.is_public_alone() || request.proxy.is_some() {
            return self.addresses.clone();
        }
        let found = match home.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => {
                let looking = self.lookup.lookup(name.to_owned());
                let looked = tokio::time::timeout(self.connect_timeout, looking).await;
                let found = looked.ok().and_then(Result::ok).unwrap_or_default();
                found.iter().map(SocketAddr::ip).collect()
            }
            None => Vec::new(),
        };
        Arc::new(self.addresses.around(home, &found))
    }

    /// What is let in where an answer leads: the network that it came from.
    fn allowed_after(
        &self,
        addresses: &Arc<Addresses>,
        request: &Request,
        answer: &reqwest::Response,
    ) -> Arc<Addresses> {
        if self.addresses.is_public_alone() || request.proxy.is_some() {
            return addresses.clone();
        }
        let found: Vec<IpAddr> = answer.remote_addr().iter().map(SocketAddr::ip).collect();
        Arc::new(addresses.around(&request.url, &found))
    }

    /// Sends one request, follows nothing, and reads no body.
    async fn send_once(
        &self,
        request: &Request,
        addresses: &Arc<Addresses>,
    ) -> Result<reqwest::Response, SendError> {
        let reach = check(&request.url, addresses)?;
        let (is_plain, proxy) = (request.is_plain, request.proxy.clone());
        let kind = ConnectionKind { reach, addresses: addresses.clone(), is_plain, proxy };
        let client = self.connections.client_for(&kind)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
        };
        let accepted = if request.is_plain { "identity" } else { ACCEPTED };
        let mut builder =
            client.request(method, request.url.clone()).header(ACCEPT_ENCODING, accepted);
        for (name, value) in request.headers.iter().chain(request.secrets.headers()) {
            builder = builder.header(header_name(name)?, header_value(name, value)?);
        }
        if request.method != Method::Get {
            builder = builder.body(request.body.clone());
        }
        let answer = builder.send().await;
        // Its address may hold a secret, as those of chat services do.
        let answer = answer.map_err(|error| self.explain(&request.url, &error.without_url()))?;
        // The resolver and the check above have seen to it; a mistake there is caught here.
        let is_named = addresses.allow_host(&request.url);
        match answer.remote_addr() {
            Some(peer) if request.proxy.is_none() && !is_named => {
                match addresses.allow(peer.ip()) {
                    true => Ok(answer),
                    false => Err(not_public(host_of(&answer))),
                }
            }
            _ => Ok(answer),
        }
    }

    fn explain(&self, url: &Url, error: &reqwest::Error) -> SendError {
        let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
        let mut root = error.to_string();
        while let Some(deeper) = cause {
            match deeper.downcast_ref::<Unresolved>() {
                Some(Unresolved::NoSuchHost) => return SendError::NoSuchHost,
                Some(Unresolved::Forbidden(host)) => return not_public(host),
                None => root = deeper.to_string(),
            }
            cause = deeper.source();
        }
        if error.is_timeout() {
            let why = format!("no connection within {:?}", self.connect_timeout);
            return SendError::CannotConnect { why };
        }
        match error.is_connect() {
            true if url.scheme() == "https" => {
                SendError::CannotConnect { why: format!("{root} (https)") }
            }
            true => SendError::CannotConnect { why: root },
            false => SendError::broken(root),
        }
    }
}

/// Reads the body of the answer to the last request, which `asked` led to.
async fn finish(
    (asked, request): (Url, Request),
    redirects: Vec<Redirect>,
    mut answer: reqwest::Response,
) -> Result<Response, SendError> {
    let status = answer.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = body::read(&mut answer, request.max_body).await?;
    Ok(Response { status, asked, url: request.url, redirects, headers, body })
}

fn header_name(name: &str) -> Result<HeaderName, SendError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SendError::refused(format!("{name:?} is no header")))
}

/// The value is not shown: it may be a secret.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(value)
        .map_err(|_| SendError::refused(format!("the value of {name} cannot stand in a header")))
}

fn host_of(answer: &reqwest::Response) -> &str {
    answer.url().host_str().unwrap_or_default()
}
