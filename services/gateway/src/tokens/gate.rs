//! Decides from the credentials of a request whether it is allowed.

use std::fmt;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use jiff::Timestamp;

use super::limits::Limits;
use super::{Peer, Scope, TokenError, TokenFile};
use crate::refusal::Refusal;

/// The cookie of a signed-in browser.
pub(crate) const COOKIE: &str = "wirefold_session";
/// Paths that need no token: health, signing in, the links of messages, which have their own signature, and
/// the styles of pages. Under `/t/` the token is in the address.
const OPEN: [&str; 6] = ["/healthz", "/readyz", "/sign-in", "/links/", "/assets/", "/t/"];

/// Requires a token from requests from the network.
pub struct Gate {
    /// The tokens.
    pub tokens: TokenFile,
    /// The proxies whose login header is trusted without a token.
    pub proxy: Option<TrustedProxy>,
    limits: Limits,
}

/// A proxy with a login of its own.
#[derive(Debug, Clone)]
pub struct TrustedProxy {
    /// The header in which it names the user. It must remove the header from the requests of strangers.
    pub header: HeaderName,
    /// The addresses from which it sends requests.
    pub networks: Vec<IpNet>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("tokens", &self.tokens).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate for these tokens.
    pub fn new(tokens: TokenFile, proxy: Option<TrustedProxy>) -> Self {
        Self { tokens, proxy, limits: Limits::default() }
    }

    /// Lets a request in or refuses it.
    pub(crate) fn admit(&self, request: &Request, now: Timestamp) -> Result<(), Refusal> {
        let path = request.uri().path();
        if OPEN.iter().any(|open| path.starts_with(open)) {
            return Ok(());
        }
        let peer = request.extensions().get::<Peer>().copied();
        if self.is_named_by_proxy(request.headers(), peer) {
            return Ok(());
        }
        let Some(secret) = secret_of(request.headers()) else {
            return Err(self.count_failure(peer, "nobody is signed in"));
        };
        let found = self.tokens.holder(&secret, now).map_err(|error| gate_failed(&error))?;
        let Some(holder) = found else {
            return Err(self.count_failure(peer, "the token is unknown, revoked or expired"));
        };
        self.limits.count_request(&holder.hash).map_err(|seconds| {
            Refusal::too_many(format!("token {:?} sends requests too often", holder.name), seconds)
        })?;
        if !may(holder.scope, request.method(), path) {
            let (name, scope) = (&holder.name, holder.scope);
            return Err(Refusal::scope(format!("token {name:?} has the scope {scope}")));
        }
        Ok(())
    }

    /// Counts a refused request, and answers that it is refused or that there were too many.
    pub(crate) fn count_failure(&self, peer: Option<Peer>, why: &str) -> Refusal {
        match self.limits.count_failure(peer) {
            Ok(()) => Refusal::sign_in(why),
            Err(seconds) => Refusal::too_many(format!("{why}, too often"), seconds),
        }
    }

    fn is_named_by_proxy(&self, headers: &HeaderMap, peer: Option<Peer>) -> bool {
        let (Some(proxy), Some(Peer(peer))) = (&self.proxy, peer) else { return false };
        let mut given = headers.get_all(&proxy.header).iter();
        // Two such headers are not from one proxy.
        let (first, second) = (given.next(), given.next());
        proxy.networks.iter().any(|network| network.contains(&peer.to_canonical()))
            && first.is_some_and(|name| !name.as_bytes().trim_ascii().is_empty())
            && second.is_none()
    }
}

/// The log says what is wrong with the file; the client learns only that nobody can sign in.
pub(crate) fn gate_failed(error: &TokenError) -> Refusal {
    tracing::error!(%error, "tokens cannot be checked, so every request is refused");
    Refusal::failed("tokens cannot be checked now")
}

/// The secret of a request: Bearer (RFC 6750), the password of Basic (RFC 7617), or the cookie.
fn secret_of(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    if let Some((scheme, value)) = given.and_then(|given| given.split_once(' ')) {
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(value.trim().to_owned());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let pair = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
            return pair.split_once(':').map(|(_, password)| password.to_owned());
        }
    }
    session_of(headers).map(str::to_owned)
}

/// The secret in the session's cookie (RFC 6265).
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|it| it.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE).map(|(_, value)| value.trim())
}

fn may(scope: Scope, method: &Method, path: &str) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match scope {
        Scope::Full => true,
        // Comparing two texts changes nothing.
        Scope::Read => reads || path == "/api/v1/compare",
        Scope::Feeds => reads && path.starts_with("/feeds/"),
    }
}
