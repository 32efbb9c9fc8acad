//! What the answer of a host means. A response comes in. An [`Answer`] goes out, or a parsed feed,
//! or a [`Failure`] with a text for people. It does not know which feed was asked for.

mod blocked;
mod send;
mod words;

use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_flow::UnixMillis;
use wirefold_http_client::{Redirect, Request, Response, SendError};
use wirefold_proto::FeedFinding;

use crate::feed::{Feed, FeedError};
use crate::interval::{clamp_retry_after, retry_after};
use crate::settings::Settings;
use crate::sites::is_one_site;
use crate::state::STRIKE;
use blocked::{Barrier, barrier};

pub(crate) use send::send;
pub(crate) use words::{text_of, word_count};

/// The longest validator that is kept. It goes with every request, also to where that is redirected.
const LONGEST_VALIDATOR: usize = 1024;

/// What feeds are written in, and whatever else a server calls them.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/rdf+xml;q=0.9, application/json;q=0.8, application/xml;q=0.8, \
                      text/xml;q=0.8, */*;q=0.5";

/// What a poll came to.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A body that may be a feed.
    Body(Response),
    /// Nothing has changed.
    Unchanged(Response),
    /// The host says that it is gone for good.
    Gone,
    /// Nothing can be read.
    Failed(Failure),
    /// The host wants to be left alone until then, and was not asked.
    LeftAlone(UnixMillis),
}

/// Why nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What was found, and what to do, for people.
    pub(crate) problem: String,
    /// What kind of trouble it is.
    pub(crate) trouble: FeedFinding,
    /// What it counts: [`STRIKE`], or less where it may well pass by itself.
    pub(crate) weight: u32,
    /// How long the host asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
    /// Whether another site asks for that, to which a redirect led: it binds this feed alone.
    pub(crate) is_elsewhere: bool,
}

/// The longest that a feed waits as another site asks for.
const ELSEWHERE: Duration = Duration::from_hours(6);
/// A failure of the host that passes more often than not.
const SOFT: u32 = STRIKE / 2;
/// A failure that may be our own network's, or that the host explains.
const SOFTEST: u32 = STRIKE / 4;

impl Failure {
    /// What is there cannot be read as a feed.
    pub(crate) fn broken(problem: impl Into<String>) -> Self {
        Self::of(FeedFinding::Broken, STRIKE, problem)
    }

    fn of(trouble: FeedFinding, weight: u32, problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), trouble, weight, retry_after: None, is_elsewhere: false }
    }
}

/// The question, without validators.
pub(crate) fn question(url: Url, settings: &Settings) -> Request {
    let request = Request {
        max_body: settings.feed_limit,
        total: settings.timeout,
        ..Request::get(url).with_header("Accept", ACCEPT)
    };
    settings.access(request)
}

/// The request with the validators of the last good answer, byte for byte.
pub(crate) fn conditional(
    request: Request,
    etag: Option<&str>,
    last_modified: Option<&str>,
) -> Request {
    let validators = [("If-None-Match", etag), ("If-Modified-Since", last_modified)];
    let given = validators.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.fold(request, |request, (name, value)| request.with_header(name, value))
}

/// What the answer to a request without validators means.
pub(crate) fn judge(answer: Result<Response, SendError>, now: Timestamp) -> Answer {
    match judge_conditional(answer, now) {
        Answer::Unchanged(_) => {
            let problem = "HTTP 304 (not modified), although the request had no validators";
            Answer::Failed(Failure::broken(problem))
        }
        other => other,
    }
}

/// What the answer to a request with validators means, by its status and headers.
pub(crate) fn judge_conditional(answer: Result<Response, SendError>, now: Timestamp) -> Answer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Answer::Failed(no_answer(&error)),
    };
    match answer.status {
        304 => Answer::Unchanged(answer),
        410 => Answer::Gone,
        _ if answer.is_success() => Answer::Body(answer),
        _ => {
            let (retry_after, is_elsewhere) = (patience(&answer, now), is_elsewhere(&answer));
            Answer::Failed(Failure { retry_after, is_elsewhere, ..refused(&answer) })
        }
    }
}

/// How long a feed is left alone, as its host asks, whatever else that answers. Where a redirect led
/// to another site, that site's wish is kept for [`ELSEWHERE`] at most.
pub(crate) fn patience(answer: &Response, now: Timestamp) -> Option<Duration> {
    let asked = clamp_retry_after(retry_after(answer.header("retry-after")?, now)?);
    Some(if is_elsewhere(answer) { asked.min(ELSEWHERE) } else { asked })
}

/// A validator of the answer; none where it is longer than any server needs.
pub(crate) fn validator(answer: &Response, name: &str) -> Option<String> {
    answer.header(name).filter(|value| value.len() <= LONGEST_VALIDATOR).map(str::to_owned)
}

/// [`patience`] where it binds all feeds of the host that answered: only if that itself was asked.
/// Else whoever redirects to a busy site would stop the feeds of that site.
pub(crate) fn patience_of_host(answer: &Response, now: Timestamp) -> Option<Duration> {
    patience(answer, now).filter(|_| !is_elsewhere(answer))
}

/// Whether a redirect led to another site.
fn is_elsewhere(answer: &Response) -> bool {
    !is_one_site(&answer.asked, &answer.url)
}

/// A feed, with the words that it gives of each item.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) feed: Feed,
    /// One count an item.
    pub(crate) words: Vec<usize>,
}

/// Why a body is no feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unread {
    /// What the parser says.
    Error(FeedError),
    /// The parser broke over it.
    Panicked,
}

/// Parses a body where neither its size nor a fault of the parser holds anyone up.
pub(crate) async fn parse(answer: Response, items: usize) -> Result<Read, Unread> {
    let parsing = tokio::task::spawn_blocking(move || {
        let media_type = answer.header("content-type");
        let mut feed = crate::feed::parse(&answer.body, media_type, &answer.url)?;
        if feed.items.len() > items {
            feed.cut_short = Some(format!("lists more than {items} items; the first were read"));
            feed.items.truncate(items);
        }
        let words = feed.items.iter().map(|item| word_count(text_of(item))).collect();
        Ok(Read { feed, words })
    });
    match parsing.await {
        Ok(read) => read.map_err(Unread::Error),
        Err(_) => Err(Unread::Panicked),
    }
}

/// Where the answer's permanent redirects led from that address, if all of them were permanent
/// and none gave up encryption.
pub(crate) fn moved_to<'a>(answer: &'a Response, from: &str) -> Option<&'a str> {
    let last = answer.redirects.last()?;
    let is_open = |url: &Url| url.scheme() != "https";
    let gives_up = from.starts_with("https:") && is_open(&last.to);
    let is_lasting = answer.redirects.iter().all(Redirect::is_permanent) && !gives_up;
    is_lasting.then(|| last.to.as_str())
}

fn no_answer(error: &SendError) -> Failure {
    let (trouble, weight) = match error {
        SendError::Refused { .. } => (FeedFinding::Broken, STRIKE),
        SendError::NoSuchHost | SendError::CannotConnect { .. } => {
            (FeedFinding::Unreachable, SOFTEST)
        }
        SendError::TooLarge { .. } | SendError::Bomb { .. } | SendError::TooManyRedirects => {
            (FeedFinding::Broken, SOFT)
        }
        _ => (FeedFinding::Unreachable, SOFT),
    };
    Failure::of(trouble, weight, in_words(error))
}

fn in_words(error: &SendError) -> String {
    let advice = match error {
        SendError::Refused { .. } => {
            "; to read feeds of a private network, allow it with fetcher.allow_private"
        }
        SendError::NoSuchHost => "; check the address",
        SendError::TooLarge { .. } => "; no feed is that large",
        SendError::Bomb { .. } => "; no feed does",
        SendError::TooManyRedirects => "; open the address in a browser and take the last one",
        _ => "; it is tried again",
    };
    format!("{error}{advice}")
}

fn refused(answer: &Response) -> Failure {
    let is_challenge = answer.header("cf-mitigated").is_some();
    let is_walled = matches!(answer.status, 400..=599) && barrier(&answer.body).is_some();
    let (trouble, weight) = match answer.status {
        429 if !is_challenge => (FeedFinding::Unreachable, SOFTEST),
        _ if is_challenge || is_walled => (FeedFinding::Blocked, STRIKE),
        401 | 403 | 407 | 451 => (FeedFinding::Blocked, STRIKE),
        503 if answer.header("retry-after").is_some() => (FeedFinding::Unreachable, SOFTEST),
        500..=599 => (FeedFinding::Unreachable, SOFT),
        _ => (FeedFinding::Broken, STRIKE),
    };
    Failure::of(trouble, weight, refusal(answer))
}

fn refusal(answer: &Response) -> String {
    let status = answer.status;
    match status {
        _ if answer.header("cf-mitigated").is_some()
            || barrier(&answer.body) == Some(Barrier::Challenge) =>
        {
            format!("HTTP {status}: the host lets only browsers in; ask its publisher")
        }
        401 | 407 => {
            format!("HTTP {status}: the host asks for a login; give it one with [[access]]")
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

/// A body that is no feed.
pub(crate) fn not_read(unread: &Unread, body: &[u8]) -> Failure {
    let is_page = matches!(unread, Unread::Error(FeedError::NotAFeed { .. }));
    match is_page.then(|| barrier(body)).flatten() {
        Some(Barrier::Challenge) => {
            let problem = "a page that lets only browsers in; ask its publisher";
            Failure::of(FeedFinding::Blocked, STRIKE, problem)
        }
        Some(Barrier::Login) if names_no_feed(unread) => {
            let problem = "a page that asks for a login; give it one with [[access]]";
            Failure::of(FeedFinding::Blocked, STRIKE, problem)
        }
        _ => Failure::broken(no_feed(unread)),
    }
}

/// Many pages have a login in a corner; those that name a feed are the site's own.
fn names_no_feed(unread: &Unread) -> bool {
    matches!(unread, Unread::Error(FeedError::NotAFeed { feeds, .. }) if feeds.is_empty())
}

/// What was found instead of a feed, and what to do.
pub(crate) fn no_feed(unread: &Unread) -> String {
    match unread {
        Unread::Panicked => "the parser crashed on this feed; please report its address".to_owned(),
        Unread::Error(error @ FeedError::NotAFeed { feeds, .. }) if !feeds.is_empty() => {
            format!("{error}; its site has {}: use that address", feeds.join(" and "))
        }
        Unread::Error(error @ FeedError::NotAFeed { .. }) => {
            format!("{error}; look there for the address of its feed")
        }
        Unread::Error(error) => format!("{error}; it is tried again"),
    }
}
