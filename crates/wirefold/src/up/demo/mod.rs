//! The demo, which `up` shows if there is nothing to watch yet.
//!
//! It has a temporary data folder and its own news sites on loopback. They release the fixture articles over
//! a minute: feeds that grow, answer 304, have teasers, and correct themselves. The demo sends nothing to
//! other machines.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use quick_xml::escape::escape;
use serde::Deserialize;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{Clock, UnixMillis};
use wirefold_proto::{FeedSettings, SubscriptionSettings};

/// How long the demo takes to release everything.
const LENGTH: Duration = Duration::from_secs(60);
/// How long the last polls of its feeds take after that.
const LAST_POLLS: Duration = Duration::from_secs(10);

/// Serves only the sites, for a fetcher elsewhere, until `stop`.
pub(super) async fn serve(
    address: SocketAddr,
    origin: Option<String>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<()> {
    let (site, listener) = open(address, origin, clock).await?;
    serve_feeds(site, listener, CancellationToken::new())
        .await
        .context("cannot serve the demo's feeds")
}

/// Binds the address of the sites. The minute starts now.
async fn open(
    address: SocketAddr,
    origin: Option<String>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Arc<Site>, TcpListener)> {
    let listener = TcpListener::bind(address).await.context("cannot serve the demo's feeds")?;
    let start = clock.now();
    let script = Script::new(LENGTH, timestamp(start)).context("the demo's articles")?;
    let bound = listener.local_addr().context("the demo's address")?;
    let origin = origin.unwrap_or_else(|| format!("http://{bound}"));
    Ok((Arc::new(Site { script, clock, start, origin }), listener))
}

/// A running demo.
pub(super) struct Demo {
    /// Deleted when the demo is dropped.
    folder: TempDir,
    site: Arc<Site>,
    listener: Option<TcpListener>,
}

impl Demo {
    /// Creates the folder and binds the address of the sites. The minute starts now.
    pub(super) async fn prepare(clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("wirefold-demo-").tempdir();
        let folder = folder.context("cannot make a throwaway data folder for the demo")?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (site, listener) = open(loopback, None, clock).await?;
        Ok(Self { folder, site, listener: Some(listener) })
    }

    /// Host and port of its sites, which no other server of this machine has.
    pub(super) fn host(&self) -> String {
        self.site.origin.trim_start_matches("http://").to_owned()
    }

    /// The temporary data folder.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The feeds of the demo.
    pub(super) fn feeds(&self) -> anyhow::Result<Vec<FeedSettings>> {
        let feeds = self.site.script.feeds();
        let settings = feeds.into_iter().map(|first| {
            Ok(FeedSettings {
                title: Some(format!("{} (DEMO)", first.outlet)),
                outlet: Some(first.outlet.parse()?),
                group: Some("demo".to_owned()),
                ..FeedSettings::new(first.feed.parse()?, self.site.feed_url(&first.feed))
            })
        });
        settings.collect()
    }

    /// The subscriptions of the demo. One is about a happening, so that there is an alert to see.
    pub(super) fn subscriptions() -> anyhow::Result<Vec<SubscriptionSettings>> {
        let of = |id: &str, name: &str, query: &str| {
            anyhow::Ok(SubscriptionSettings {
                group_wait: Some("3s".parse()?),
                update_interval: Some("10s".parse()?),
                ..SubscriptionSettings::new(id.parse()?, format!("{name} (DEMO)"), query)
            })
        };
        Ok(vec![
            of("port", "Port and ferry", "dock OR ferry OR harbour OR harbor")?,
            of("recalls", "Recalls", "recall AND vans")?,
        ])
    }

    /// Completes once everything was released and polled.
    pub(super) fn wait_for_end(&self) -> impl Future<Output = ()> + use<> {
        let (clock, end) = (self.site.clock.clone(), self.site.start.plus(LENGTH + LAST_POLLS));
        async move { clock.sleep_until(end).await }
    }

    /// Serves the sites until `stop`.
    pub(super) fn start(&mut self, stop: CancellationToken) {
        if let Some(listener) = self.listener.take() {
            let site = self.site.clone();
            tokio::spawn(async move {
                if let Err(error) = serve_feeds(site, listener, stop).await {
                    tracing::error!(%error, "the demo's sites stopped");
                }
            });
        }
    }
}

// The feeds and pages of the demo as text: RSS 2.0 and plain HTML.

/// The length of a teaser, in words.
const TEASER: usize = 30;

/// A feed as RSS 2.0, with the whole texts or, like many feeds, with the first sentence or two.
fn feed(articles: &[&Article], first: &Article, site: &str, is_full: bool) -> String {
    let items: String = articles.iter().map(|article| item(article, site, is_full)).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\n\
         <title>{outlet} (DEMO)</title><link>{site}</link>\
         <description>Invented news for the demo of wirefold</description>\
         <language>{lang}</language>\n{items}</channel></rss>\n",
        outlet = escape(&first.outlet),
        lang = escape(&first.lang),
    )
}

