//! What a host's answer to a poll means.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_guard::{Redirect, Request, Response, SendError};
use wirefold_proto::FeedRecord;

use super::listed::text_of;
use crate::feed::{Feed, FeedError};
use crate::pages::word_count;
use crate::schedule::retry_after;
use crate::settings::Settings;

/// What feeds are written in, and whatever else a server calls them.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, \
                      application/rdf+xml;q=0.9, application/json;q=0.8, application/xml;q=0.8, \
                      text/xml;q=0.8, */*;q=0.5";

/// What a poll came to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A body that may be a feed.
    Body(Response),
    /// Nothing has changed.
    Unchanged(Response),
    /// The host says that it is gone for good.
    Gone,
    /// Nothing can be read.
    Failed(Failure),
}

/// Why nothing can be read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// What was found, and what to do, for people.
    pub(crate) problem: String,
    /// How long the host asks to be left alone.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), retry_after: None }
    }
}

/// The question: with the validators of the last good answer, as they came.
pub(crate) fn question(url: Url, record: Option<&FeedRecord>, settings: &Settings) -> Request {
    let request = Request {
        max_body: settings.feed_limit,
        total: settings.timeout,
        ..Request::get(url).with_header("Accept", ACCEPT)
    };
    let Some(record) = record else {
        return request;
    };
    let validators =
        [("If-None-Match", &record.etag), ("If-Modified-Since", &record.last_modified)];
    let given = validators.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    given.fold(request, |request, (name, value)| request.with_header(name, value))
}

/// Reads the status line and its company.
pub(crate) fn judge(answer: Result<Response, SendError>, now: Timestamp) -> Answer {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Answer::Failed(Failure::new(no_answer(&error))),
    };
    match answer.status {
        304 => Answer::Unchanged(answer),
        410 => Answer::Gone,
        _ if answer.is_success() => Answer::Body(answer),
        _ => Answer::Failed(Failure {
            problem: refused(&answer),
            retry_after: answer.header("retry-after").and_then(|value| retry_after(value, now)),
        }),
    }
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
        feed.items.truncate(items);
        let words = feed.items.iter().map(|item| word_count(text_of(item))).collect();
        Ok(Read { feed, words })
    });
    match parsing.await {
        Ok(read) => read.map_err(Unread::Error),
        Err(_) => Err(Unread::Panicked),
    }
}

/// Where the answer's permanent redirects led, if all of them were permanent.
pub(crate) fn moved_to(answer: &Response) -> Option<&str> {
    let last = answer.redirects.last()?;
    answer.redirects.iter().all(Redirect::is_permanent).then(|| last.to.as_str())
}

fn no_answer(error: &SendError) -> String {
    let advice = match error {
        SendError::Refused { .. } => {
            "; to read feeds of a private network, let it in with fetcher.allow_private"
        }
        SendError::NoSuchHost => "; check the address",
        SendError::TooLarge { .. } => "; no feed is that large",
        SendError::TooManyRedirects => "; open the address in a browser and take the last one",
        _ => "; it is tried again",
    };
    format!("{error}{advice}")
}

fn refused(answer: &Response) -> String {
    let status = answer.status;
    match status {
        _ if answer.header("cf-mitigated").is_some() => {
            format!("HTTP {status}: the host lets only browsers in; ask its publisher")
        }
        401 | 407 => {
            format!("HTTP {status}: the host asks for a login, which feeds have no place for")
        }
        403 => format!("HTTP {status}: the host refuses; look whether the address needs a login"),
        404 => format!("HTTP {status}: nothing there; check the address"),
        429 | 503 => format!("HTTP {status}; next try as the host asks"),
        300..=399 => format!("HTTP {status}: a redirect that leads nowhere"),
        _ => format!("HTTP {status}; it is tried again"),
    }
}

/// What was found instead of a feed, and what to do.
pub(crate) fn no_feed(unread: &Unread) -> String {
    match unread {
        Unread::Panicked => {
            "this feed breaks the parser; please report its address, all others go on".to_owned()
        }
        Unread::Error(error @ FeedError::NotAFeed { feeds, .. }) if !feeds.is_empty() => {
            format!("{error}; it names {}: use that address", feeds.join(" and "))
        }
        Unread::Error(error @ FeedError::NotAFeed { .. }) => {
            format!("{error}; look there for the address of its feed")
        }
        Unread::Error(error) => format!("{error}; it is tried again"),
    }
}
