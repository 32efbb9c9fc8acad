//! The page of feeds: their state in words, and how to add one.

use maud::{Markup, html};
use wirefold_proto::{FeedFinding, FeedHealth, FeedRecord, ListRecord};

use crate::page::river::is_web;
use crate::page::words;
use crate::state::Registry;

/// How many feeds work but have had nothing new for far longer than usual.
pub(super) fn silent(feeds: &Registry<FeedRecord>) -> usize {
    feeds.records().filter(|feed| is_silent(feed)).count()
}

fn is_silent(feed: &FeedRecord) -> bool {
    feed.health == FeedHealth::Good && feed.findings.contains(&FeedFinding::Silent)
}

/// The page's main part.
pub(super) fn main(feeds: &Registry<FeedRecord>, lists: &[ListRecord]) -> Markup {
    let feeds: Vec<&FeedRecord> = feeds.records().collect();
    let (ailing, well): (Vec<&FeedRecord>, Vec<&FeedRecord>) =
        feeds.iter().partition(|feed| feed.needs_a_look());
    let teasing = feeds.iter().filter(|feed| feed.teasers.is_some_and(|t| t.is_teasing())).count();
    html! {
        h1 { "Feeds" }
        @if !feeds.is_empty() {
            p.lede {
                b { (words::count(feeds.len() as u64, "feed", "feeds")) }
                @if teasing > 0 { ", " b { (teasing) } " of them send teasers: wirefold fetches the pages of their articles if the site allows it" }
                "."
            }
        }
        @if !ailing.is_empty() {
            section #problems { h2 { "With problems" } (table(&ailing)) }
        }
        @if !lists.is_empty() {
            section #lists { h2 { "Followed lists" } (followed(lists)) }
        }
        @if !well.is_empty() {
            section #well { h2 { "Doing well" } (table(&well)) }
        }
        (how_to_add(feeds.is_empty()))
    }
}

fn table(feeds: &[&FeedRecord]) -> Markup {
    html! {
        div.wide role="region" aria-label="Feeds" tabindex="0" {
            table.feeds {
                thead { tr { th scope="col" { "Feed" } th scope="col" { "How it is" } th scope="col" { "Last new" } th scope="col" { "Next poll" } th.num scope="col" { "Articles" } } }
                tbody { @for feed in feeds { (row(feed)) } }
            }
        }
    }
}

fn row(record: &FeedRecord) -> Markup {
    let feed = &record.feed;
    let id = feed.id.as_str();
    let title = feed.title.as_deref().or(record.feed_title.as_deref()).unwrap_or(id);
    html! {
        tr {
            th scope="row" {
                b { (words::cut(title, 80)) } br;
                @if is_web(&feed.url) { a.out.faint href=(feed.url) rel="noopener noreferrer external" { (words::cut(&feed.url, 70)) } }
                @else { span.faint { (words::cut(&feed.url, 70)) } }
                @if let Some(place) = &record.managed_by { br; span.faint { "set in " (place) } }
                @else if let Some(list) = record.lists.first() { br; span.faint { "from " (words::cut(list, 70)) } }
            }
            td {
                (health(record))
                @for (_, words) in record.describe_findings() { br; span.faint { (words) } }
                @if feed.priority { br; span.faint { "priority: its silence is reported" } }
                @if let Some(site) = &record.site { br; span.faint { "speaks for " (site.in_short()) } }
                @if let Some(teasers) = record.teasers.filter(|teasers| teasers.teasers > 0) {
                    br; span.faint { (teasers.teasers) " of " (teasers.items) " items are teasers" }
                }
            }
            td { @match record.last_new { Some(at) => (words::time(at)), None => "–" } }
            td {
                @match record.next_poll { Some(at) => (words::clock_time(at)), None => "–" }
                @if record.next_poll.is_some() {
                    br; span.faint { "every " (words::span(u64::from(record.interval_seconds) * 1_000)) }
                }
            }
            td.num { (words::number(record.articles)) br; a.faint href={ "/feeds/feed/" (id) ".atom" } { "Atom" } }
        }
    }
}

fn followed(lists: &[ListRecord]) -> Markup {
    html! {
        ul {
            @for list in lists {
                li {
                    (words::cut(&list.url, 90)) ": "
                    @match (&list.problem, list.last_good) {
                        (Some(problem), _) => span.warn { "failing: " (problem) },
                        (None, Some(at)) => { (words::count(list.feeds.into(), "feed", "feeds")) ", read " (words::time(at)) },
                        (None, None) => "not read yet",
                    }
                    br; span.faint { "set in " (list.managed_by) }
                }
            }
        }
    }
}

fn health(record: &FeedRecord) -> Markup {
    let problem = record.problem.as_deref();
    html! {
        @match record.health {
            FeedHealth::Waiting => "waiting for its first poll",
            FeedHealth::Good => "read well",
            FeedHealth::Failing => span.warn { "failing " (words::count(record.failures.into(), "time", "times")) " in a row: " (problem.unwrap_or("no reason given")) },
            FeedHealth::Gone => span.warn { "gone: its host says that it will not return" },
        }
    }
}

fn how_to_add(is_first: bool) -> Markup {
    html! {
        section #add {
            h2 { (if is_first { "Add your first feeds" } else { "Add feeds" }) }
            pre { code { "wirefold feed add https://news.example/rss      # RSS, Atom, JSON Feed\nwirefold feed import feeds.opml                 # a list from a feed reader\nwirefold feed test https://news.example/rss     # look before adding" } }
            p { "Or list them under " code { "[[feed]]" } " in " code { "wirefold.toml" } ". wirefold compares the items of a first poll, but they send no alert." }
        }
    }
}