fn item(article: &Article, site: &str, is_full: bool) -> String {
    let creator = match article.author.as_str() {
        "" => String::new(),
        author => format!("<dc:creator>{}</dc:creator>", escape(author)),
    };
    let html = paragraphs(&article.text);
    let text = match is_full {
        // The fixture texts never contain `]]>`.
        true => format!("<content:encoded><![CDATA[{html}]]></content:encoded>"),
        false => String::new(),
    };
    let published = article.published.to_zoned(jiff::tz::TimeZone::UTC);
    format!(
        "<item><title>{title}</title><link>{link}</link><guid isPermaLink=\"false\">{guid}</guid>\
         <pubDate>{published}</pubDate>{creator}<dc:language>{lang}</dc:language>\
         <description>{teaser}</description>{text}</item>\n",
        title = escape(&article.title),
        link = escape(format!("{site}{}", local_path(article))),
        guid = escape(&article.url),
        published = jiff::fmt::rfc2822::to_string(&published).unwrap_or_default(),
        lang = escape(&article.lang),
        teaser = escape(teaser(&article.text)),
    )
}

/// The page of an article, with page chrome.
fn page(article: &Article) -> String {
    let title = escape(&article.title);
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"author\" content=\"{author}\">\
         <meta property=\"article:published_time\" content=\"{published}\"></head><body>\
         <header><nav><a href=\"/\">{outlet}</a> · DEMO: invented news</nav></header>\
         <main><article><h1>{title}</h1>{body}</article></main>\
         <footer>{outlet}</footer></body></html>",
        lang = escape(&article.lang),
        author = escape(&article.author),
        published = article.published,
        outlet = escape(&article.outlet),
        body = paragraphs(&article.text),
    )
}

fn paragraphs(article: &str) -> String {
    let parts = article.lines().map(str::trim).filter(|line| !line.is_empty());
    parts.map(|part| format!("<p>{}</p>\n", escape(part))).collect()
}

fn teaser(article: &str) -> String {
    // The byline has a line of its own, which is short.
    let lines = article.lines().map(str::trim).filter(|line| line.chars().count() > 60);
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).take(TEASER).collect();
    format!("{} …", words.join(" "))
}

// The schedule of the demo: the fixture articles, released over a minute.

/// The articles of `seeds/articles.jsonl`, one JSON object a line.
const ARTICLES: &str = include_str!("../../../../../seeds/articles.jsonl");

/// The fixture articles as JSON lines.
pub(in crate::up) fn articles() -> &'static str {
    ARTICLES
}

/// A fixture article.
#[derive(Debug, Clone, Deserialize)]
struct Article {
    feed: String,
    outlet: String,
    /// Versions of one item have the same address.
    url: String,
    title: String,
    #[serde(default)]
    author: String,
    published: Timestamp,
    lang: String,
    text: String,
}

/// The articles in the order in which they are released.
#[derive(Debug)]
struct Script {
    articles: Vec<Article>,
    length: Duration,
}

impl Script {
    /// The fixtures, spread over this time. Their times are moved so that the last one is published at `now`.
    fn new(length: Duration, now: Timestamp) -> serde_json::Result<Self> {
        let lines = ARTICLES.lines().filter(|line| !line.trim().is_empty());
        let mut articles: Vec<Article> =
            lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        let last = articles.iter().map(|article| article.published).max().unwrap_or(now);
        let shift = now.duration_since(last);
        for article in &mut articles {
            article.published = article.published.saturating_add(shift).unwrap_or(now);
        }
        Ok(Self { articles, length })
    }

    /// The names of the feeds, in order of their first article.
    fn feeds(&self) -> Vec<&Article> {
        let mut first: Vec<&Article> = Vec::new();
        for article in &self.articles {
            if first.iter().all(|known| known.feed != article.feed) {
                first.push(article);
            }
        }
        first
    }

    /// The items of a feed this long after the start, newest first, with the last version of each.
    fn list_items(&self, feed: &str, after: Duration) -> Vec<&Article> {
        let mut listed: Vec<&Article> = Vec::new();
        for article in self.released(after).iter().filter(|article| article.feed == feed) {
            listed.retain(|other| other.url != article.url);
            listed.push(article);
        }
        listed.reverse();
        listed
    }

