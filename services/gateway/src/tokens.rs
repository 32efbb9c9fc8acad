//! Access tokens, for a page that is served to more than this machine.
//!
//! One file in the data folder, `tokens.json`, holds everything that lets somebody in: tokens of programs,
//! links that sign in once, and sessions of browsers. It stores only a SHA-256 hash of each. The secrets have
//! 256 random bits, so a plain hash protects them. The command line and the gateway both write the file, each
//! under a lock and in one step. The gateway reads it at each request, so a revoked token stops working at once.

use std::fs::{File, OpenOptions};
use std::hash::Hash;
use std::io::Write as _;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs, io};

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use wirefold_proto::UNNAMED_SENDERS;

use crate::refusal::Refusal;

/// The name of the file in the data folder.
pub const FILE: &str = "tokens.json";
/// How long a browser stays signed in.
pub(crate) const SESSION: Duration = Duration::from_hours(90 * 24);
/// How long a sign-in link is valid.
pub const SIGN_IN_LINK: Duration = Duration::from_hours(1);
/// How coarsely uses are stored, so that not every request writes the file.
const USE_STORED_EVERY: Duration = Duration::from_mins(1);
/// The longest name of a token, in characters.
const NAME_LENGTH: usize = 64;

/// Why the file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// It is not a list of tokens.
    #[error("{} is damaged: {why}; move it away, then make new tokens", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        why: String,
    },
    /// A token has that name already.
    #[error("there is already a token {0:?}; revoke it first, or choose another name")]
    Taken(String),
    /// A name that is not allowed.
    #[error(
        "{0:?} is not a name for a token: letters, digits, `-`, `_` and `.`, at most 64; not `api`, `cli` or `link`"
    )]
    Name(String),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

type TokenResult<T> = Result<T, TokenError>;

/// The tokens of one data folder.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

impl TokenFile {
    /// The tokens of a data folder. Nothing is read yet, and the file may be missing.
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE) }
    }

    /// Makes a token, or a link's code, and returns its secret. The secret is never shown again.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn add(
        &self,
        name: &str,
        kind: Kind,
        scope: Scope,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> TokenResult<String> {
        check_name(name)?;
        self.change(now, |records| add(records, name, kind, scope, expires, now))
    }

    /// All valid credentials, the oldest first.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn list(&self, now: Timestamp) -> TokenResult<Vec<TokenRecord>> {
        let mut records = self.load()?;
        records.retain(|it| it.is_valid(now));
        Ok(records)
    }

    /// Revokes every token of a name, with the sessions that came from it. Returns how many.
    ///
    /// # Errors
    /// A [`TokenError`] with advice.
    pub fn revoke(&self, name: &str, now: Timestamp) -> TokenResult<usize> {
        self.change(now, |records| {
            let before = records.len();
            records.retain(|it| it.name != name);
            Ok(before - records.len())
        })
    }

    /// The holder of a secret. The code of a link is not a credential: it is [redeemed](Self::redeem).
    pub(crate) fn holder(&self, secret: &str, now: Timestamp) -> TokenResult<Option<TokenRecord>> {
        let hash = hash_of(secret);
        let is_it = |it: &TokenRecord| it.hash == hash && it.kind != Kind::SignIn;
        let Some(found) = self.list(now)?.into_iter().find(is_it) else { return Ok(None) };
        let unused = now.duration_since(found.last_used.unwrap_or(Timestamp::MIN));
        if unused.unsigned_abs() >= USE_STORED_EVERY {
            let noted = self.change(now, |stored| {
                let its = stored.iter_mut().filter(|it| it.hash == hash);
                its.for_each(|record| record.last_used = Some(now));
                Ok(())
            });
            // A full disk or a read-only folder keeps nobody out.
            if let Err(error) = noted {
                tracing::warn!(%error, "the last use of a token is not stored");
            }
        }
        Ok(Some(found))
    }

    /// Exchanges the code of a link for a session. A code works once. `None` if it is unknown, used or
    /// expired.
    pub(crate) fn redeem(&self, code: &str, now: Timestamp) -> TokenResult<Option<String>> {
        let hash = hash_of(code);
        let is_it = |it: &TokenRecord| it.hash == hash && it.kind == Kind::SignIn;
        self.change(now, |records| {
            let Some(at) = records.iter().position(is_it) else { return Ok(None) };
            let link = records.remove(at);
            add_session(records, &link, now).map(Some)
        })
    }

    /// Makes a session from a token, for a browser that sent the token itself.
    pub(crate) fn session_of(&self, token: &TokenRecord, now: Timestamp) -> TokenResult<String> {
        self.change(now, |records| add_session(records, token, now))
    }

    /// Ends a session.
    pub(crate) fn end(&self, secret: &str, now: Timestamp) -> TokenResult<()> {
        let hash = hash_of(secret);
        self.change(now, |records| {
            records.retain(|it| it.hash != hash);
            Ok(())
        })
    }

    /// The current content of the file.
    fn load(&self) -> TokenResult<Vec<TokenRecord>> {
        match fs::read(&self.path) {
            Ok(bytes) => read_records(&bytes)
                .map_err(|why| TokenError::Damaged { path: self.path.clone(), why }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Changes the stored tokens under a lock, and drops expired ones.
    fn change<T>(
        &self,
        now: Timestamp,
        how: impl FnOnce(&mut Vec<TokenRecord>) -> TokenResult<T>,
    ) -> TokenResult<T> {
        let lock = self.open_lock().map_err(|source| self.failed(source))?;
        lock.lock().map_err(|source| self.failed(source))?;
        let mut records = self.load()?;
        records.retain(|record| record.is_valid(now));
        let done = how(&mut records)?;
        self.store(&records).map_err(|source| self.failed(source))?;
        Ok(done)
    }

    fn open_lock(&self) -> io::Result<File> {
        if let Some(folder) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        private(&self.path.with_extension("lock"), false)
    }

    fn store(&self, records: &[TokenRecord]) -> io::Result<()> {
        let half = self.path.with_extension("half");
        let mut file = private(&half, true)?;
        let written = Written { schema: SCHEMA.to_owned(), tokens: records.to_vec() };
        // Texts and times can always be written as JSON.
        file.write_all(&serde_json::to_vec_pretty(&written).unwrap_or_default())?;
        file.sync_all()?;
        fs::rename(&half, &self.path)
    }

    fn failed(&self, source: io::Error) -> TokenError {
        TokenError::Failed { path: self.path.clone(), source }
    }
}

/// Opens a file that only its owner may read.
fn private(path: &Path, truncate: bool) -> io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(truncate).mode(0o600).open(path)
}

fn check_name(name: &str) -> TokenResult<()> {
    let is_good = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    let fits = !name.is_empty() && name.chars().count() <= NAME_LENGTH;
    // A command with such a name would seem to have no sender.
    let is_free = !UNNAMED_SENDERS.contains(&name);
    match fits && is_free && name.chars().all(is_good) {
        true => Ok(()),
        false => Err(TokenError::Name(name.to_owned())),
    }
}

/// The actions that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Everything.
    Full,
    /// Read page, feeds and API; change nothing but the own marks of what is read.
    Read,
    /// Read the feeds under `/feeds/`, and use the API for reader apps, such as by a feed reader.
    Feeds,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Read => "read",
            Self::Feeds => "feeds",
        })
    }
}

