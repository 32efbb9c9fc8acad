//! The client: sends, follows redirects, reads bodies under their cap.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ipnet::IpNet;
use reqwest::header::{HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use url::Url;

use crate::address::Addresses;
use crate::error::{GuardError, SendError};
use crate::exchange::{Method, Redirect, Request, Response};
use crate::resolve::{Resolver, Unresolved};
use crate::target::{Reach, check, not_public};

/// How the client behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Sent with every request.
    pub user_agent: String,
    /// Networks that are let in besides the public ones, on every port.
    pub allow: Vec<IpNet>,
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
            connect_timeout: Duration::from_secs(10),
            max_redirects: 5,
        }
    }
}

/// An HTTP client that connects to public addresses only. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    addresses: Arc<Addresses>,
    usual: reqwest::Client,
    /// For the ports that are open only in networks let in; none where none is.
    let_in: Option<reqwest::Client>,
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
        // Refused where the process has one already, which then is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let user_agent = HeaderValue::from_str(&settings.user_agent)
            .map_err(|_| GuardError::UserAgent(settings.user_agent.clone()))?;
        let addresses = Arc::new(Addresses::new(settings.allow));
        let make = |reach| {
            let resolver = || Resolver { addresses: addresses.clone(), reach };
            build(&user_agent, settings.connect_timeout, &resolver)
        };
        let usual = make(Reach::Usual)?;
        let let_in = addresses.allow_some().then(|| make(Reach::LetIn)).transpose()?;
        let Settings { max_redirects, connect_timeout, .. } = settings;
        Ok(Self { addresses, usual, let_in, max_redirects, connect_timeout })
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
        let client = match (reach, &self.let_in) {
            (Reach::LetIn, Some(let_in)) => let_in,
            _ => &self.usual,
        };
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut builder = client.request(method, request.url.clone());
        for (name, value) in &request.headers {
            builder = builder.header(header_name(name)?, header_value(name, value)?);
        }
        if request.method == Method::Post {
            builder = builder.body(request.body.clone());
        }
        let answer = builder.send().await.map_err(|error| self.explain(&request.url, &error))?;
        // The resolver and the check above have seen to it; a mistake there is caught here.
        match answer.remote_addr() {
            Some(peer) if !self.addresses.allow(peer.ip()) => Err(not_public(host_of(&answer))),
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

fn build(
    user_agent: &HeaderValue,
    connect_timeout: Duration,
    resolver: &dyn Fn() -> Resolver,
) -> Result<reqwest::Client, GuardError> {
    let builder = || {
        reqwest::Client::builder()
            .user_agent(user_agent.clone())
            .dns_resolver(Arc::new(resolver()))
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(connect_timeout)
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(2)
    };
    // Only the certificates of the machine can be missing; without them no host is trusted.
    let built = builder().build().or_else(|_| builder().tls_certs_only([]).build());
    built.map_err(|error| GuardError::Setup { why: error.to_string() })
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
    let encoding = answer.headers().get("content-encoding").map(HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(SendError::broken("an encoding that was not asked for"));
    }
    let status = answer.status().as_u16();
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = answer.headers().iter();
    let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = read(&mut answer, request.max_body).await?;
    Ok(Response { status, url: request.url, redirects, headers, body })
}

/// Reads the body chunk by chunk, each decoded as it comes, and stops at the limit.
async fn read(answer: &mut reqwest::Response, limit: u64) -> Result<Bytes, SendError> {
    let too_large = SendError::TooLarge { limit };
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    loop {
        let chunk = answer.chunk().await.map_err(|error| SendError::broken(root_of(&error)))?;
        let Some(chunk) = chunk else {
            return Ok(body.freeze());
        };
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
}

fn root_of(error: &reqwest::Error) -> String {
    let mut root: &dyn StdError = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
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