    /// The last released version of the article at this path.
    fn page(&self, path: &str, after: Duration) -> Option<&Article> {
        self.released(after).iter().rev().find(|article| local_path(article) == path)
    }

    fn released(&self, after: Duration) -> &[Article] {
        let share = after.as_secs_f64() / self.length.as_secs_f64().max(f64::MIN_POSITIVE);
        let all = self.articles.len();
        // The first few are released together, so that a copy folds immediately.
        let count = AT_ONCE + (share * (all - AT_ONCE.min(all)) as f64) as usize;
        &self.articles[..count.min(all)]
    }
}

/// The number of articles that are released at the start: the first event with its copies.
const AT_ONCE: usize = 8;

/// The path of an article on the demo's server.
fn local_path(article: &Article) -> String {
    let path = article.url.split("://").nth(1).and_then(|rest| rest.split_once('/'));
    format!("/{}/{}", article.feed, path.map_or("", |(_, path)| path))
}

// The news sites of the demo on loopback: feeds that grow and answer 304 while nothing is new, and their
// pages.

/// A script that is released from now on, and the address at which it is served.
struct Site {
    script: Script,
    clock: Arc<dyn Clock>,
    start: UnixMillis,
    /// The beginning of its addresses.
    origin: String,
}

/// The feeds that have only teasers, so that the demo shows how pages are fetched.
const TEASERS: [&str; 2] = ["coast-dispatch", "harbor-ledger"];

impl Site {
    /// The address of a feed.
    fn feed_url(&self, feed: &str) -> String {
        format!("{}/feeds/{feed}.xml", self.origin)
    }

    fn elapsed(&self) -> Duration {
        self.clock.now().since(self.start)
    }
}

/// Serves until `stop`.
async fn serve_feeds(
    site: Arc<Site>,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/feeds/{name}", get(feed_response))
        .route("/readyz", get(async || "ready\n"))
        .route("/robots.txt", get(async || "User-agent: *\nAllow: /\n"))
        .fallback(article_page)
        .with_state(site);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn feed_response(
    State(site): State<Arc<Site>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let name = file.trim_end_matches(".xml");
    let Some(first) = site.script.feeds().into_iter().find(|first| first.feed == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let listed = site.script.list_items(name, site.elapsed());
    let newest = listed.first().map(|article| article.published.as_second());
    let etag = format!("\"{}-{}\"", listed.len(), newest.unwrap_or_default());
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known == Some(etag.as_str()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = "application/rss+xml; charset=utf-8".to_owned();
    let xml = feed(&listed, first, &site.origin, !TEASERS.contains(&name));
    ([(header::ETAG, etag), (header::CONTENT_TYPE, kind)], xml).into_response()
}

async fn article_page(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    match site.script.page(uri.path(), site.elapsed()) {
        Some(article) => Html(page(article)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn script() -> Script {
        Script::new(MINUTE, "2026-11-20T12:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn everything_is_released_over_the_minute_and_a_correction_replaces_the_first_version() {
        let script = script();
        let listed = |after| -> usize {
            script.feeds().iter().map(|first| script.list_items(&first.feed, after).len()).sum()
        };
        assert_eq!(script.feeds().len(), 8);
        assert_eq!(listed(Duration::ZERO), AT_ONCE);
        assert!(listed(MINUTE / 2) < listed(MINUTE));
        let items: std::collections::BTreeSet<_> =
            script.articles.iter().map(|article| &article.url).collect();
        assert_eq!(listed(MINUTE), items.len());
        assert!(items.len() < script.articles.len(), "one item has two versions");
    }

    #[test]
    fn times_end_now_and_keep_their_distances() {
        let script = script();
        let last = script.articles.iter().map(|article| article.published).max().unwrap();
        assert_eq!(last.to_string(), "2026-11-20T12:00:00Z");
        let first = script.articles.iter().map(|article| article.published).min().unwrap();
        assert!(last.duration_since(first).as_hours() > 150);
    }

    #[test]
    fn pages_are_served_at_the_addresses_in_feeds() {
        let script = script();
        let feed = &script.feeds()[0].feed;
        let first = script.list_items(feed, MINUTE)[0];
        assert_eq!(
            script.page(&local_path(first), MINUTE).map(|page| &page.title),
            Some(&first.title)
        );
        assert!(script.page("/nowhere", MINUTE).is_none());
    }
}
