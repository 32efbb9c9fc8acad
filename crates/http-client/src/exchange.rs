//! Requests with their limits, and responses.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use url::Url;

/// The default of [`Request::max_body`].
const MAX_BODY: u64 = 10 * 1024 * 1024;
/// The default of [`Request::total`].
const TOTAL: Duration = Duration::from_secs(30);

/// Headers whose values are never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SecretHeaders(Vec<(String, String)>);

impl SecretHeaders {
    /// Adds a header.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.0.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl fmt::Debug for SecretHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// One request, with its limits.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST` or `PUT`.
    pub method: Method,
    /// The address: `http` or `https`, without user and password.
    pub url: Url,
    /// Headers other than `User-Agent`, `Host` and `Accept-Encoding`. `Authorization`, `Cookie` and
    /// `Proxy-Authorization` are sent only to the first origin.
    pub headers: Vec<(String, String)>,
    /// Headers that are sent only to the first origin, and whose values are never printed.
    pub secrets: SecretHeaders,
    /// The address of the feed that led to this request, whose private network the request may reach. `None` if the
    /// operator gave the address of the request; then that address counts as the home.
    pub home: Option<Url>,
    /// The proxy to send it through, `socks5h` or `http`. Only the operator can choose one, because the proxy learns the
    /// name of the host and resolves its addresses itself, unchecked.
    pub proxy: Option<Url>,
    /// Whether it is sent in the simplest way: with HTTP/1.1, and asking for a body without encoding.
    pub is_plain: bool,
    /// The body of a `POST` or `PUT`.
    pub body: Bytes,
    /// The maximum size of the decoded response body in bytes. Default: 10 MiB.
    pub max_body: u64,
    /// The time limit for everything, including redirects and the last byte of the body. Default: 30 s.
    pub total: Duration,
}

impl Request {
    /// A request that fetches an address.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: Vec::new(),
            secrets: SecretHeaders::default(),
            home: None,
            proxy: None,
            is_plain: false,
            body: Bytes::new(),
            max_body: MAX_BODY,
            total: TOTAL,
        }
    }

    /// A request that delivers a body to an address.
    #[must_use]
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::POST, body: body.into(), ..Self::get(url) }
    }

    /// A request that delivers a body to an address that identifies it.
    #[must_use]
    pub fn put(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::PUT, ..Self::post(url, body) }
    }

    /// Returns the request with one more header.
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
    /// The new address.
    pub to: Url,
}

impl Redirect {
    /// Whether the old address should not be used again.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self.status, 301 | 308)
    }
}

/// The response to a request, with any status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The address of the request, before any redirect.
    pub asked: Url,
    /// The address that the response came from, after all redirects.
    pub url: Url,
    /// The redirects that were followed, in order.
    pub redirects: Vec<Redirect>,
    /// The headers in order, with names in lower case. Bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The decoded body.
    pub body: Bytes,
}

impl Response {
    /// The value of the first header with this name. Upper and lower case are the same.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The status with its standard name, such as `503 Service Unavailable`.
    #[must_use]
    pub fn status_label(&self) -> String {
        let named = StatusCode::from_u16(self.status).ok();
        match named.and_then(|status| status.canonical_reason()) {
            Some(name) => format!("{} {name}", self.status),
            None => format!("status {}", self.status),
        }
    }

    /// Whether the status is 3xx.
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
