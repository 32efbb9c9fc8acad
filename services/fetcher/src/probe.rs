//! Requests an address once, for `feed test` and `feed add`. Reports its content, and what wirefold would do
//! with it. Publishes nothing.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;
use wirefold_address::find_site;
use wirefold_feed::{FeedError, Item};
use wirefold_http_client::{Client, ClientError, Redirect, Response};
use wirefold_proto::{FeedId, FeedSettings, FeedSite, ItemIdentity};

use crate::answer::{
    Answer, ParseFailure, ParsedFeed, feed_request, judge, parse, parse_failure, send, text_of,
};
use crate::article::item_key;
use crate::feed_address::identity;
use crate::lists::read_list_once;
use crate::opml::Opml;
use crate::pages::{TEASER_WORDS, is_html};
use crate::poll::leads_of;
use crate::settings::Settings;
use crate::{client, links};

/// The result of requesting an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// The redirects on the way, in order.
    pub redirects: Vec<Hop>,
    /// The feed's title.
    pub title: Option<String>,
    /// How many items it lists; 0 if it is not a feed.
    pub items: u32,
    /// How many of them have fewer than 80 words of text.
    pub teasers: u32,
    /// The titles of the newest items, at most 5.
    pub newest: Vec<String>,
    /// The actions of wirefold for it, in one sentence each.
    pub would: Vec<String>,
    /// Its newest item.
    pub sample: Option<Sample>,
    /// The site that it speaks for, only by its address and items.
    pub site: Option<FeedSite>,
    /// The feeds that a page names, if it is a page.
    pub feeds: Vec<String>,
    /// Why it cannot be polled, with advice; `None` if it can.
    pub problem: Option<String>,
}

/// A redirect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Its HTTP status.
    pub status: u16,
    /// The new address.
    pub to: String,
}

/// An item and the article that wirefold would make of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Its title.
    pub title: String,
    /// Its page.
    pub link: Option<String>,
    /// When it was published, as the feed claims.
    pub published: Option<String>,
    /// How many words its text in the feed has.
    pub words: usize,
    /// Its key in the feed.
    pub key: String,
    /// The beginning of its text.
    pub start: String,
}

/// Why an address was not requested.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// It is invalid.
    #[error("{0:?} is not an address: write it like https://harbour.example/feed.xml")]
    Address(String),
    /// The HTTP client cannot be created with these settings or on this machine.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Requests an address once, with the address checks and limits of the settings. If it is a page, finds
/// its feeds. Publishes nothing.
///
/// # Errors
/// A [`ProbeError`] if no request can be sent. Any response is a result.
pub async fn probe(settings: &Settings, url: &str, search: Search) -> Result<Probe, ProbeError> {
    let address = Url::parse(url).map_err(|_| ProbeError::Address(url.to_owned()))?;
    let client = client(settings)?;
    let (answer, _) = send(&client, feed_request(address, settings)).await;
    let answer = match judge(answer, false, jiff::Timestamp::UNIX_EPOCH) {
        Answer::Body(answer) => answer,
        Answer::Failed(failure) => return Ok(problem(failure.problem)),
        Answer::HostPaused(_) | Answer::Unchanged(_) => return Ok(Probe::default()),
        Answer::Gone => return Ok(problem("HTTP 410: gone for good".to_owned())),
    };
    let hop = |it: &Redirect| Hop { status: it.status, to: it.to.to_string() };
    let redirects = answer.redirects.iter().map(hop).collect();
    let mut would = effects_of_answer(&answer, settings);
    let probe = match parse(answer.clone()).await {
        Err(ParseFailure::Error(FeedError::NotAFeed { found, feeds })) => {
            let mut named = feeds_named(&answer, &feeds);
            let searches_site = named.is_empty() && search == Search::Around;
            if searches_site && is_html(&answer) {
                named.extend(feed_at_usual_address(&client, &answer.url, settings).await);
            }
            let unread = ParseFailure::Error(FeedError::NotAFeed { found, feeds: named.clone() });
            Probe { feeds: named, ..problem(parse_failure(&unread, &answer.body).problem) }
        }
        Err(unread) => problem(parse_failure(&unread, &answer.body).problem),
        Ok(read) => {
            let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
            would.extend(effects_of_feed(&read, settings));
            let unnamed = FeedSettings::new(FeedId::default(), url);
            let site = find_site(&unnamed, answer.url.as_str(), &leads_of(&read.feed.items));
            let titles = read.feed.items.iter().map(|item| item.title.clone());
            Probe {
                title: read.feed.title.clone(),
                items: count(read.feed.items.len()),
                teasers: count(read.words.iter().filter(|words| **words < TEASER_WORDS).count()),
                newest: titles.take(5).collect(),
                site,
                sample: read.feed.items.first().zip(read.words.first()).map(sample),
                would,
                ..Probe::default()
            }
        }
    };
    Ok(Probe { redirects, ..probe })
}

