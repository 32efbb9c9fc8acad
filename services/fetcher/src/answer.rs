//! Interprets the answer of a host. An HTTP response comes in. An [`Answer`], a parsed feed, or a
//! [`Failure`] with a text for people goes out.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_feed::{Feed, FeedError, Item};
use wirefold_flow::UnixMillis;
use wirefold_http_client::{Client, Redirect, Request, Response, SendError};
use wirefold_proto::{FeedFinding, FeedSettings};
use wirefold_text::Text;

use crate::interstitial::{self, Interstitial};
use crate::interval::{clamp_retry_after, retry_after};
use crate::settings::Settings;
use crate::sites::is_one_site;
use crate::state::STRIKE;

/// The most bytes of a feed, decoded.
const LONGEST_FEED: u64 = 10_000_000;
/// The longest validator that is stored. Every request has it, also after redirects.
const LONGEST_VALIDATOR: usize = 1024;

/// The media types of feeds, and at last all others, because some servers label feeds wrongly.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/rdf+xml;q=0.9, application/json;q=0.8, application/xml;q=0.8, \
                      text/xml;q=0.8, */*;q=0.5";

/// The interpreted answer to a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A body that may be a feed.
    Body(Response),
    /// Nothing has changed.
    Unchanged(Response),
    /// The host says that it is gone for good.
    Gone,
    /// There is no usable answer.
    Failed(Failure),
    /// No request was sent, because the host wants none until this time.
    HostPaused(UnixMillis),
}

/// Why there is no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The content that was found, and advice, for people.
    pub(crate) problem: String,
    /// The finding about the feed.
    pub(crate) finding: FeedFinding,
    /// The strikes that it counts: [`STRIKE`], or fewer if it may pass by itself.
    pub(crate) weight: u32,
    /// The wait that the host asks for.
    pub(crate) retry_after: Option<Duration>,
    /// Whether another site asks for the wait, to which a redirect led. Then it applies only to this
    /// feed.
    pub(crate) is_elsewhere: bool,
}

/// The longest wait that another site can ask for.
const ELSEWHERE: Duration = Duration::from_hours(6);
/// The weight of a failure of the host that usually passes.
const SOFT: u32 = STRIKE / 2;
/// The weight of a failure that may be in the local network, or that the host explains.
const SOFTEST: u32 = STRIKE / 4;

impl Failure {
    /// The failure of an answer that is not a readable feed.
    pub(crate) fn broken(problem: impl Into<String>) -> Self {
        Self::of(FeedFinding::Broken, STRIKE, problem)
    }

    fn of(finding: FeedFinding, weight: u32, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), finding, weight, retry_after: None, is_elsewhere: false }
    }
}

/// A request for a feed, without validators.
pub(crate) fn feed_request(url: Url, settings: &Settings) -> Request {
    settings.request(url, LONGEST_FEED).with_header("Accept", ACCEPT)
}

/// The request of a feed, with the time limit that its settings give.
pub(crate) fn within_time_of(feed: &FeedSettings, request: Request) -> Request {
    let given = feed.timeout_seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
    Request { total: given.unwrap_or(request.total), ..request }
}

/// The validators of an answer, which come back with the next request: `ETag` and `Last-Modified`.
pub(crate) type Validators = (Option<String>, Option<String>);

/// The request with the validators of the last good answer, byte for byte.
pub(crate) fn conditional(request: Request, (etag, last_modified): &Validators) -> Request {
    let validators = [("If-None-Match", etag), ("If-Modified-Since", last_modified)];
    let given = validators.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    given.fold(request, |request, (name, value)| request.with_header(name, value))
}

/// Interprets the answer to a request by its status and headers. `was_conditional`: the request had validators.
pub(crate) fn judge(
    answer: Result<Response, SendError>,
    was_conditional: bool,
    now: Timestamp,
) -> Answer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Answer::Failed(no_answer(&error)),
    };
    match answer.status {
        304 if !was_conditional => {
            let problem = "HTTP 304 (not modified), although the request had no validators";
            Answer::Failed(Failure::broken(problem))
        }
        304 => Answer::Unchanged(answer),
        410 => Answer::Gone,
        _ if answer.is_success() => Answer::Body(answer),
        _ => {
            let (retry_after, is_elsewhere) = (retry_after_of(&answer, now), is_elsewhere(&answer));
            Answer::Failed(Failure { retry_after, is_elsewhere, ..refused(&answer) })
        }
    }
}

/// The `Retry-After` of an answer with any status. If a redirect led to another site, it is at most
/// [`ELSEWHERE`].
pub(crate) fn retry_after_of(answer: &Response, now: Timestamp) -> Option<Duration> {
    let wait = clamp_retry_after(retry_after(answer.header("retry-after")?, now)?);
    Some(if is_elsewhere(answer) { wait.min(ELSEWHERE) } else { wait })
}

/// A validator of the answer; `None` if it is too long.
pub(crate) fn validator(answer: &Response, name: &str) -> Option<String> {
    answer.header(name).filter(|value| value.len() <= LONGEST_VALIDATOR).map(str::to_owned)
}

/// [`retry_after_of`], if it applies to all feeds of the host: only if no redirect led to another site.
/// Otherwise a redirect to a busy site would stop the feeds of that site.
pub(crate) fn host_retry_after(answer: &Response, now: Timestamp) -> Option<Duration> {
    retry_after_of(answer, now).filter(|_| !is_elsewhere(answer))
}

/// Whether a redirect led to another site.
fn is_elsewhere(answer: &Response) -> bool {
    !is_one_site(&answer.asked, &answer.url)
}

/// A feed and the number of words of each item.
#[derive(Debug)]
pub(crate) struct ParsedFeed {
    pub(crate) feed: Feed,
    /// One count for each item.
    pub(crate) words: Vec<usize>,
}

/// Why a body is not a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ParseFailure {
    /// The error of the parser.
    Error(FeedError),
    /// The parser panicked.
    Panicked,
}

/// Parses a body on a blocking thread, so that a large body or a panic affects nothing else.
pub(crate) async fn parse(answer: Response) -> Result<ParsedFeed, ParseFailure> {
    let parsing = tokio::task::spawn_blocking(move || {
        let media_type = answer.header("content-type");
        let feed = wirefold_feed::parse(&answer.body, media_type, answer.url.as_str())?;
        let words = feed.items.iter().map(|item| word_count(text_of(item))).collect();
        Ok(ParsedFeed { feed, words })
    });
    match parsing.await {
        Ok(read) => read.map_err(ParseFailure::Error),
        Err(_) => Err(ParseFailure::Panicked),
    }
}

/// The address to which redirects led, if all of them were permanent and the last address is not less
/// secure than `from`.
pub(crate) fn moved_to<'a>(answer: &'a Response, from: &str) -> Option<&'a str> {
    let last = answer.redirects.last()?;
    let is_open = |url: &Url| url.scheme() != "https";
    let loses_encryption = from.starts_with("https:") && is_open(&last.to);
    let is_move = answer.redirects.iter().all(Redirect::is_permanent) && !loses_encryption;
    is_move.then(|| last.to.as_str())
}

fn no_answer(error: &SendError) -> Failure {
    let (finding, weight) = match error {
        SendError::Refused { .. } => (FeedFinding::Broken, STRIKE),
        SendError::NoSuchHost | SendError::CannotConnect { .. } => {
            (FeedFinding::Unreachable, SOFTEST)
        }
        SendError::TooLarge { .. }
        | SendError::Bomb { .. }
        | SendError::TooManyRedirects { .. } => (FeedFinding::Broken, SOFT),
        _ => (FeedFinding::Unreachable, SOFT),
    };
    Failure::of(finding, weight, describe(error))
}

fn describe(error: &SendError) -> String {
    let advice = match error {
        SendError::Refused { .. } => {
            "; to read feeds of a private network, allow it with fetcher.allow_private"
        }
        SendError::NoSuchHost => "; check the address",
        SendError::TooLarge { .. } => "; no feed is that large",
        SendError::Bomb { .. } => "; no feed does",
        SendError::TooManyRedirects { set_cookies: true } => {
            "; it wants a cookie that only a browser gets: give it that one with [[access]]"
        }
        SendError::TooManyRedirects { .. } => {
            "; open the address in a browser and use the last one"
        }
        _ => "; it is tried again",
    };
    format!("{error}{advice}")
}

fn refused(answer: &Response) -> Failure {
    let is_mitigated = answer.header("cf-mitigated").is_some();
    let before = stands_before(&answer.body);
    let is_walled = matches!(answer.status, 400..=599) && before.is_some();
    let (finding, weight) = match answer.status {
        429 if !is_mitigated => (FeedFinding::Unreachable, SOFTEST),
        _ if is_mitigated || is_walled => (FeedFinding::Blocked, STRIKE),
        401 | 403 | 407 | 451 => (FeedFinding::Blocked, STRIKE),
        503 if answer.header("retry-after").is_some() => (FeedFinding::Unreachable, SOFTEST),
        500..=599 => (FeedFinding::Unreachable, SOFT),
        _ => (FeedFinding::Broken, STRIKE),
    };
    let is_challenge = is_mitigated || before == Some(Interstitial::Challenge);
    Failure::of(finding, weight, refusal(answer, is_challenge))
}

fn refusal(answer: &Response, is_challenge: bool) -> String {
    let status = answer.status;
    match status {
        _ if is_challenge => {
            format!("HTTP {status}: the host allows only browsers; ask its publisher")
        }
        401 | 407 => {
            format!("HTTP {status}: the host requires a login; give it one with [[access]]")
        }
        403 => format!("HTTP {status}: the host refuses; check whether the address needs a login"),
        404 => format!("HTTP {status}: nothing there; check the address"),
        429 | 503 if is_elsewhere(answer) => {
            let host = answer.url.host_str().unwrap_or_default();
            format!(
                "HTTP {status} from {host}, to which it redirects; this feed alone waits, 6 h at most"
            )
        }
        429 | 503 => format!("HTTP {status}; next try as the host asks"),
        300..=399 => format!("HTTP {status}: a redirect that leads nowhere"),
        _ => format!("HTTP {status}; it is tried again"),
    }
}

/// The failure of a body that is not a feed.
pub(crate) fn parse_failure(unread: &ParseFailure, body: &[u8]) -> Failure {
    let is_page = matches!(unread, ParseFailure::Error(FeedError::NotAFeed { .. }));
    match is_page.then(|| stands_before(body)).flatten() {
        Some(kind) if kind == Interstitial::Challenge || names_no_feed(unread) => {
            Failure::of(FeedFinding::Blocked, STRIKE, kind.describe())
        }
        _ => Failure::broken(describe_parse_failure(unread)),
    }
}

/// The kind of a page that stands before a feed.
fn stands_before(body: &[u8]) -> Option<Interstitial> {
    interstitial::recognise(&String::from_utf8_lossy(body))
}

/// Whether a page names no feed. Pages that name one are usual pages, although many of them have a
/// login in a corner.
fn names_no_feed(unread: &ParseFailure) -> bool {
    matches!(unread, ParseFailure::Error(FeedError::NotAFeed { feeds, .. }) if feeds.is_empty())
}

/// The content that was found instead of a feed, and advice, for people.
fn describe_parse_failure(unread: &ParseFailure) -> String {
    match unread {
        ParseFailure::Panicked => {
            "the parser crashed on this feed; please report its address".to_owned()
        }
        ParseFailure::Error(error @ FeedError::NotAFeed { feeds, .. }) if !feeds.is_empty() => {
            format!("{error}; its site has {}: use that address", feeds.join(" and "))
        }
        ParseFailure::Error(error @ FeedError::NotAFeed { .. }) => {
            format!("{error}; look there for the address of its feed")
        }
        ParseFailure::Error(error) => format!("{error}; it is tried again"),
    }
}

/// Sends a request. Some hosts send broken answers over HTTP/2 or with compression, so it is repeated
/// once in compatibility mode. Returns whether the answer came in that mode.
pub(crate) async fn send(client: &Client, request: Request) -> (Result<Response, SendError>, bool) {
    let is_plain = request.is_plain;
    let again = Request { is_plain: true, ..request.clone() };
    match client.send(request).await {
        Err(SendError::Broken { why }) if !is_plain => {
            tracing::debug!(url = %again.url, why, "requested again in compatibility mode");
            (client.send(again).await, true)
        }
        answer => (answer, is_plain),
    }
}

/// The best text of an item in the feed.
pub(crate) fn text_of(item: &Item) -> &str {
    item.text.as_deref().or(item.teaser.as_deref()).unwrap_or_default()
}

/// The number of words of a text in any script.
pub(crate) fn word_count(text: &str) -> usize {
    Text::new(text).words().len()
}
