//! The hostile feeds: thirteen kinds, four of each. Each has an address of its own, so that each is a site of
//! its own.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::net::TcpListener;
use wirefold_score::Random;

use super::super::small::server::NewsFeeds;
use super::FEEDS;
use crate::generator::Article;

const KINDS: usize = 13;
/// The number of new items in a flood at each poll.
const FLOOD: u64 = 500;

/// The state of the hostile feeds.
#[derive(Clone)]
pub(super) struct Hostile(Arc<Inner>);

struct Inner {
    news_feeds: NewsFeeds,
    /// The address of the healthy feeds.
    healthy: String,
    /// The number of requests to any of them, from which new items get their names.
    asked: AtomicU64,
    empty_items: Vec<u8>,
    bomb: Vec<u8>,
}

impl Hostile {
    pub(super) fn new(news_feeds: NewsFeeds, healthy: String) -> Self {
        let head = "<rss version=\"2.0\"><channel>".to_owned();
        let empty_items = gzip(&(head + &"<item/>".repeat(1_400_000)).into_bytes());
        let bomb = gzip(&vec![b' '; 200_000_000]);
        Self(Arc::new(Inner { news_feeds, healthy, asked: AtomicU64::new(0), empty_items, bomb }))
    }

    /// Serves them and returns the port.
    pub(super) async fn serve(self) -> anyhow::Result<String> {
        let mut port = 0;
        for number in 0..FEEDS {
            let listener = TcpListener::bind((address_of(number), port)).await?;
            port = listener.local_addr()?.port();
            let routes =
                Router::new().route("/feed/{number}", get(answer)).route("/loop", get(again));
            let router = routes.fallback(hang).with_state(self.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
        Ok(port.to_string())
    }
}

/// The address at which a hostile feed is served.
pub(super) fn address_of(number: usize) -> String {
    format!("127.1.0.{}", number + 1)
}

async fn again() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, "/loop?again")]).into_response()
}

async fn hang() -> Response {
    std::future::pending().await
}

async fn answer(State(Hostile(all)): State<Hostile>, Path(number): Path<usize>) -> Response {
    let asked = all.asked.fetch_add(1, Ordering::Relaxed);
    let site = format!("http://hostile{number:02}.example");
    match number % KINDS {
        0 => packed(&all.empty_items),
        1 => rss((0..FLOOD).map(|at| made(&site, asked * FLOOD + at))),
        2 => {
            rss(all.news_feeds.published(all.news_feeds.now()).take(400).map(|it| claim(it, asked)))
        }
        3 => rss((0..10).map(|at| repeated(&site, at))),
        4 => (StatusCode::FOUND, [(header::LOCATION, format!("{}/busy", all.healthy))])
            .into_response(),
        5 => hang().await,
        6 => packed(&all.bomb),
        7 => nested(),
        8 => rss((0..20).map(|at| renamed(&site, at, asked))),
        9 => rss((0..200).map(|at| teaser(number, at))),
        10 => rss((0..50).map(|at| in_2036(&site, at))),
        11 => xml(format!("<rss><channel>{}", "<item><title>Half".repeat(100_000))),
        _ => (StatusCode::FOUND, [(header::LOCATION, "/loop")]).into_response(),
    }
}

/// A new article.
fn made(site: &str, at: u64) -> String {
    item(&format!("{site}/{at}"), &format!("Flood {at}"), &generate_words(at, 60))
}

/// Another text at the address of a healthy article.
fn claim(article: &Article, asked: u64) -> String {
    item(&article.url(), "This article is withdrawn", &generate_words(asked % 7, 200))
}

/// An item with very many authors, categories and enclosures.
fn repeated(site: &str, at: u64) -> String {
    let more = "<category>a</category><author>b</author><enclosure url=\"https://c.example/\"/>";
    let whole = item(
        &format!("{site}/{at}"),
        &format!("Repeated {at}"),
        &generate_words(3_000_000 + at, 60),
    );
    whole.replace("</item>", &(more.repeat(5_000) + "</item>"))
}

/// One of twenty articles, with another id at each poll.
fn renamed(site: &str, at: u64, asked: u64) -> String {
    item(
        &format!("{site}/{at}?{asked}"),
        &format!("Renamed {at}"),
        &generate_words(1_000_000 + at, 120),
    )
}

/// A teaser whose page never answers.
fn teaser(number: usize, at: u64) -> String {
    let link = format!("http://{}/page/{at}", address_of(number));
    item(&link, &format!("Teaser {at}"), "A teaser.")
}

fn in_2036(site: &str, at: u64) -> String {
    let dated = "<pubDate>Mon, 03 Mar 2036 10:00:00 GMT</pubDate></item>";
    let title = "Shown \u{1b}]0;owned\u{7}&#27;[2J\nFORGED &lt;script&gt;";
    item(&format!("{site}/{at}"), title, &generate_words(2_000_000 + at, 120))
        .replace("</item>", dated)
}

fn item(link: &str, title: &str, text: &str) -> String {
    format!(
        "<item><guid>{link}</guid><link>{link}</link><title>{title}</title>\
         <description>{text}</description></item>"
    )
}

fn rss(items: impl Iterator<Item = String>) -> Response {
    let items: String = items.collect();
    xml(format!("<rss version=\"2.0\"><channel><title>A feed</title>{items}</channel></rss>"))
}

fn xml(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/rss+xml")], body).into_response()
}

fn packed(body: &[u8]) -> Response {
    ([(header::CONTENT_ENCODING, "gzip")], body.to_vec()).into_response()
}

fn nested() -> Response {
    let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
    let body =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{open}{close}}}");
    ([(header::CONTENT_TYPE, "application/feed+json")], body).into_response()
}

/// This many generated words, different for each number.
fn generate_words(number: u64, count: usize) -> String {
    let syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu", "fa", "de"];
    let mut random = Random::new(number);
    let mut text = String::new();
    for at in 0..count {
        (0..3).for_each(|_| text += syllables[random.below(syllables.len())]);
        text += if at % 12 == 11 { ". " } else { " " };
    }
    text
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).unwrap_or_default()
}
