//! Probes each feed of a list before it is added: which feeds have only teasers, redirect to another feed, or
//! do not answer.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use futures_util::StreamExt;
use wirefold_fetcher::opml::OpmlFeed;
use wirefold_proto::SiteProof;

use super::probe::{self, Found};
use crate::client::Client;
use crate::global::Global;
use crate::output::{clean, count};

/// The number of hosts that are probed at a time, each for one feed at a time.
const HOSTS_AT_ONCE: usize = 16;
/// How long the whole survey may take. A person waits for it.
const DEADLINE: Duration = Duration::from_secs(25);
/// How long one feed may take. The other feeds of its host wait for it.
const FEED_TIMEOUT: Duration = Duration::from_secs(8);

/// The number of feeds without an answer that are named.
const NAMED: usize = 10;

/// The result for each feed: its content, or why it is not a feed.
pub(super) struct Survey {
    found: Vec<Result<Found, String>>,
}

/// Probes all feeds until the deadline.
pub(super) async fn probe_all(client: &Client, feeds: &[OpmlFeed], global: &Global) -> Survey {
    let mut hosts: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, feed) in feeds.iter().enumerate() {
        let host =
            url::Url::parse(&feed.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        hosts.entry(host.unwrap_or_default()).or_default().push(at);
    }
    let progress = Progress::of(feeds.len(), global);
    let found = RefCell::new(vec![Err("no answer in time".to_owned()); feeds.len()]);
    let of_one_host = |places: Vec<usize>| {
        let (found, progress) = (&found, &progress);
        async move {
            for at in places {
                let look = probe::probe_feed(client, &feeds[at].url);
                if let Ok(looked) = tokio::time::timeout(FEED_TIMEOUT, look).await {
                    found.borrow_mut()[at] = looked.map_err(|why| why.to_string()).and_then(a_feed);
                }
                progress.one_more();
            }
        }
    };
    let looks = futures_util::stream::iter(hosts.into_values().map(of_one_host));
    let all = looks.buffer_unordered(HOSTS_AT_ONCE).for_each(|()| async {});
    // A feed without a result by then has not answered.
    let _ = tokio::time::timeout(DEADLINE, all).await;
    progress.end();
    Survey { found: found.into_inner() }
}

/// The report if it is a feed, or else the reason.
fn a_feed(found: Found) -> Result<Found, String> {
    match found.is_feed() {
        true => Ok(found),
        false => Err(found.problem.unwrap_or_else(|| "a page, which names feeds".to_owned())),
    }
}

impl Survey {
    /// The addresses to which the address of a feed redirects.
    pub(super) fn leads_to(&self, at: usize) -> Vec<String> {
        self.found.get(at).and_then(|it| it.as_ref().ok()).map(Found::leads_to).unwrap_or_default()
    }

    /// The survey without the feeds at these indices.
    pub(super) fn without(mut self, places: &[usize]) -> Self {
        let mut at = 0..;
        self.found.retain(|_| at.next().is_some_and(|at| !places.contains(&at)));
        self
    }

    /// The feeds that did not answer with a feed, with the reason: `https://…: no such host`.
    pub(super) fn unanswered(&self, feeds: &[OpmlFeed]) -> Vec<String> {
        let all = feeds.iter().zip(&self.found);
        let line = |(feed, found): (&OpmlFeed, &Result<Found, String>)| {
            let why = found.as_ref().err()?;
            Some(format!("{}: {}", clean(&feed.url), clean(why)))
        };
        let mut unanswered: Vec<String> = all.filter_map(line).collect();
        let more = unanswered.len().saturating_sub(NAMED);
        unanswered.truncate(NAMED);
        if more > 0 {
            unanswered
                .push(format!("{more} more: `wirefold feed ls --problems` after the first poll"));
        }
        unanswered
    }

