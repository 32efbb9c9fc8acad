//! Archives of feeds, read on request.

use std::collections::BTreeSet;

use wirefold_flow::Point;
use wirefold_proto::{Backfill, BackfillEnd, Command};

use super::bench::{Bench, DEADLINE, MINUTE};
use super::feeds::{Entry, entry, rss};
use super::server::{Reply, Server};
use crate::FetcherError;

/// A page of a feed that names another as the older one.
fn page(entries: &[Entry], relation: &str, older: Option<&str>) -> String {
    let link = older.map(|older| format!("<a:link rel=\"{relation}\" href=\"{older}\"/>"));
    let start = "<channel xmlns:a=\"http://www.w3.org/2005/Atom\">";
    rss(entries).replace("<channel>", &format!("{start}{}", link.unwrap_or_default()))
}

fn entries(names: &[&str]) -> Vec<Entry> {
    let dated = |(at, name): (usize, &&str)| Entry {
        date: Some(format!("Sat, {:02} Jan 2022 10:00:00 GMT", at + 1)),
        link: Some(format!("https://harbour.example/{name}")),
        ..entry(name, 100)
    };
    names.iter().enumerate().map(dated).collect()
}

/// A feed with an archive of three pages with two items each. One item is on two pages.
async fn archived() -> (Server, Bench) {
    let server = Server::start().await;
    for (path, names, older) in [
        ("/feed", ["new", "newer"], Some("/2")),
        ("/2", ["newer", "b"], Some("/3")),
        ("/3", ["c", "d"], Some("/4")),
        ("/4", ["e", "f"], None),
    ] {
        let older = older.map(|older| server.url(older));
        server.put(path, Reply::ok(page(&entries(&names), "prev-archive", older.as_deref())));
    }
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    (server, bench)
}

fn asking(pages: u32, items: u32) -> Command {
    Command::FeedBackfill { feed: "harbour".parse().unwrap(), pages, items }
}

async fn record(bench: &Bench) -> Option<Backfill> {
    let keys = bench.bus.key_value("wf_feeds").unwrap();
    let value = keys.get("backfill.harbour").await.unwrap()?.value?;
    Some(wirefold_proto::decode(&value).unwrap())
}

