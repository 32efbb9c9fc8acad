//! One look at an address, for `feed test` and `feed add`: what is there, and what to do about it.

use thiserror::Error;
use url::Url;
use wirefold_guard::{GuardError, Redirect};

use crate::client;
use crate::feed::FeedError;
use crate::pages::TEASER_WORDS;
use crate::poll::{Answer, Unread, judge, no_feed, parse, question};
use crate::settings::Settings;

/// What stands at an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Probe {
    /// The redirects on the way, in order.
    pub redirects: Vec<Redirect>,
    /// The feed's title.
    pub title: Option<String>,
    /// How many items it lists; 0 where it is no feed.
    pub items: u32,
    /// How many of them have fewer than 80 words of text.
    pub teasers: u32,
    /// The titles of the newest items, at most 5.
    pub newest: Vec<String>,
    /// The feeds that a page names, where it is a page.
    pub feeds: Vec<String>,
    /// Why it cannot be polled, and what to do; none where all is well.
    pub problem: Option<String>,
}

/// Why an address was not looked at.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// It is none.
    #[error("{0:?} is no address: write it as in https://harbour.example/feed.xml")]
    Address(String),
    /// The settings or the machine give no HTTP client.
    #[error(transparent)]
    Client(#[from] GuardError),
}

/// Looks once at an address, under the guard and the limits of the settings. Publishes nothing.
///
/// # Errors
/// A [`ProbeError`] where nothing can be asked; whatever is found there is an answer.
pub async fn probe(settings: &Settings, url: &str) -> Result<Probe, ProbeError> {
    let address = Url::parse(url).map_err(|_| ProbeError::Address(url.to_owned()))?;
    let client = client(settings)?;
    let answer = client.send(question(address, None, settings)).await;
    let answer = match judge(answer, jiff::Timestamp::UNIX_EPOCH) {
        Answer::Body(answer) => answer,
        Answer::Failed(failure) => return Ok(problem(failure.problem)),
        Answer::Gone => return Ok(problem("HTTP 410: gone for good".to_owned())),
        Answer::Unchanged(_) => {
            return Ok(problem("HTTP 304: an answer to a question that nobody asked".to_owned()));
        }
    };
    let redirects = answer.redirects.clone();
    let looked = match parse(answer, settings.items_per_feed).await {
        Err(unread) => {
            let feeds = match &unread {
                Unread::Error(FeedError::NotAFeed { feeds, .. }) => feeds.clone(),
                _ => Vec::new(),
            };
            Probe { feeds, ..problem(no_feed(&unread)) }
        }
        Ok(read) => {
            let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            let titles = read.feed.items.iter().map(|item| item.title.clone());
            Probe {
                title: read.feed.title.clone(),
                items: count(read.feed.items.len()),
                teasers: count(read.words.iter().filter(|words| **words < TEASER_WORDS).count()),
                newest: titles.take(5).collect(),
                ..Probe::default()
            }
        }
    };
    Ok(Probe { redirects, ..looked })
}

fn problem(problem: String) -> Probe {
    Probe { problem: Some(problem), ..Probe::default() }
}
