//! Polls without failures: their articles and the stored state.

use std::time::Duration;

use wirefold_flow::Clock as _;
use wirefold_proto::{FeedFinding, FeedHealth, Teasers, TextSource};

use super::bench::{Bench, MINUTE, configured};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};
use crate::{Search, probe};

const DAY: Duration = Duration::from_hours(24);

async fn server_with(path: &str, reply: Reply) -> Server {
    let server = Server::start().await;
    server.put(path, reply);
    server
}

#[tokio::test]
async fn new_items_are_published_once() {
    let (first, second) = (entry("first", 100), entry("second", 100));
    let server = server_with("/feed", Reply::ok(rss(&[second.clone(), first.clone()]))).await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    assert_eq!(record.health, FeedHealth::Good);
    assert_eq!(record.feed_title.as_deref(), Some("Harbour Log"));
    assert_eq!(record.articles, 2);
    assert_eq!(record.managed_by.as_deref(), Some("wirefold.toml:3"));
    let titles = |articles: &[wirefold_proto::ArticleFetched]| {
        articles.iter().map(|article| article.article.title.clone()).collect::<Vec<_>>()
    };
    let expected = ["The first boat is back", "The second boat is back"];
    assert_eq!(titles(&bench.articles().await), expected, "the oldest first");

    server.put("/feed", Reply::ok(rss(&[entry("third", 100), second, first])));
    assert_eq!(bench.next_poll("harbour").await.articles, 3);
    assert_eq!(titles(&bench.articles().await)[2], "The third boat is back");
    running.stop().await;
}

#[tokio::test]
async fn articles_carry_what_the_contract_asks() {
    let server = server_with("/feed", Reply::ok(rss(&[entry("first", 100)]))).await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    let stored = bench.stored().await.remove(0);
    let article = bench.articles().await.remove(0);
    assert_eq!(stored.subject, "wirefold.v1.article.fetched.harbour");
    assert_eq!(stored.id, article.id.to_string());
    assert_eq!(stored.headers.get("ce-source"), Some("/wirefold/fetcher"));
    assert_eq!(stored.headers.get("ce-type"), Some("wirefold.article.fetched"));
    assert_eq!(article.text_source, TextSource::Feed);
    assert_eq!(article.article.item_key, "harbour-first");
    assert!(!article.article.baseline && article.article.version_of.is_none());
    running.stop().await;
}

