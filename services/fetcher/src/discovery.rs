//! Finds the feeds of a site from any of its pages: those that the page or the `Link` header names,
//! else the first feed at one of the usual addresses.

use url::Url;
use wirefold_http_client::{Client, Response};

use crate::answer::{Answer, feed_request, judge, parse, send};
use crate::feed_address::identity;
use crate::links;
use crate::settings::Settings;

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
        if let Answer::Body(answer) = judge(answer, jiff::Timestamp::UNIX_EPOCH) {
            let at = answer.url.to_string();
            if parse(answer, settings.items_per_feed).await.is_ok() {
                return Some(at);
            }
        }
    }
    None
}