    /// `3 of 5 feeds send teasers only (1 did not answer with a feed)`.
    pub(super) fn describe(&self) -> String {
        let answered: Vec<&Found> = self.found.iter().flatten().collect();
        if answered.is_empty() && !self.found.is_empty() {
            let all = count(self.found.len(), "feed", "feeds");
            return format!("no answer with a feed from {all}");
        }
        let teasing = answered.iter().filter(|found| found.is_teasing()).count();
        let all = count(self.found.len(), "feed sends", "feeds send");
        let unanswered = match self.found.len() - answered.len() {
            0 => String::new(),
            unanswered => format!(" ({unanswered} did not answer with a feed)"),
        };
        format!("{teasing} of {all} teasers only{unanswered}{}", describe_sites(&answered))
    }
}

/// `; 30 from publishers themselves, 4 from aggregators`. Empty if no feed has items.
fn describe_sites(answered: &[&Found]) -> String {
    let sites = || answered.iter().filter_map(|found| found.site.as_ref());
    let many = sites().filter(|site| site.how == SiteProof::Aggregator).count();
    let unproven = sites().filter(|site| site.how == SiteProof::Unproven).count();
    let own = sites().count() - many - unproven;
    let kinds = [
        (own, "from publishers themselves"),
        (many, "from aggregators"),
        (
            unproven,
            "that list another site's items: their first poll checks whether that site names them",
        ),
    ];
    let words: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if words.is_empty() { String::new() } else { format!("; {}", words.join(", ")) }
}

/// A counter on one line of the terminal.
struct Progress {
    all: usize,
    done: Cell<usize>,
    is_shown: bool,
}

impl Progress {
    fn of(all: usize, global: &Global) -> Progress {
        let is_shown = !global.quiet && std::io::stderr().is_terminal();
        let progress = Progress { all, done: Cell::new(0), is_shown };
        progress.show();
        progress
    }

    fn one_more(&self) {
        self.done.set(self.done.get() + 1);
        self.show();
    }

    fn line(&self) -> String {
        format!("looking: {} of {}", self.done.get(), count(self.all, "feed", "feeds"))
    }

    fn show(&self) {
        self.write(&format!("\r{}", self.line()));
    }

    /// Clears the line.
    fn end(&self) {
        self.write(&format!("\r{}\r", " ".repeat(self.line().len())));
    }

    /// Errors are ignored: if standard error is closed, nobody reads it.
    fn write(&self, text: &str) {
        if self.is_shown {
            let mut talk = anstream::stderr();
            let _ = talk.write_all(text.as_bytes()).and_then(|()| talk.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(items: usize, teasers: usize) -> Result<Found, String> {
        Ok(Found { items, teasers, ..Found::default() })
    }

    fn none() -> Result<Found, String> {
        Err("no such host".to_owned())
    }

    #[test]
    fn teasers_and_missing_answers_are_counted() {
        let survey = Survey { found: vec![found(10, 6), none(), found(10, 5), found(0, 0)] };
        assert_eq!(
            survey.describe(),
            "1 of 4 feeds send teasers only (1 did not answer with a feed)"
        );
        assert_eq!(survey.without(&[1, 2, 3]).describe(), "1 of 1 feed sends teasers only");
        let words = Survey { found: vec![none(), none()] }.describe();
        assert_eq!(words, "no answer with a feed from 2 feeds");
    }

    #[test]
    fn feeds_without_an_answer_are_named_with_the_reason() {
        let feed = |number: usize| OpmlFeed {
            url: format!("https://a{number}.example/rss"),
            ..OpmlFeed::default()
        };
        let feeds: Vec<OpmlFeed> = (0..13).map(feed).collect();
        let mut survey = Survey { found: (0..13).map(|_| none()).collect() };
        survey.found[0] = found(3, 0);
        let unanswered = survey.unanswered(&feeds);
        assert_eq!(unanswered[0], "https://a1.example/rss: no such host");
        assert_eq!((unanswered.len(), unanswered[10].starts_with("2 more: ")), (11, true));
    }
}