/// The record of a command, once it has ended.
async fn ended(bench: &Bench, command: &str) -> Backfill {
    let look = async {
        loop {
            match record(bench).await {
                Some(record) if record.command == command && record.ended.is_some() => {
                    return record;
                }
                _ => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(DEADLINE, look).await.expect("it ends in time")
}

#[tokio::test]
async fn an_archive_is_read_once_with_its_own_dates_and_never_alerts() {
    let (server, bench) = archived().await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    assert_eq!(bench.articles().await.len(), 2);
    bench.command("1", asking(20, 1000)).await;
    let done = ended(&bench, "1").await;
    assert_eq!((done.pages, done.items, done.articles), (3, 6, 5));
    assert_eq!((done.ended, done.problem, done.next), (Some(BackfillEnd::Complete), None, None));
    assert_eq!(done.addresses, ["/2", "/3", "/4"].map(|path| server.url(path)));
    assert_eq!(done.oldest, Some("2022-01-01T10:00:00Z".parse().unwrap()));
    let all = bench.articles().await;
    assert_eq!(all.len(), 7, "an item on two pages is one article");
    let of_archive = &all[2..];
    assert!(of_archive.iter().all(|article| article.article.baseline));
    let dated = |it: &wirefold_proto::ArticleFetched| it.article.published < it.article.seen.into();
    assert!(
        of_archive.iter().all(dated)
            && of_archive.iter().all(|it| it.article.date_problem.is_none())
    );
    // The next poll does not bring any of it again, and neither does the same archive.
    bench.next_poll("harbour").await;
    bench.command("2", asking(20, 1000)).await;
    let again = ended(&bench, "2").await;
    assert_eq!((again.pages, again.items, again.articles), (3, 6, 0));
    assert_eq!(bench.articles().await.len(), 7);
    running.stop().await;
}

#[tokio::test]
async fn an_older_text_in_the_archive_is_no_new_version() {
    let (server, bench) = archived().await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    let mut older = entries(&["newer"]);
    older[0].text = super::feeds::text("other", 100);
    server.put("/2", Reply::ok(page(&older, "next", None)));
    bench.command("1", asking(20, 1000)).await;
    assert_eq!(ended(&bench, "1").await.articles, 0);
    bench.next_poll("harbour").await;
    assert_eq!(bench.articles().await.len(), 2, "and the feed's own text is no news either");
    running.stop().await;
}

#[tokio::test]
async fn it_ends_where_it_should() {
    let (server, bench) = archived().await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    let other = Server::start().await;
    other.put("/2", Reply::ok(page(&entries(&["x"]), "next", None)));
    let to = |older: &str| Reply::ok(page(&entries(&["new", "newer"]), "next", Some(older)));
    let same = |older: &str| Reply::ok(page(&entries(&["y", "z"]), "next", Some(older)));
    server.put("/loop", to(&server.url("/loop2")));
    server.put("/loop2", to(&server.url("/loop")));
    server.put("/same1", same(&server.url("/same2")));
    server.put("/same2", same(&server.url("/same3")));
    server.put("/away", Reply::status(302).with("location", other.url("/2")));
    server.put("/page", Reply::ok("<!doctype html><html><body>Boats</body></html>"));
    let end = async |number: usize, older: &str, pages, items| {
        server.put("/feed", to(older));
        let id = number.to_string();
        bench.command(&id, asking(pages, items)).await;
        ended(&bench, &id).await
    };
    let cases = [
        (server.url("/2"), 2, 1000, BackfillEnd::PageLimit, 2),
        (server.url("/2"), 20, 3, BackfillEnd::ItemLimit, 2),
        (server.url("/loop"), 20, 1000, BackfillEnd::Loop, 2),
        (server.url("/feed"), 20, 1000, BackfillEnd::Loop, 0),
        (server.url("/same1"), 20, 1000, BackfillEnd::Loop, 2),
        (other.url("/2"), 20, 1000, BackfillEnd::OtherSite, 0),
        (server.url("/away"), 20, 1000, BackfillEnd::OtherSite, 0),
        (server.url("/none"), 20, 1000, BackfillEnd::Failed, 0),
        (server.url("/page"), 20, 1000, BackfillEnd::Failed, 0),
    ];
    for (number, (older, pages, items, expected, read)) in cases.into_iter().enumerate() {
        let done = end(number, &older, pages, items).await;
        assert_eq!((done.ended, done.pages), (Some(expected), read), "{older} {:?}", done.problem);
        assert_eq!(done.problem.is_some(), older.ends_with("e") || older.ends_with("y"), "{older}");
    }
    assert_eq!(other.times("/2"), 1, "by a redirect, which is followed before it is refused");
    server.put("/feed", Reply::ok(rss(&entries(&["new"]))));
    bench.command("none", asking(20, 1000)).await;
    assert_eq!(ended(&bench, "none").await.ended, Some(BackfillEnd::NoArchive));
    let header = Reply::ok(rss(&entries(&["new"]))).with("link", "</4>; rel=\"next\"");
    server.put("/feed", header);
    bench.command("header", asking(20, 1000)).await;
    assert_eq!(ended(&bench, "header").await.addresses, [server.url("/4")]);
    running.stop().await;
}

#[tokio::test]
async fn killed_after_a_page_it_goes_on_and_loses_and_repeats_nothing() {
    let (server, bench) = archived().await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    running.stop().await;
    bench.command("1", asking(20, 1000)).await;
    // Each process dies after the articles of a page are stored and before that is recorded.
    for _ in 0..2 {
        let crash = bench.start_crashing(Point::Acknowledged).ended().await;
        assert!(matches!(crash, Err(FetcherError::Crashed(Point::Acknowledged))), "{crash:?}");
        let state = record(&bench).await.unwrap();
        assert_eq!((state.pages, state.ended), (0, None));
    }
    server.put("/3", Reply::Hang);
    let hanging = bench.start().await;
    super::bench::until("the third page", || server.times("/3") > 0).await;
    hanging.kill().await;
    let state = record(&bench).await.unwrap();
    assert_eq!((state.pages, state.next), (1, Some(server.url("/3"))));
    server.put("/3", Reply::ok(page(&entries(&["c", "d"]), "next", Some(&server.url("/4")))));
    let asked = server.times("/2");
    let last = bench.start().await;
    let done = ended(&bench, "1").await;
    assert_eq!((done.pages, done.ended), (3, Some(BackfillEnd::Complete)));
    assert_eq!(server.times("/2"), asked, "a page that is written down is not asked for again");
    let all = bench.articles().await;
    let ids: BTreeSet<_> = all.iter().map(|article| article.id).collect();
    assert_eq!((all.len(), ids.len()), (7, 7));
    last.stop().await;
}

#[tokio::test]
async fn a_host_is_waited_for_and_a_feed_that_goes_takes_its_archive_along() {
    let (server, bench) = archived().await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    server.put("/2", Reply::status(503).with("retry-after", "600"));
    bench.command("1", asking(20, 1000)).await;
    super::bench::until("the second page", || server.times("/2") == 1).await;
    server.put("/2", Reply::ok(page(&entries(&["b"]), "next", None)));
    while record(&bench).await.is_none_or(|it| it.ended.is_none()) {
        bench.clock.advance(MINUTE);
        tokio::task::yield_now().await;
    }
    assert_eq!((server.times("/2"), ended(&bench, "1").await.pages), (2, 1));
    server.put("/2", Reply::Hang);
    bench.command("2", asking(20, 1000)).await;
    super::bench::until("the second page again", || server.times("/2") == 3).await;
    bench.command("3", asking(1, 1)).await;
    super::bench::until("it begins anew", || server.times("/2") == 4).await;
    super::bench::until("it is left", || server.was_left("/2")).await;
    running.stop().await;
    let mut without = bench;
    without.settings.feeds.clear();
    let again = without.start().await;
    assert_eq!(record(&without).await, None);
    again.stop().await;
}
