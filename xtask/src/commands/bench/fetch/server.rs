//! Ten thousand feeds, each on a host of its own on loopback, and a log of their requests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;

/// The number of items in a feed.
const ITEMS_IN_FEED: u64 = 20;
const MINUTE: u64 = 60_000;
/// The pause that two thirds of the feeds demand, by a header or in the document.
const DEMANDED_PAUSE: Duration = Duration::from_mins(30);

/// The feeds and their requests.
#[derive(Clone)]
pub(super) struct Feeds(Arc<Inner>);

struct Inner {
    now: AtomicU64,
    start: UnixMillis,
    shortest: Duration,
    visits: Mutex<Visits>,
}

/// The requests to all feeds.
#[derive(Debug, Clone, Default)]
pub(super) struct Visits {
    last: Vec<Option<UnixMillis>>,
    pub(super) polls: u64,
    pub(super) conditional: u64,
    /// Polls that came sooner than the feed allows.
    pub(super) early: u64,
    /// Feeds that were polled at least once.
    pub(super) reached: usize,
}

impl Feeds {
    /// `shortest` is the shortest interval of any feed.
    pub(super) fn new(count: usize, start: UnixMillis, shortest: Duration) -> Self {
        let visits = Visits { last: vec![None; count], ..Visits::default() };
        let now = AtomicU64::new(start.0);
        Self(Arc::new(Inner { now, start, shortest, visits: Mutex::new(visits) }))
    }

    /// Sets the time.
    pub(super) fn set_time(&self, now: UnixMillis) {
        self.0.now.store(now.0, Ordering::SeqCst);
    }

    pub(super) fn visits(&self) -> MutexGuard<'_, Visits> {
        self.0.visits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Clears the log.
    pub(super) fn clear(&self) {
        let mut visits = self.visits();
        *visits = Visits { last: vec![None; visits.last.len()], ..Visits::default() };
    }

    /// Serves the feeds on a free port, at all addresses of loopback.
    pub(super) async fn serve(self) -> anyhow::Result<u16> {
        let listener = TcpListener::bind("0.0.0.0:0").await.context("a free port")?;
        let port = listener.local_addr()?.port();
        let router = Router::new().route("/{feed}", get(answer)).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(port)
    }
}

/// The address of a feed. Each has a host of its own.
pub(super) fn url(feed: usize, port: u16) -> String {
    format!("http://127.{}.{}.1:{port}/{feed}", 1 + feed / 250, feed % 250)
}

async fn answer(State(feeds): State<Feeds>, Path(feed): Path<usize>, asked: HeaderMap) -> Response {
    let now = UnixMillis(feeds.0.now.load(Ordering::SeqCst));
    let is_conditional = asked.contains_key(header::IF_NONE_MATCH);
    if !note(&feeds, feed, now, is_conditional) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // Each feed has a rate of its own, from one item in ten minutes to one in sixteen hours.
    let apart = 10 * MINUTE + (feed as u64 % 96) * 10 * MINUTE;
    let published = ITEMS_IN_FEED + now.since(feeds.0.start).as_millis() as u64 / apart;
    let tag = format!("\"{published}\"");
    let patience = if feed % 3 == 1 { "max-age=1800" } else { "max-age=0" };
    let head = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, patience.to_owned())];
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| known == tag.as_str()) {
        return (StatusCode::NOT_MODIFIED, head).into_response();
    }
    (head, rss(feed, published, apart, feeds.0.start)).into_response()
}

/// Records a request. Returns whether there is such a feed.
fn note(feeds: &Feeds, feed: usize, now: UnixMillis, is_conditional: bool) -> bool {
    let wanted = if feed.is_multiple_of(3) { feeds.0.shortest } else { DEMANDED_PAUSE };
    let mut visits = feeds.visits();
    let Some(last) = visits.last.get_mut(feed) else { return false };
    let before = last.replace(now);
    visits.polls += 1;
    visits.conditional += u64::from(is_conditional);
    visits.reached += usize::from(before.is_none());
    // The clock advances by minutes, and a request may reach the server a step late.
    let least = wanted.saturating_sub(Duration::from_mins(1));
    visits.early += u64::from(before.is_some_and(|before| now.since(before) < least));
    true
}

fn rss(feed: usize, published: u64, apart: u64, start: UnixMillis) -> String {
    let ttl = if feed % 3 == 2 { "<ttl>30</ttl>" } else { "" };
    let items: String = (published - ITEMS_IN_FEED..published).rev().map(|number| {
        let since = Duration::from_millis(apart * (number + 1));
        let at = start.minus(Duration::from_millis(apart * ITEMS_IN_FEED)).plus(since);
        let at = timestamp(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        format!(
            "<item><guid>{feed}-{number}</guid><link>https://paper{feed}.example/{number}</link>\
             <title>Piece {number} of paper {feed}</title><pubDate>{at}</pubDate>\
             <description>What piece {number} tells stands on its page; here are a few words of \
             it, as most papers give them in their feeds.</description></item>"
        )
    }).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel>{ttl}\
         <title>Paper {feed}</title><link>https://paper{feed}.example/</link>{items}</channel></rss>"
    )
}
