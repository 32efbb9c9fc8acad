//! Describes a body that is not a feed, and finds the feeds that a page names.

use crate::address::{is_web, resolve};
use crate::error::FeedError;
use crate::html::{Link, head_of};
use crate::limits::MAX_NAMED;

/// Whether a text begins like an HTML page, after comments and white space.
pub(super) fn is_page(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        rest = comment.split_once("-->").map_or("", |(_, after)| after).trim_start();
    }
    let start: String = rest.chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
}

/// The error of an HTML page, with the feeds that it names.
pub(super) fn not_a_feed(html: &str, base: &str) -> FeedError {
    let head = head_of(html);
    let page = resolve(base, head.base.as_deref().unwrap_or_default());
    let mut feeds: Vec<String> = Vec::new();
    for link in head.links.iter().filter(|link| is_feed(link)) {
        let address = resolve(&page, &link.href);
        if is_web(&address) && !feeds.contains(&address) {
            feeds.push(address);
        }
    }
    feeds.truncate(MAX_NAMED);
    FeedError::NotAFeed { found: "an HTML page".to_owned(), feeds }
}

fn is_feed(link: &Link) -> bool {
    let mut relations = link.relation.split_ascii_whitespace();
    let media_type = link.media_type.split(';').next().unwrap_or_default().trim();
    let is_feed_type = matches!(
        media_type,
        "application/rss+xml"
            | "application/atom+xml"
            | "application/rdf+xml"
            | "application/feed+json"
            | "application/json"
            | "text/xml"
    );
    relations.any(|relation| relation == "alternate" || relation == "feed") && is_feed_type
}
