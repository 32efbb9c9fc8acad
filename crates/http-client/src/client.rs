//! The client: sends requests, follows redirects, and reads bodies up to their limit.
//!
//! It never connects to an address that was not checked.

use std::error::Error as StdError;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::header::{ACCEPT_ENCODING, COOKIE, HeaderName, HeaderValue};
use reqwest::{Certificate, Method};
use url::{Host, Url};

use crate::address::Addresses;
use crate::body;
use crate::connections::{CONNECT_TIMEOUT, ConnectionKind, Connections};
use crate::cookies::Cookies;
use crate::encoding::ACCEPTED;
use crate::error::{ClientError, SendError};
use crate::exchange::{Redirect, Request, Response};
use crate::redirect;
use crate::resolve::{self, Lookup, ResolveError, System};
use crate::target::{Reach, check, not_public};

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The `User-Agent` header of every request.
    pub user_agent: String,
    /// Allowed networks in addition to the public ones, on every port. Each is allowed only for requests
    /// whose home is in that network.
    pub allow: Vec<IpNet>,
    /// Hosts that are allowed by name, whatever their addresses are. An entry allows every port, or only the one it
    /// gives, such as `127.0.0.1:8080`. Each is allowed only for requests whose home it is.
    pub allow_hosts: Vec<String>,
    /// How many redirects are followed. Default: 5. With 0, a redirect is returned as the response.
    pub max_redirects: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: "wirefold".to_owned(),
            allow: Vec::new(),
            allow_hosts: Vec::new(),
            max_redirects: 5,
        }
    }
}

/// An HTTP client that connects only to public addresses and to those that its [`Settings`] allow. Clones share their
/// connections.
#[derive(Debug, Clone)]
pub struct Client {
    addresses: Arc<Addresses>,
    lookup: Arc<dyn Lookup>,
    connections: Arc<Connections>,
    max_redirects: usize,
}

