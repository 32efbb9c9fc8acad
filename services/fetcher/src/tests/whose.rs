//! The site of a feed. On loopback two names stand for two sites: `127.0.0.1` has the feed, `localhost` the
//! pages.

use wirefold_proto::{FeedFinding, FeedRecord, SiteProof};

use super::bench::{Bench, configured};
use super::feeds::{Entry, entry, rss};
use super::server::{Reply, Server};

/// A bench with one feed without settings besides its address.
async fn bench(server: &Server) -> Bench {
    let mut bench = Bench::new().await;
    bench.settings.allow.push("::1/128".parse().unwrap());
    let mut feed = configured("harbour", &server.url("/feed"));
    feed.feed.speaks_for = None;
    bench.settings.feeds = vec![feed];
    bench
}

/// The address of a page of the other site.
fn page(server: &Server, path: &str) -> String {
    server.url(path).replace("127.0.0.1", "localhost")
}

fn items(link: impl Fn(&str) -> String) -> Vec<Entry> {
    let named = |name: &str| Entry { link: Some(link(&format!("/{name}"))), ..entry(name, 100) };
    ["a", "b", "c"].map(named).to_vec()
}

fn naming(feed: &str) -> Reply {
    let page = format!(
        "<!doctype html><html><head><title>Harbour Log</title>\
         <link rel=\"alternate\" type=\"application/rss+xml\" href=\"{feed}\"></head><body></body></html>"
    );
    Reply::ok(page).with("content-type", "text/html; charset=utf-8")
}

/// Polls once; returns the record, and what its articles say of their outlet.
async fn polled(bench: &Bench) -> (FeedRecord, Vec<String>) {
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    running.stop().await;
    let articles = bench.articles().await;
    (record, articles.iter().map(|article| article.article.outlet_label()).collect())
}

fn site_and_proof(record: &FeedRecord) -> (SiteProof, &str) {
    let site = record.site.as_ref().expect("it was found");
    (site.how, site.authority.as_str())
}

#[tokio::test]
async fn a_site_that_names_the_feed_speaks_through_it() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&items(|path| page(&server, path)))));
    server.put("/", naming(&server.url("/feed")));
    let bench = bench(&server).await;
    let (record, outlets) = polled(&bench).await;
    assert_eq!(site_and_proof(&record), (SiteProof::NamedBack, "localhost"));
    assert_eq!(outlets, ["localhost"; 3]);
    assert!(record.findings.is_empty(), "{:?}", record.findings);
    assert_eq!((server.times("/"), server.times("/c")), (1, 0));
}

#[tokio::test]
async fn the_page_of_an_item_may_name_it_too() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&items(|path| page(&server, path)))));
    server.put("/a", naming(&server.url("/feed")));
    let (record, _) = polled(&bench(&server).await).await;
    assert_eq!(site_and_proof(&record), (SiteProof::NamedBack, "localhost"));
}

#[tokio::test]
async fn a_site_that_does_not_name_it_is_not_spoken_for() {
    let server = Server::start().await;
    let listed = items(|path| page(&server, path));
    server.put("/feed", Reply::ok(rss(&listed)));
    server.put("/", naming(&server.url("/another")));
    let bench = bench(&server).await;
    let (record, outlets) = polled(&bench).await;
    assert_eq!(site_and_proof(&record), (SiteProof::Unproven, "127.0.0.1"));
    assert_eq!(outlets, ["localhost via 127.0.0.1"; 3]);
    assert_eq!(record.findings, [FeedFinding::SpeaksForOthers]);
    assert!(record.describe().contains("--speaks-for localhost"), "{}", record.describe());
    assert_eq!((server.times("/"), server.times("/a")), (1, 1), "asked twice at most");
    // The finding is stored.
    let more =
        [listed, vec![Entry { link: Some(page(&server, "/d")), ..entry("d", 100) }]].concat();
    server.put("/feed", Reply::ok(rss(&more)));
    let running = bench.start().await;
    bench.next_poll("harbour").await;
    running.stop().await;
    assert_eq!(bench.articles().await.len(), 4);
    assert_eq!((server.times("/"), server.times("/a")), (1, 1));
}

#[tokio::test]
async fn robots_txt_is_respected() {
    let server = Server::start().await;
    server.put("/robots.txt", Reply::ok("User-agent: *\nDisallow: /\n"));
    server.put("/feed", Reply::ok(rss(&items(|path| page(&server, path)))));
    server.put("/", naming(&server.url("/feed")));
    let (record, _) = polled(&bench(&server).await).await;
    assert_eq!(site_and_proof(&record), (SiteProof::Unproven, "127.0.0.1"));
    assert_eq!((server.times("/"), server.times("/a")), (0, 0));
}

#[tokio::test]
async fn links_to_the_feeds_own_site_need_no_proof() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&items(|path| server.url(path)))));
    let (record, outlets) = polled(&bench(&server).await).await;
    assert_eq!(site_and_proof(&record), (SiteProof::Own, "127.0.0.1"));
    assert_eq!(outlets, ["127.0.0.1"; 3]);
    assert_eq!((server.times("/"), server.times("/robots.txt")), (0, 0));
}

#[tokio::test]
async fn the_operator_knows_better() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&items(|path| page(&server, path)))));
    let mut bench = bench(&server).await;
    bench.settings.feeds[0].feed.speaks_for = "localhost".parse().ok();
    let (record, outlets) = polled(&bench).await;
    assert_eq!(site_and_proof(&record), (SiteProof::Operator, "localhost"));
    assert_eq!(outlets, ["localhost"; 3]);
    assert_eq!(server.times("/"), 0);
}

/// An operator's `outlet` gives the ids that the previous version gave every feed's articles.
#[tokio::test]
async fn a_remembered_item_keeps_its_id_until_it_changes() {
    let server = Server::start().await;
    let listed = items(|path| page(&server, path));
    server.put("/feed", Reply::ok(rss(&listed)));
    let mut bench = bench(&server).await;
    bench.settings.feeds[0].feed.outlet = "localhost".parse().ok();
    polled(&bench).await;
    let before = bench.articles().await;
    bench.settings.feeds[0].feed.outlet = None;
    let mut changed = listed.clone();
    changed[0].text = format!("{} And more.", changed[0].text);
    server.put("/feed", Reply::ok(rss(&changed)));
    let running = bench.start().await;
    let record = bench.next_poll("harbour").await;
    running.stop().await;
    assert_eq!(site_and_proof(&record), (SiteProof::Unproven, "127.0.0.1"));
    let after = bench.articles().await;
    assert_eq!(after.len(), 4, "only the one that changed");
    let version = &after[3].article;
    assert_eq!(version.outlet_label(), "localhost via 127.0.0.1");
    let first = before.iter().find(|article| article.article.item_key == version.item_key);
    assert_eq!(version.version_of, first.map(|article| article.id));
}
