//! The news sites of the demo on loopback: feeds that grow and answer 304 while nothing is new, and their
//! pages.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Clock, UnixMillis};

use super::rss::{self, Content};
use super::script::Script;

/// A script that is released from now on, and the address at which it is served.
pub(super) struct Site {
    pub(super) script: Script,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) start: UnixMillis,
    /// The beginning of its addresses.
    pub(super) origin: String,
}

/// The feeds that have only teasers, so that the demo shows how pages are fetched.
const TEASERS: [&str; 2] = ["coast-dispatch", "harbor-ledger"];

impl Site {
    /// The address of a feed.
    pub(super) fn feed_url(&self, feed: &str) -> String {
        format!("{}/feeds/{feed}.xml", self.origin)
    }

    fn elapsed(&self) -> Duration {
        self.clock.now().since(self.start)
    }
}

/// Serves until `stop`.
pub(super) async fn serve(
    site: Arc<Site>,
    listener: TcpListener,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/feeds/{name}", get(feed))
        .route("/readyz", get(async || "ready\n"))
        .route("/robots.txt", get(async || "User-agent: *\nAllow: /\n"))
        .fallback(page)
        .with_state(site);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn feed(
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
    let content = if TEASERS.contains(&name) { Content::Teaser } else { Content::Full };
    let kind = "application/rss+xml; charset=utf-8".to_owned();
    let xml = rss::feed(&listed, first, &site.origin, content);
    ([(header::ETAG, etag), (header::CONTENT_TYPE, kind)], xml).into_response()
}

async fn page(State(site): State<Arc<Site>>, uri: Uri) -> Response {
    match site.script.page(uri.path(), site.elapsed()) {
        Some(article) => Html(rss::page(article)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