/// The kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A token that a program sends.
    Token,
    /// The code of a link that signs a browser in, once.
    SignIn,
    /// A browser that is signed in.
    Session,
}

/// A valid credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its name in lists and for revoking.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The actions that it allows.
    pub scope: Scope,
    /// The SHA-256 of its secret, in hexadecimal digits.
    pub hash: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was used last, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
}

impl TokenRecord {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

/// The form of the file.
#[derive(Serialize, Deserialize)]
struct Written {
    schema: String,
    tokens: Vec<TokenRecord>,
}

const SCHEMA: &str = "wirefold.tokens/1";

fn read_records(bytes: &[u8]) -> Result<Vec<TokenRecord>, String> {
    let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    match written.schema == SCHEMA {
        true => Ok(written.tokens),
        false => Err(format!("its schema is {:?}, this wirefold knows {SCHEMA:?}", written.schema)),
    }
}

fn add(
    records: &mut Vec<TokenRecord>,
    name: &str,
    kind: Kind,
    scope: Scope,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> TokenResult<String> {
    // A new link replaces one that was never used.
    records.retain(|it| it.name != name || kind != Kind::SignIn || it.kind != Kind::SignIn);
    if kind == Kind::Token && records.iter().any(|it| it.name == name) {
        return Err(TokenError::Taken(name.to_owned()));
    }
    let secret = new_secret()?;
    let (name, hash) = (name.to_owned(), hash_of(&secret));
    records.push(TokenRecord { name, kind, scope, hash, created: now, expires, last_used: None });
    Ok(secret)
}

fn add_session(
    records: &mut Vec<TokenRecord>,
    of: &TokenRecord,
    now: Timestamp,
) -> TokenResult<String> {
    // No longer than the token that it was made from.
    let end = now.checked_add(SESSION).ok();
    let own_end = of.expires.filter(|_| of.kind == Kind::Token);
    let expires = [end, own_end].into_iter().flatten().min();
    add(records, &of.name, Kind::Session, of.scope, expires, now)
}

/// The prefixes.
const PREFIX: &str = "wft_";

/// A new secret.
pub(super) fn new_secret() -> TokenResult<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| TokenError::Random(error.to_string()))?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// The stored form: SHA-256, in hexadecimal digits.
pub(super) fn hash_of(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The cookie of a signed-in browser.
pub(crate) const COOKIE: &str = "wirefold_session";
/// The API for reader apps, under the path at which such apps look for it.
pub(crate) const READER_API: &str = "/api/greader.php";
/// The path to which the page sends the marks of a reader.
pub(crate) const READING: &str = "/reading";
/// Paths that need no token: health, signing in, the links of messages, which have their own signature, and
/// the styles of pages. Under `/t/` the token is in the address, and a reader app that logs in sends it in the form.
const OPEN: [&str; 7] = [
    "/healthz",
    "/readyz",
    "/sign-in",
    "/links/",
    "/assets/",
    "/t/",
    "/api/greader.php/accounts/ClientLogin",
];

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

    /// Lets a request in or refuses it. Returns whose token it has.
    pub(crate) fn admit(&self, request: &Request, now: Timestamp) -> Result<Holder, Refusal> {
        let path = request.uri().path();
        if OPEN.iter().any(|open| path.starts_with(open)) {
            return Ok(Holder(None));
        }
        let peer = request.extensions().get::<Peer>().copied();
        if let Some(name) = self.named_by_proxy(request.headers(), peer) {
            return Ok(Holder(Some(name)));
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
        Ok(Holder(Some(holder.name)))
    }

    /// Counts a refused request, and answers that it is refused or that there were too many.
    pub(crate) fn count_failure(&self, peer: Option<Peer>, why: &str) -> Refusal {
        match self.limits.count_failure(peer) {
            Ok(()) => Refusal::sign_in(why),
            Err(seconds) => Refusal::too_many(format!("{why}, too often"), seconds),
        }
    }

    /// The name of the user that a trusted proxy gives.
    fn named_by_proxy(&self, headers: &HeaderMap, peer: Option<Peer>) -> Option<String> {
        let (Some(proxy), Some(Peer(peer))) = (&self.proxy, peer) else { return None };
        let mut given = headers.get_all(&proxy.header).iter();
        // Two such headers are not from one proxy.
        let (Some(name), None) = (given.next(), given.next()) else { return None };
        let name = String::from_utf8_lossy(name.as_bytes().trim_ascii());
        let is_trusted = proxy.networks.iter().any(|it| it.contains(&peer.to_canonical()));
        (is_trusted && !name.is_empty()).then(|| name.chars().take(NAME_LENGTH).collect())
    }
}

/// The log says what is wrong with the file; the client learns only that nobody can sign in.
pub(crate) fn gate_failed(error: &TokenError) -> Refusal {
    tracing::error!(%error, "tokens cannot be checked, so every request is refused");
    Refusal::failed("tokens cannot be checked now")
}

/// The name of a request's token, or of the user whom a proxy names; `None` if it has and needs none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holder(pub(crate) Option<String>);

/// The secret of a request: Bearer (RFC 6750), the password of Basic (RFC 7617), that of a reader app, or the cookie.
fn secret_of(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
    let (scheme, value) = given.and_then(|given| given.split_once(' ')).unwrap_or_default();
    let value = value.trim();
    match &*scheme.to_ascii_lowercase() {
        "bearer" => Some(value.to_owned()),
        "googlelogin" => value.strip_prefix("auth=").map(str::to_owned),
        "basic" => {
            let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
            pair.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => session_of(headers).map(str::to_owned),
    }
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
        // A reader app writes only what its own token has read. So does the page.
        Scope::Read | Scope::Feeds if path.starts_with(READER_API) => true,
        // Comparing two texts changes nothing.
        Scope::Read => reads || [READING, "/api/v1/compare"].contains(&path),
        Scope::Feeds => reads && path.starts_with("/feeds/"),
    }
}

/// Wrong or missing credentials of one address in a minute.
const FAILURES: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Requests of one token in a second, over a long time …
const REQUESTS: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// … and at once.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(300).expect("three hundred is not zero");
/// If there are this many entries, those that no longer limit anything are removed.
const KEPT: usize = 10_000;

/// The address that a connection comes from. The server that accepts connections adds it to each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Request counts by client. Rates are those of a leaky bucket (GCRA, ITU-T I.371).
pub(super) struct Limits {
    failures: Keyed<IpAddr>,
    requests: Keyed<String>,
    clock: DefaultClock,
}

impl Default for Limits {
    fn default() -> Self {
        let requests = Quota::per_second(REQUESTS).allow_burst(AT_ONCE);
        Self {
            failures: RateLimiter::hashmap(Quota::per_minute(FAILURES)),
            requests: RateLimiter::hashmap(requests),
            clock: DefaultClock::default(),
        }
    }
}

impl Limits {
    /// Counts a request without valid credentials. The error is the number of seconds to wait.
    pub(super) fn count_failure(&self, peer: Option<Peer>) -> Result<(), u64> {
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| network(peer.0));
        self.checked(&self.failures, &peer)
    }

    /// Counts a request of a token, by its hash.
    pub(super) fn count_request(&self, hash: &str) -> Result<(), u64> {
        self.checked(&self.requests, &hash.to_owned())
    }

    fn checked<K: Hash + Eq + Clone>(&self, limiter: &Keyed<K>, key: &K) -> Result<(), u64> {
        if limiter.len() > KEPT {
            limiter.retain_recent();
        }
        let now = self.clock.now();
        limiter.check_key(key).map_err(|until| until.wait_time_from(now).as_secs() + 1)
    }
}

/// The owner of an IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four @ IpAddr::V4(_) => four,
    }
}

#[cfg(test)]
mod tests;