/// The result of requesting a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListProbe {
    /// The list, if there is one.
    pub list: Option<Opml>,
    /// Why there is none.
    pub problem: Option<String>,
}

/// Requests a list of feeds (OPML) once, with the address checks and limits of the settings.
///
/// # Errors
/// A [`ProbeError`] if no request can be sent. Any response is a result.
pub async fn probe_list(settings: &Settings, url: &str) -> Result<ListProbe, ProbeError> {
    let address = Url::parse(url).map_err(|_| ProbeError::Address(url.to_owned()))?;
    Ok(match read_list_once(&client(settings)?, address, settings).await {
        Ok(list) => ListProbe { list: Some(list), problem: None },
        Err(problem) => ListProbe { list: None, problem: Some(problem) },
    })
}

/// The effects of the answer's headers, for people.
fn effects_of_answer(answer: &Response, settings: &Settings) -> Vec<String> {
    let has_validators = ["etag", "last-modified"].iter().any(|name| answer.header(name).is_some());
    let requests = match has_validators {
        true => {
            "wirefold asks whether it has changed, and requests it in full once in one to three days"
        }
        false => "it gives no validators, so each poll fetches all of it",
    };
    let lasting = answer.redirects.iter().all(Redirect::is_permanent);
    let moved = (lasting && !answer.redirects.is_empty())
        .then(|| "it has moved for good; after a day it is polled at its new address".to_owned());
    let minutes = settings.first_interval.as_secs() / 60;
    let first = format!(
        "it is polled again after {minutes} minutes, later or sooner depending on how often it changes"
    );
    [first, requests.to_owned()].into_iter().chain(moved).collect()
}

/// The effects of the feed's items, for people.
fn effects_of_feed(read: &ParsedFeed, settings: &Settings) -> Vec<String> {
    let ParsedFeed { feed, words } = read;
    let count = |is: &dyn Fn(&Item) -> bool| feed.items.iter().filter(|it| is(it)).count();
    let (guids, undated) =
        (count(&|item| item.guid.is_some()), count(&|item| item.published.is_none()));
    let identity = match guids * 2 > feed.items.len() {
        true => "items are identified by their ids, unless these prove to change or repeat",
        false => "items are identified by their links, or by title and day",
    };
    let teasers = words.iter().filter(|words| **words < TEASER_WORDS).count();
    let pages = (teasers > 0).then(|| match settings.extract.is_some() {
        true => "pages of teasers are fetched where full_text and robots.txt allow".to_owned(),
        false => "pages of teasers are not fetched by this command".to_owned(),
    });
    let items = if undated == 1 { "item has" } else { "items have" };
    let dates = (undated > 0)
        .then(|| format!("{undated} {items} no date: the time of the first poll counts"));
    let unread = feed.unread_dates.clone();
    let wish = feed.ttl.map(|ttl| {
        format!("its publisher wants no more than a poll in {} minutes", ttl.as_secs() / 60)
    });
    let cut = feed.is_broken.then(|| "it is cut off".to_owned());
    let found = [pages, dates, unread, wish, cut].into_iter().flatten();
    std::iter::once(identity.to_owned()).chain(found).collect()
}

fn sample((item, words): (&Item, &usize)) -> Sample {
    const START: usize = 120;
    Sample {
        title: item.title.clone(),
        link: item.link.clone(),
        published: item.published.map(|at| at.to_string()),
        words: *words,
        key: item_key(item, ItemIdentity::Auto),
        start: text_of(item).chars().take(START).collect(),
    }
}

fn problem(problem: String) -> Probe {
    Probe { problem: Some(problem), ..Probe::default() }
}

/// The usual paths of feeds.
const USUAL: [&str; 6] = ["/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];
/// The most feeds of one page that are reported.
const MOST: usize = 50;

/// The places to look for a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Only at the address.
    Here,
    /// Also at the usual paths of its site, if the address is a page that names no feed.
    Around,
}

/// The feeds that a page names, each once. `inside` are those in its HTML.
pub(crate) fn feeds_named(answer: &Response, inside: &[String]) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    let all = inside.iter().cloned().chain(links::feeds(answer));
    let is_new = |feed: &String| {
        let name = identity(feed);
        let is_new = !known.contains(&name);
        known.push(name);
        is_new
    };
    all.filter(is_new).take(MOST).collect()
}

/// The first feed at a usual path of the site of this page.
pub(crate) async fn feed_at_usual_address(
    client: &Client,
    page: &Url,
    settings: &Settings,
) -> Option<String> {
    for path in USUAL {
        tokio::time::sleep(settings.per_host_delay).await;
        let Some(url) = page.join(path).ok().filter(|url| url != page) else { continue };
        let (answer, _) = send(client, feed_request(url, settings)).await;
        if let Answer::Body(answer) = judge(answer, false, jiff::Timestamp::UNIX_EPOCH) {
            let at = answer.url.to_string();
            if parse(answer).await.is_ok() {
                return Some(at);
            }
        }
    }
    None
}