impl Client {
    /// Creates a client.
    ///
    /// On a machine without CA certificates, the client trusts no `https` host, but `http` still works.
    ///
    /// # Errors
    /// A [`ClientError`], which says what to correct.
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        Self::with(settings, Arc::new(System), Vec::new())
    }

    /// [`Client::new`] with another way to look up names, and with other root certificates.
    pub(crate) fn with(
        settings: Settings,
        lookup: Arc<dyn Lookup>,
        roots: Vec<Certificate>,
    ) -> Result<Self, ClientError> {
        // This fails if the process has a provider already, which then is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| ClientError::UserAgent(settings.user_agent.clone()))?;
        let Settings { allow, allow_hosts, max_redirects, .. } = settings;
        let addresses = Arc::new(Addresses::new(allow, &allow_hosts));
        let connections = Connections::new(addresses.clone(), lookup.clone(), user_agent, roots)?;
        Ok(Self { addresses, lookup, connections: Arc::new(connections), max_redirects })
    }

    /// Sends a request, follows its redirects and reads the body. A response with any status is a success.
    ///
    /// A `GET` follows every redirect. A `POST` or `PUT` only follows a 307 or 308 to the same origin; any other redirect
    /// is returned as the response. So the body is neither sent to another host nor dropped without notice. With
    /// `max_redirects` 0, every redirect is returned as the response.
    ///
    /// # Errors
    /// A [`SendError`], which says what to do.
    pub async fn send(&self, request: Request) -> Result<Response, SendError> {
        let after = request.total;
        let answer = tokio::time::timeout(after, self.follow(request)).await;
        answer.unwrap_or(Err(SendError::TimedOut { after }))
    }

    async fn follow(&self, mut request: Request) -> Result<Response, SendError> {
        let (asked, mut redirects) = (request.url.clone(), Vec::new());
        let mut addresses = self.allowed_for(&request).await;
        let mut cookies = Cookies::default();
        loop {
            let answer = self.send_once(&request, &addresses, &cookies).await?;
            if self.max_redirects == 0 {
                return finish((asked, request), redirects, answer).await;
            }
            let Some(redirect) = redirect::of(&request, &answer)? else {
                return finish((asked, request), redirects, answer).await;
            };
            if redirects.len() == self.max_redirects {
                return Err(SendError::TooManyRedirects { set_cookies: !cookies.is_empty() });
            }
            cookies.add(&request.url, answer.headers());
            addresses = self.allowed_after(&addresses, &request, &answer);
            redirect::move_to(&mut request, redirect.to.clone());
            redirects.push(redirect);
        }
    }

    /// Checks whether [`Client::send`] may send this request to its address, without sending it. For callers that have to
    /// ask the same host something else first.
    ///
    /// # Errors
    /// The [`SendError`] that sending would return.
    pub async fn check(&self, request: &Request) -> Result<(), SendError> {
        let addresses = self.allowed_for(request).await;
        let reach = check(&request.url, &addresses)?;
        // If only the public network is allowed, the name is resolved and checked when the request is sent.
        let (false, Some(Host::Domain(name))) =
            (self.addresses.is_public_only() || request.proxy.is_some(), request.url.host())
        else {
            return Ok(());
        };
        let found = self.lookup.lookup(name.to_owned()).await.map_err(|_| SendError::NoSuchHost)?;
        let checked = resolve::check(name, found, &addresses, reach);
        checked.map(drop).map_err(|_| not_public(name))
    }

    /// The addresses of a host that is contacted with another protocol, checked like those of a request. On ports other
    /// than the protocol's `usual` ones, only networks that the operator allows can be reached.
    ///
    /// # Errors
    /// A [`SendError`], which says what to do.
    pub async fn resolve(
        &self,
        host: &str,
        port: u16,
        usual: &[u16],
    ) -> Result<Vec<SocketAddr>, SendError> {
        let reach = if usual.contains(&port) { Reach::Usual } else { Reach::AllowedOnly };
        let found = match host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(literal) => vec![SocketAddr::new(literal, port)],
            Err(_) => self.look_up(host).await.ok_or(SendError::NoSuchHost)?,
        };
        let checked = resolve::check(host, found, &self.addresses, reach);
        let mut checked = checked.map_err(|why| match why {
            ResolveError::NoSuchHost => SendError::NoSuchHost,
            ResolveError::Forbidden(_) if reach == Reach::AllowedOnly => SendError::refused(
                format!("port {port}: only {usual:?} are allowed outside allowed networks"),
            ),
            ResolveError::Forbidden(name) => not_public(&name),
        })?;
        checked.iter_mut().for_each(|address| address.set_port(port));
        Ok(checked)
    }

    /// The addresses of a name; `None` if it has none or they do not come in time.
    async fn look_up(&self, name: &str) -> Option<Vec<SocketAddr>> {
        let lookup = self.lookup.lookup(name.to_owned());
        tokio::time::timeout(CONNECT_TIMEOUT, lookup).await.ok()?.ok()
    }

    /// The exceptions that apply to a request. If its home is another host, that host is looked up, and the exceptions are
    /// those for its network. With a proxy all apply, because the proxy resolves names itself and is the operator's choice.
    async fn allowed_for(&self, request: &Request) -> Arc<Addresses> {
        let Some(home) = request.home.as_ref().filter(|home| home.host() != request.url.host())
        else {
            return self.addresses.clone();
        };
        if self.addresses.is_public_only() || request.proxy.is_some() {
            return self.addresses.clone();
        }
        let found = match home.host() {
            Some(Host::Ipv4(address)) => vec![IpAddr::V4(address)],
            Some(Host::Ipv6(address)) => vec![IpAddr::V6(address)],
            Some(Host::Domain(name)) => {
                let found = self.look_up(name).await.unwrap_or_default();
                found.iter().map(SocketAddr::ip).collect()
            }
            None => Vec::new(),
        };
        Arc::new(self.addresses.allowed_for_home(home, &found))
    }

    /// The exceptions that apply to the target of a redirect: those for the host that the redirect came from.
    fn allowed_after(
        &self,
        addresses: &Arc<Addresses>,
        request: &Request,
        answer: &reqwest::Response,
    ) -> Arc<Addresses> {
        if self.addresses.is_public_only() || request.proxy.is_some() {
            return addresses.clone();
        }
        let found: Vec<IpAddr> = answer.remote_addr().iter().map(SocketAddr::ip).collect();
        Arc::new(addresses.allowed_for_home(&request.url, &found))
    }

    /// Sends one request, without following redirects and without reading the body.
    async fn send_once(
        &self,
        request: &Request,
        addresses: &Arc<Addresses>,
        cookies: &Cookies,
    ) -> Result<reqwest::Response, SendError> {
        let reach = check(&request.url, addresses)?;
        let (is_plain, proxy) = (request.is_plain, request.proxy.clone());
        let kind = ConnectionKind { reach, addresses: addresses.clone(), is_plain, proxy };
        let client = self.connections.client_for(&kind)?;
        let method = request.method.clone();
        let accepted = if request.is_plain { "identity" } else { ACCEPTED };
        let mut builder =
            client.request(method, request.url.clone()).header(ACCEPT_ENCODING, accepted);
        let mut own_cookies = None;
        for (name, value) in request.headers.iter().chain(request.secrets.headers()) {
            if name.eq_ignore_ascii_case("cookie") {
                own_cookies = Some(value.as_str());
                continue;
            }
            builder = builder.header(header_name(name)?, header_value(name, value)?);
        }
        if let Some(value) = cookies.header(&request.url, own_cookies) {
            builder = builder.header(COOKIE, header_value("Cookie", &value)?);
        }
        if request.method != Method::GET {
            builder = builder.body(request.body.clone());
        }
        let answer = builder.send().await;
        // The error must not contain the URL, which may hold a secret, as those of chat services do.
        let answer = answer.map_err(|error| explain(&request.url, &error.without_url()))?;
        // The resolver and the check above have already ensured this. It is checked once more in case of a mistake there.
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
}

/// The error of this crate for an error of reqwest.
fn explain(url: &Url, error: &reqwest::Error) -> SendError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    let mut root = error.to_string();
    while let Some(deeper) = cause {
        match deeper.downcast_ref::<ResolveError>() {
            Some(ResolveError::NoSuchHost) => return SendError::NoSuchHost,
            Some(ResolveError::Forbidden(host)) => return not_public(host),
            None => root = deeper.to_string(),
        }
        cause = deeper.source();
    }
    if error.is_timeout() {
        let why = format!("no connection within {CONNECT_TIMEOUT:?}");
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

/// Reads the body and builds the response. `request` is the last request, and `asked` the address of the first.
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
        .map_err(|_| SendError::refused(format!("{name:?} is not a header")))
}

/// The error does not contain the value, which may be a secret.
fn header_value(name: &str, value: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(value)
        .map_err(|_| SendError::refused(format!("the value of {name} cannot be used in a header")))
}

fn host_of(answer: &reqwest::Response) -> &str {
    answer.url().host_str().unwrap_or_default()
}