#[tokio::test]
async fn an_unchanged_feed_is_not_sent_again() {
    let feed = Reply::ok(rss(&[entry("first", 100)]));
    let server = server_with("/feed", feed.with("etag", "W/\"odd  etag\"")).await;
    let dated_feed = Reply::ok(rss(&[entry("dated", 100)]));
    server.put("/dated", dated_feed.with("last-modified", "Sun, 01 Mar 2026 11:38:12 GMT"));
    let bench =
        Bench::with(&[("harbour", server.url("/feed")), ("dated", server.url("/dated"))]).await;
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    let first = bench.polled("harbour").await;
    let first_dated = bench.polled("dated").await;
    assert_eq!(first.etag.as_deref(), Some("W/\"odd  etag\""));
    assert_eq!(first_dated.last_modified.as_deref(), Some("Sun, 01 Mar 2026 11:38:12 GMT"));
    bench.clock.advance(60 * MINUTE);
    let (second, dated) = (bench.polled("harbour").await, bench.polled("dated").await);
    assert_eq!(
        server.last_header("/feed", "if-none-match").as_deref(),
        Some("W/\"odd  etag\""),
        "byte for byte"
    );
    let since = server.last_header("/dated", "if-modified-since");
    assert_eq!(since.as_deref(), Some("Sun, 01 Mar 2026 11:38:12 GMT"));
    assert_eq!((second.health, second.articles), (FeedHealth::Good, 1));
    assert_eq!(second.etag, first.etag);
    assert_eq!(second.last_good, second.last_poll);
    assert_eq!(dated.articles, 1);
    assert!(second.interval_seconds > first.interval_seconds, "nothing new: more patience");
    assert_eq!(bench.articles().await.len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn validators_are_those_of_the_last_good_answer() {
    let first = rss(&[entry("first", 100)]);
    let server = server_with("/feed", Reply::ok(first.clone()).with("etag", "\"1\"")).await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    assert_eq!(bench.polled("harbour").await.etag.as_deref(), Some("\"1\""));
    server.put("/feed", Reply::ok("<html>maintenance</html>").with("etag", "\"broken\""));
    let record = bench.next_poll("harbour").await;
    assert_eq!(record.etag.as_deref(), Some("\"1\""), "not of what is no feed");
    server.put("/feed", Reply::ok(first.clone()).with("etag", "\"2\""));
    assert_eq!(bench.next_poll("harbour").await.etag.as_deref(), Some("\"2\""));
    server.put("/feed", Reply::ok(first));
    assert_eq!(bench.next_poll("harbour").await.etag, None, "dropped where there is none");
    assert_eq!(bench.articles().await.len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn changed_text_is_a_version() {
    let mut item = entry("first", 100);
    let server = server_with("/feed", Reply::ok(rss(&[item.clone()]))).await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    item.text.push_str(" and the tide was high");
    server.put("/feed", Reply::ok(rss(&[item.clone()])));
    bench.next_poll("harbour").await;
    item.title = "The first boat is back, late".to_owned();
    server.put("/feed", Reply::ok(rss(&[item])));
    bench.next_poll("harbour").await;
    bench.next_poll("harbour").await;
    let articles = bench.articles().await;
    assert_eq!(articles.len(), 3);
    let versions: Vec<_> = articles.iter().map(|article| article.article.version_of).collect();
    assert_eq!(versions, [None, Some(articles[0].id), Some(articles[1].id)]);
    running.stop().await;
}

#[tokio::test]
async fn the_first_good_poll_is_baseline() {
    let first = entry("first", 100);
    let server = server_with("/feed", Reply::status(500)).await;
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    bench.settings.baseline = true;
    let running = bench.start().await;
    bench.polled("harbour").await;
    server.put("/feed", Reply::ok(rss(std::slice::from_ref(&first))));
    bench.next_poll("harbour").await;
    let mut changed = first;
    changed.text.push_str(" again");
    server.put("/feed", Reply::ok(rss(&[entry("second", 100), changed])));
    bench.next_poll("harbour").await;
    let baseline: Vec<_> =
        bench.articles().await.iter().map(|article| article.article.baseline).collect();
    assert_eq!(baseline, [true, false, false]);
    running.stop().await;
}

#[tokio::test]
async fn later_texts_of_a_baseline_item_say_so() {
    let mut item = entry("first", 100);
    let server = server_with("/feed", Reply::ok(rss(std::slice::from_ref(&item)))).await;
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    bench.settings.baseline = true;
    let running = bench.start().await;
    bench.polled("harbour").await;
    for title in ["The first boat is late", "The first boat is back at last"] {
        item.title = title.to_owned();
        server.put("/feed", Reply::ok(rss(&[entry("second", 100), item.clone()])));
        bench.next_poll("harbour").await;
        bench.next_poll("harbour").await;
    }
    let articles = bench.articles().await;
    let updates: Vec<_> = articles.iter().map(|article| article.article.updates_baseline).collect();
    assert_eq!(updates, [false, true, false, true], "the second item was new: {articles:?}");
    running.stop().await;
}

#[tokio::test]
async fn teasers_are_counted_and_said() {
    let items = [entry("first", 79), entry("second", 12), entry("third", 80)];
    let server = server_with("/feed", Reply::ok(rss(&items))).await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    assert_eq!(record.teasers, Some(Teasers { teasers: 2, items: 3 }));
    let from: Vec<_> = bench.articles().await.iter().map(|article| article.text_source).collect();
    assert_eq!(from, [TextSource::Feed, TextSource::Teaser, TextSource::Teaser]);
    running.stop().await;
}

#[tokio::test]
async fn moved_feeds_are_followed_and_in_time_asked_where_they_are() {
    let server = server_with("/new", Reply::ok(rss(&[entry("first", 100)]))).await;
    server.put("/old", Reply::status(301).with("location", "/new"));
    let bench = Bench::with(&[("harbour", server.url("/old"))]).await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    let first = bench.clock.now();
    while bench.clock.now().since(first) < Duration::from_hours(24) {
        let record = bench.next_poll("harbour").await;
        assert_eq!(server.times("/old"), server.times("/new"), "for a day it is asked there");
        assert_eq!(record.moved_to.is_some(), bench.clock.now().since(first) >= DAY);
    }
    let (old, new) = (server.times("/old"), server.times("/new"));
    let moved = bench.next_poll("harbour").await;
    assert_eq!((server.times("/old"), server.times("/new")), (old, new + 1));
    assert_eq!(moved.feed.url, server.url("/old"), "the settings stay as they are");
    assert_eq!(moved.moved_to.as_deref(), Some(&*server.url("/new")));
    assert_eq!(moved.findings, [FeedFinding::Moved]);
    server.put("/new", Reply::status(404));
    assert_eq!(bench.next_poll("harbour").await.health, FeedHealth::Failing);
    server.put("/old", Reply::ok(rss(&[entry("second", 100)])));
    assert_eq!(bench.next_poll("harbour").await.health, FeedHealth::Good);
    assert_eq!(bench.articles().await.len(), 2);
    running.stop().await;
}

#[tokio::test]
async fn one_host_is_not_asked_faster_than_it_may_be() {
    let server = Server::start().await;
    let paths: Vec<String> = (0..4).map(|number| format!("/{number}")).collect();
    for path in &paths {
        server.put(path, Reply::ok(rss(&[entry("first", 100)])));
    }
    let mut bench = Bench::new().await;
    bench.settings.feeds =
        paths.iter().map(|path| configured(&path[1..], &server.url(path))).collect();
    bench.settings.per_host_delay = Duration::from_mins(2);
    let running = bench.start().await;
    // The first polls are spread over less than a second.
    bench.clock.advance(Duration::from_secs(1));
    for turn in 1..=4 {
        super::bench::until("a poll", || {
            paths.iter().map(|p| server.times(p)).sum::<usize>() == turn
        })
        .await;
        let polled = async || {
            let mut polled = 0;
            for path in &paths {
                let record = bench.record(&path[1..]).await;
                polled += usize::from(record.is_some_and(|record| record.last_good.is_some()));
            }
            polled
        };
        let all_polled = async {
            while polled().await < turn {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(super::bench::DEADLINE, all_polled).await.expect("records in time");
        assert_eq!(paths.iter().map(|path| server.times(path)).sum::<usize>(), turn);
        bench.clock.advance(2 * MINUTE);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_probe_tells_what_is_there() {
    let items = [entry("first", 100), entry("second", 10)];
    let server = server_with("/feed", Reply::ok(rss(&items))).await;
    server.put("/moved", Reply::status(301).with("location", "/feed"));
    let page = "<!doctype html><html><head><title>Harbour</title><link rel=\"alternate\" \
                type=\"application/rss+xml\" href=\"/feed\"></head><body>Boats</body></html>";
    server.put("/page", Reply::ok(page).with("content-type", "text/html"));
    let settings = Bench::new().await.settings;

    let found = probe(&settings, &server.url("/moved"), Search::Around).await.unwrap();
    assert_eq!((found.items, found.teasers, found.problem), (2, 1, None));
    assert_eq!(found.title.as_deref(), Some("Harbour Log"));
    assert_eq!(found.redirects.len(), 1);
    assert_eq!(found.newest, ["The first boat is back", "The second boat is back"]);

    let sample = found.sample.unwrap();
    assert_eq!((sample.key.as_str(), sample.words), ("harbour-first", 100));
    for said in ["after 15 minutes", "no validators", "moved for good", "identified by their ids"] {
        assert!(found.would.iter().any(|would| would.contains(said)), "{said}: {:?}", found.would);
    }

    let looked = probe(&settings, &server.url("/page"), Search::Around).await.unwrap();
    assert_eq!(looked.feeds, [server.url("/feed")]);
    let problem = looked.problem.unwrap();
    assert!(problem.contains("HTML page") && problem.contains("use that address"), "{problem}");

    let missing = probe(&settings, &server.url("/nothing"), Search::Around).await.unwrap();
    assert_eq!(missing.problem.as_deref(), Some("HTTP 404: nothing there; check the address"));
    assert!(probe(&settings, "no address", Search::Around).await.is_err());
}

#[tokio::test]
async fn feeds_are_found_from_any_page() {
    let server = server_with("/feed.xml", Reply::ok(rss(&[entry("first", 100)]))).await;
    let html = |head: &str| {
        let page = format!("<!doctype html><html><head>{head}</head><body>Boats</body></html>");
        Reply::ok(page).with("content-type", "text/html; charset=utf-8")
    };
    let link = "<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/a.xml\">";
    let named = "</a.xml>; rel=alternate; type=\"application/rss+xml\", \
                 </b.xml>; rel=alternate; type=\"application/atom+xml\"";
    server.put("/named", html(link));
    server.put("/both", html(link).with("link", named));
    server.put("/header", html("").with("link", named));
    server.put("/silent/page", html(""));
    server.put("/rss", html("<title>No such page</title>"));
    server
        .put("/picture", Reply::ok(vec![0x89, b'P', b'N', b'G']).with("content-type", "image/png"));
    let settings = Bench::new().await.settings;
    let looked =
        async |path: &str, search| probe(&settings, &server.url(path), search).await.unwrap();
    let url = |path: &str| server.url(path);
    assert_eq!(looked("/named", Search::Around).await.feeds, [url("/a.xml")]);
    assert_eq!(looked("/both", Search::Around).await.feeds, [url("/a.xml"), url("/b.xml")]);
    assert_eq!(looked("/header", Search::Around).await.feeds, [url("/a.xml"), url("/b.xml")]);
    assert_eq!(looked("/silent/page", Search::Here).await.feeds, [""; 0]);
    assert_eq!(looked("/picture", Search::Around).await.feeds, [""; 0]);
    assert_eq!(server.times("/feed"), 0, "nothing is guessed where a page says it, or is none");
    let found = looked("/silent/page", Search::Around).await;
    assert_eq!(found.feeds, [url("/feed.xml")]);
    assert!(found.problem.unwrap().contains("its site has"));
    let asked = ["/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml"];
    assert_eq!(asked.map(|path| server.times(path)), [1, 1, 1, 1, 1, 0], "no more than needed");
    server.put("/feed.xml", Reply::status(404));
    let none = looked("/silent/page", Search::Around).await;
    assert_eq!((none.feeds.len(), server.times("/index.xml")), (0, 1));
    assert!(none.problem.unwrap().contains("look there for the address of its feed"));
}
