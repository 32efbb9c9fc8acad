//! The client: sends, follows redirects, reads bodies under their cap.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use reqwest::Certificate;
use reqwest::header::{ACCEPT_ENCODING, HeaderName, HeaderValue, LOCATION};
use url::Url;

use crate::address::Addresses;
use crate::body;
use crate::connections::{Connections, Way};
use crate::encoding::ACCEPTED;
use crate::error::{GuardError, SendError};
use crate::exchange::{Method, Redirect, Request, Response};
use crate::resolve::{Lookup, System, Unresolved};
use crate::target::{check, not_public};

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sent with every request.
    pub user_agent: String,
    /// Networks that are let in besides the public ones, on every port.
    pub allow: Vec<IpNet>,
    /// Hosts by name that are let in wherever their addresses are, on every port.
    pub allow_hosts: Vec<String>,
    /// How long resolving, connecting and TLS may take together. 10 s.
    pub connect_timeout: Duration,
    /// How many redirects are followed. 5.
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
    /// A [`GuardError`] that says what to mend.
    pub fn new(settings: Settings) -> Result<Self, GuardError> {
        Self::with(settings, Arc::new(System), Vec::new())
    }

    /// [`Client::new`] over another way to look up names, and hosts for which these vouch.
    pub(crate) fn with(
        settings: Settings,
        lookup: Arc<dyn Lookup>,
        roots: Vec<Certificate>,
    ) -> Result<Self, GuardError> {
        // Refused where the process has one already, which then is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| GuardError::UserAgent(settings.user_agent.clone()))?;
        let Settings { allow, allow_hosts, max_redirects, connect_timeout, .. } = settings;
        let addresses = Arc::new(Addresses::new(allow, &allow_hosts));
        let connections =
            Connections::new(addresses.clone(), lookup, user_agent, connect_timeout, roots)?;
        let connections = Arc::new(connections);
        Ok(Self { addresses, connections, max_redirects, connect_timeout })
    }

    /// Sends a request, follows its redirects and reads the body. Any status is an answer.
    ///
    /// Only a `GET` follows wherever it is led. A `POST` goes on only where the same origin
    /// answers 307 or 308; any other redirect of it is given back as the answer, so that a body
    /// neither reaches a stranger nor gets lost unseen.
    ///
    /// # Errors
    /// A [`SendError`] that tells what to do.
    pub async fn send(&self, request: Request) -> Result<Response, SendError> {
        let after = request.total;
        let answer = tokio::time::timeout(after, self.follow(request)).await;
        answer.unwrap_or(Err(SendError::TimedOut { after }))
    }

    async fn follow(&self, mut request: Request) -> Result<Response, SendError> {
        let mut redirects = Vec::new();
        loop {
            let answer = self.ask(&request).await?;
            let Some(redirect) = redirect_of(&request, &answer)? else {
                return finish(request, redirects, answer).await;
            };
            if redirects.len() == self.max_redirects {
                return Err(SendError::TooManyRedirects);
            }
            move_to(&mut request, redirect.to.clone());
            redirects.push(redirect);
        }
    }

    /// One question and the head of its answer.
    async fn ask(&self, request: &Request) -> Result<reqwest::Response, SendError> {
        let reach = check(&request.url, &self.addresses)?;
        let way = Way { reach, is_plain: request.is_plain, proxy: request.proxy.clone() };
        let client = self.connections.by(&way)?;
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let accepted = if request.is_plain { "identity" } else { ACCEPTED };
        let mut builder =
            client.request(method, request.url.clone()).header(ACCEPT_ENCODING, accepted);
        for (name, value) in request.headers.iter().chain(request.secrets.given()) {
            builder = builder.header(header_name(name)?, header_value(name, value)?);
        }
        if request.method == Method::Post {
            builder = builder.body(request.body.clone());
        }
        let answer = builder.send().await.map_err(|error| self.explain(&request.url, &error))?;
        // The resolver and the check above have seen to it; a mistake there is caught here.
        let is_named = self.addresses.allow_host(&request.url);
        match answer.remote_addr() {
            Some(peer) if request.proxy.is_none() && !is_named => {
                match self.addresses.allow(peer.ip()) {
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

/// Where the answer leads, if it leads on.
fn redirect_of(
    request: &Request,
    answer: &reqwest::Response,
) -> Result<Option<Redirect>, SendError> {
    let status = answer.status().as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else {
        return Ok(None);
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = request.url.join(&location);
    let to = to.map_err(|_| SendError::broken("a redirect to what is no address"))?;
    let may_follow = match request.method {
        Method::Get => true,
        Method::Post => matches!(status, 307 | 308) && to.origin() == request.url.origin(),
    };
    Ok(may_follow.then_some(Redirect { status, to }))
}

/// Makes the request one to the new place; secrets stay with the old origin.
fn move_to(request: &mut Request, to: Url) {
    if to.origin() != request.url.origin() {
        request.headers.retain(|(name, _)| !is_secret(name));
        request.secrets.forget();
    }
    request.url = to;
}

fn is_secret(name: &str) -> bool {
    let secrets = ["authorization", "cookie", "proxy-authorization"];
    secrets.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

async fn finish(
    request: Request,
    redirects: Vec<Redirect>,
    mut answer: reqwest::Response,
) -> Result<Response, SendError> {
    let status = answer.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = body::read(&mut answer, request.max_body).await?;
    Ok(Response { status, url: request.url, redirects, headers, body })
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
