//! Asks the API what is at an address.

use std::fmt::Write as _;

use serde::Deserialize;
use wirefold_fetcher::opml::Opml;
use wirefold_gateway::shapes::{ProbeReport, ProbeRequest};
use wirefold_proto::{FeedId, FeedSite, SiteProof, Teasers};

use crate::client::{Client, ClientError};
use crate::exit::Exit;
use crate::output::{self, clean, count};

const PATH: &str = "/api/v1/feeds/probe";

/// The part of the fetcher's report that is shown.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Found {
    /// The feed's title.
    pub(super) title: Option<String>,
    /// The number of items that it lists.
    pub(super) items: usize,
    /// The number of items with fewer than 80 words.
    pub(super) teasers: usize,
    /// The titles of the newest items.
    pub(super) newest: Vec<String>,
    /// The actions of wirefold for it, in one sentence each.
    pub(super) would: Vec<String>,
    /// Its newest item, as an article.
    pub(super) sample: Option<Sample>,
    /// The site that it speaks for, judged only by its address and its items.
    pub(super) site: Option<FeedSite>,
    /// The feeds that a page names.
    pub(super) feeds: Vec<String>,
    /// Why it is not a feed, or what is wrong with it.
    pub(super) problem: Option<String>,
    /// The redirects on the way, in order.
    pub(super) redirects: Vec<Hop>,
}

/// An item as an article.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Sample {
    pub(super) title: String,
    pub(super) link: Option<String>,
    pub(super) published: Option<String>,
    /// The number of words that the feed gives.
    pub(super) words: usize,
    /// Its identity.
    pub(super) key: String,
    /// The start of its text.
    pub(super) start: String,
}

/// A redirect.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Hop {
    /// The target.
    pub(super) to: String,
}

impl Found {
    /// Whether it is a feed that can be watched.
    pub(super) fn is_feed(&self) -> bool {
        self.problem.is_none() && self.feeds.is_empty()
    }

    /// Whether most of its items are teasers.
    pub(super) fn is_teasing(&self) -> bool {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Teasers { teasers: number(self.teasers), items: number(self.items) }.is_teasing()
    }

    /// The site that it speaks for, in a sentence. The first poll also asks the site of its items.
    pub(super) fn describe_site(&self) -> Option<String> {
        let site = self.site.as_ref()?;
        Some(match (site.how, &site.leading) {
            (SiteProof::Unproven, Some(leading)) => format!(
                "{} of {} items lead to {leading}: the first poll checks whether that site names this \
                 feed; if you know it does, add --speaks-for {leading}",
                site.items, site.of
            ),
            _ => site.describe(&FeedId::unnamed()),
        })
    }

    /// The addresses of the redirects.
    pub(super) fn leads_to(&self) -> Vec<String> {
        self.redirects.iter().map(|hop| hop.to.clone()).collect()
    }
}

/// Probes an address. If it is a page, also finds the feeds of its site.
pub(super) async fn find_feeds(client: &Client, url: &str) -> Result<Found, ClientError> {
    let report = probe(client, url).await?;
    serde_json::from_value(report.found).map_err(|why| garbled(&why))
}

/// Probes only this address for a feed.
pub(super) async fn probe_feed(client: &Client, url: &str) -> Result<Found, ClientError> {
    let request = ProbeRequest { url: url.to_owned(), list: false, here_only: true };
    let report: ProbeReport = client.post(PATH, &request).await?;
    serde_json::from_value(report.found).map_err(|why| garbled(&why))
}

/// Probes an address and returns the whole report.
pub(super) async fn probe(client: &Client, url: &str) -> Result<ProbeReport, ClientError> {
    let request = ProbeRequest { url: url.to_owned(), list: false, here_only: false };
    client.post(PATH, &request).await
}

/// A list of feeds with its problem.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FoundList {
    pub(super) list: Option<Opml>,
    pub(super) problem: Option<String>,
}

/// Fetches a list of feeds.
pub(super) async fn fetch_list(client: &Client, url: &str) -> Result<FoundList, ClientError> {
    let request = ProbeRequest { url: url.to_owned(), list: true, here_only: true };
    let report: ProbeReport = client.post(PATH, &request).await?;
    serde_json::from_value(report.found).map_err(|why| garbled(&why))
}

fn garbled(why: &serde_json::Error) -> ClientError {
    ClientError::Garbled { path: PATH.to_owned(), why: why.to_string() }
}

/// Prints a report. If it is not a feed, the exit code says so.
pub(super) fn print(url: &str, report: &ProbeReport, json: bool) -> anyhow::Result<Exit> {
    let found: Found = serde_json::from_value(report.found.clone()).unwrap_or_default();
    if json {
        output::print_json(report)?;
    } else {
        output::print_styled(&format!("{}{}", describe(url, &found), in_detail(&found)))?;
    }
    Ok(if found.is_feed() { Exit::Ok } else { Exit::Failure })
}

/// The actions of wirefold for a feed, and a sample item.
fn in_detail(found: &Found) -> String {
    let mut out = String::new();
    for hop in &found.redirects {
        let _ = writeln!(out, "leads to {}", clean(&hop.to));
    }
    for would in &found.would {
        let _ = writeln!(out, "{}", clean(would));
    }
    if let Some(sample) = &found.sample {
        let or_none = |text: &Option<String>| clean(text.as_deref().unwrap_or("none"));
        let _ = writeln!(out, "sample: {}", clean(&sample.title));
        let _ = writeln!(out, "  link       {}", or_none(&sample.link));
        let _ = writeln!(out, "  published  {}", or_none(&sample.published));
        let _ = writeln!(out, "  known by   {}", clean(&sample.key));
        let words = count(sample.words, "word", "words");
        let _ = writeln!(out, "  text       {words}: {}", clean(&sample.start));
    }
    out
}

/// A few lines for people.
pub(super) fn describe(url: &str, found: &Found) -> String {
    let mut out = String::new();
    if found.is_feed() {
        let title = found.title.as_deref().unwrap_or("(no title)");
        let _ = writeln!(out, "{}", clean(title));
        let items = count(found.items, "item", "items");
        let teasers = match found.teasers {
            0 => "all with their text".to_owned(),
            all if all == found.items => "all of them teasers of fewer than 80 words".to_owned(),
            some => format!("{some} of them teasers of fewer than 80 words"),
        };
        let _ = writeln!(out, "{items}, {teasers}");
        if let Some(whose) = found.describe_site() {
            let _ = writeln!(out, "{}", clean(&whose));
        }
        for newest in found.newest.iter().take(3) {
            let _ = writeln!(out, "  {}", clean(newest));
        }
        return out;
    }
    if let Some(problem) = &found.problem {
        let _ = writeln!(out, "{}: {}", clean(url), clean(problem));
    }
    if !found.feeds.is_empty() {
        let _ = writeln!(out, "its site has {}:", count(found.feeds.len(), "feed", "feeds"));
        for feed in &found.feeds {
            let _ = writeln!(out, "  {}", clean(feed));
        }
    }
    out
}
