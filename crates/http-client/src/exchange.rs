//! A request with its bounds, and an answer.
//!
//! Comes in: what a service wants to send. Goes out: what a host answered. It never sends.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use url::Url;

/// The most bytes of a body, unless the request says otherwise.
const MAX_BODY: u64 = 10 * 1024 * 1024;
/// How long an exchange may take, unless the request says otherwise.
const TOTAL: Duration = Duration::from_secs(30);

/// The methods that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Fetches.
    Get,
    /// Delivers.
    Post,
    /// Delivers to an address that names what is delivered, so that twice is once.
    Put,
}

/// Headers that are never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// Adds one.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// One request, with its bounds.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to: `http` or `https`, without user and password.
    pub url: Url,
    /// Headers besides `User-Agent`, `Host` and `Accept-Encoding`. `Authorization`, `Cookie` and
    /// `Proxy-Authorization` go to the first origin only.
    pub headers: Vec<(String, String)>,
    /// Headers that go to the first origin only and are never shown.
    pub secrets: Secrets,
    /// Whose private network it may reach: the address of the feed that leads there; none where nobody
    /// leads there but the operator, and its own address counts.
    pub home: Option<Url>,
    /// The proxy that it goes through, `socks5h` or `http`. It is trusted with the name of the
    /// host, whose addresses it resolves; only ever an operator's choice.
    pub proxy: Option<Url>,
    /// Whether it is asked in the plainest way: HTTP/1.1, and no encoding of the body.
    pub is_plain: bool,
    /// The body of a `POST` or `PUT`.
    pub body: Bytes,
    /// The most bytes of the answer's body, decoded. 10 MiB.
    pub max_body: u64,
    /// How long everything may take, redirects and the last byte of the body included. 30 s.
    pub total: Duration,
}

impl Request {
    /// Fetches an address.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: Vec::new(),
            secrets: Secrets::default(),
            home: None,
            proxy: None,
            is_plain: false,
            body: Bytes::new(),
            max_body: MAX_BODY,
            total: TOTAL,
        }
    }

    /// Delivers a body to an address.
    #[must_use]
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::Post, body: body.into(), ..Self::get(url) }
    }

    /// Delivers a body to an address that names it.
    #[must_use]
    pub fn put(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::Put, ..Self::post(url, body) }
    }

    /// The same request with one header more.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// A redirect that was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// Its status: 301, 302, 303, 307 or 308.
    pub status: u16,
    /// Where it led.
    pub to: Url,
}

impl Redirect {
    /// Whether the host said that the old address is not to be used again.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// The answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// What was asked first, before any redirect.
    pub asked: Url,
    /// Where the answer came from, after all redirects.
    pub url: Url,
    /// The redirects that were followed, in order.
    pub redirects: Vec<Redirect>,
    /// The headers in order, names in lower case; bytes that are no UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Bytes,
}

impl Response {
    /// The first header of this name; names are compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The status with the name that its standard gives it, such as `503 Service Unavailable`.
    #[must_use]
    pub fn status_in_words(&self) -> String {
        let named = StatusCode::from_u16(self.status).ok();
        match named.and_then(|status| status.canonical_reason()) {
            Some(name) => format!("{} {name}", self.status),
            None => format!("status {}", self.status),
        }
    }

    /// Whether it leads to another address.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
