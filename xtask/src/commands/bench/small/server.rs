//! The feeds: 200 feeds of 52 outlets. Each has a few new items a day, a third of them reprints.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;

use super::super::news::{News, escaped, markup};
use super::DAY;
use crate::generator::{Article, OUTLETS, host};

/// The number of items in a feed.
const ITEMS_IN_FEED: usize = 25;
const SEED: u64 = 20_260_401;
/// The length of texts in percent of news: a median of some 300 words.
const LENGTH: usize = 60;

/// The items of all feeds, and the simulated time.
#[derive(Clone)]
pub(in super::super) struct NewsFeeds(Arc<Inner>);

struct Inner {
    now: AtomicU64,
    feeds: Vec<Vec<Item>>,
}

struct Item {
    at: UnixMillis,
    article: Article,
}

impl NewsFeeds {
    /// Generates everything from a day before the start to the last day, for this many feeds with this many
    /// new items a day each.
    pub(in super::super) fn print(
        start: UnixMillis,
        days: u32,
        count: usize,
        items_a_day: u64,
    ) -> anyhow::Result<Self> {
        let mut news = News::new(SEED, LENGTH);
        let mut feeds: Vec<Vec<Item>> = (0..count).map(|_| Vec::new()).collect();
        let a_day = items_a_day * count as u64;
        let apart = DAY / u32::try_from(a_day)?;
        let mut at = start.minus(DAY);
        for _ in 0..a_day * u64::from(days + 1) {
            let article = news.next();
            feeds[feed_of(&article, count)?].push(Item { at, article });
            at = at.plus(apart);
        }
        Ok(Self(Arc::new(Inner { now: AtomicU64::new(start.0), feeds })))
    }

    /// The items that were published until then, feed by feed.
    pub(in super::super) fn published(&self, until: UnixMillis) -> impl Iterator<Item = &Article> {
        let feeds = self.0.feeds.iter().flatten();
        feeds.filter(move |item| item.at <= until).map(|item| &item.article)
    }

    /// The simulated time.
    pub(in super::super) fn now(&self) -> UnixMillis {
        UnixMillis(self.0.now.load(Ordering::SeqCst))
    }

    /// The publication time of each item, by its address.
    pub(in super::super) fn times(&self) -> impl Iterator<Item = (String, UnixMillis)> {
        self.0.feeds.iter().flatten().map(|item| (item.article.url(), item.at))
    }

    /// Sets the simulated time.
    pub(in super::super) fn set_time(&self, now: UnixMillis) {
        self.0.now.store(now.0, Ordering::SeqCst);
    }

    /// The bytes of all texts.
    pub(super) fn text_bytes(&self) -> usize {
        self.0.feeds.iter().flatten().map(|item| item.article.text().len()).sum()
    }

    /// Serves the feeds on a free port and returns their address.
    pub(in super::super) async fn serve(self) -> anyhow::Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a free port")?;
        let address = format!("http://{}", listener.local_addr()?);
        let router = Router::new().route("/busy", get(busy)).route("/{feed}", get(answer));
        let router = router.with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }
}

/// The feed of an item. An outlet has one or more feeds.
fn feed_of(article: &Article, count: usize) -> anyhow::Result<usize> {
    let own = (count - article.outlet).div_ceil(OUTLETS);
    Ok(article.outlet + OUTLETS * (usize::try_from(article.item)? % own))
}

async fn answer(
    State(news_feeds): State<NewsFeeds>,
    Path(feed): Path<usize>,
    headers: HeaderMap,
) -> Response {
    let Some(items) = news_feeds.0.feeds.get(feed) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let now = news_feeds.now();
    let published = items.partition_point(|item| item.at <= now);
    let tag = format!("\"{published}\"");
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|asked| asked == tag.as_str());
    if is_known {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let body = rss(feed, &items[published.saturating_sub(ITEMS_IN_FEED)..published]);
    ([(header::ETAG, tag), (header::CONTENT_TYPE, "application/rss+xml".to_owned())], body)
        .into_response()
}

/// Demands a pause of a day. Only hostile feeds link to it.
async fn busy() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "86400")]).into_response()
}

/// The newest items first.
fn rss(feed: usize, items: &[Item]) -> String {
    let items: String = items.iter().rev().map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>\
         <title>Feed {feed}</title><link>https://{}/</link>{items}</channel></rss>",
        host(feed % OUTLETS)
    )
}

fn entry(item: &Item) -> String {
    let at = timestamp(item.at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let link = item.article.url();
    format!(
        "<item><guid>{link}</guid><link>{link}</link><title>{}</title><pubDate>{at}</pubDate>\
         <content:encoded><![CDATA[{}]]></content:encoded></item>",
        escaped(&item.article.title),
        markup(&item.article)
    )
}
