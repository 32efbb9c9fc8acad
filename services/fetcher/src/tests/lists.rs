//! Remote lists of feeds, kept in step.

use std::time::Duration;

use wirefold_flow::Clock as _;
use wirefold_proto::{Command, FeedRecord, FullText, ListRecord};

use super::bench::{Bench, DEADLINE, configured, feed};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};
use crate::{ConfiguredList, FetcherError, probe_list};

const DAY: Duration = Duration::from_hours(24);

fn opml(server: &Server, paths: &[&str]) -> String {
    let outline = |path: &&str| format!("<outline text='{path}' xmlUrl='{}'/>", server.url(path));
    let outlines: String = paths.iter().map(outline).collect();
    format!("<opml version='2.0'><body><outline text='Coast'>{outlines}</outline></body></opml>")
}

fn list(url: String) -> ConfiguredList {
    ConfiguredList {
        url,
        every: DAY,
        full_text: FullText::Off,
        managed_by: "wirefold.toml:7".to_owned(),
    }
}

/// A server with three feeds, and a bench that follows one list there.
async fn following(paths: &[&str]) -> (Server, Bench) {
    let server = Server::start().await;
    for path in ["/a", "/b", "/c"] {
        server.put(path, Reply::ok(rss(&[entry(&path[1..], 100)])));
    }
    server.put("/list", Reply::ok(opml(&server, paths)).with("etag", "\"1\""));
    let mut bench = Bench::new().await;
    bench.settings.lists = vec![list(server.url("/list"))];
    (server, bench)
}

async fn record_of(bench: &Bench, url: &str) -> Option<ListRecord> {
    let key = format!("list.{}", wirefold_proto::token::escape(url));
    let entry = bench.bus.key_value("wf_feeds").unwrap().get(&key).await.unwrap()?;
    Some(wirefold_proto::decode(&entry.value?).unwrap())
}

/// The record of a list after the request that is due now.
async fn record_after_request(bench: &Bench, url: &str) -> ListRecord {
    let now = wirefold_envelope::timestamp(bench.clock.now());
    let look = async {
        loop {
            match record_of(bench, url).await {
                Some(record) if record.last_poll.is_some_and(|at| at >= now) => return record,
                _ => tokio::task::yield_now().await,
            }
        }
    };
    tokio::time::timeout(DEADLINE, look)
        .await
        .expect("the list is record_after_request for in time")
}

async fn asked_next(bench: &Bench, url: &str) -> ListRecord {
    let record = record_of(bench, url).await.unwrap();
    let now = wirefold_envelope::timestamp(bench.clock.now());
    let wait = record.next_poll.unwrap().duration_since(now);
    bench.clock.advance(Duration::try_from(wait).unwrap_or_default());
    record_after_request(bench, url).await
}

/// All feeds, by id.
async fn feeds(bench: &Bench) -> Vec<FeedRecord> {
    let entries = bench.bus.key_value("wf_feeds").unwrap().changes(&[], 0).await.unwrap();
    let ours = entries.iter().filter(|entry| entry.key.starts_with("feed."));
    let mut feeds: Vec<FeedRecord> =
        ours.filter_map(|entry| wirefold_proto::decode(entry.value.as_ref()?).ok()).collect();
    feeds.sort_by(|one, other| one.feed.url.cmp(&other.feed.url));
    feeds
}

async fn paths(bench: &Bench) -> Vec<String> {
    let feeds = feeds(bench).await;
    feeds.iter().map(|it| it.feed.url.rsplit('/').next().unwrap().to_owned()).collect()
}

/// Otherwise its author would speak for a site by any feed.
#[tokio::test]
async fn a_list_says_nothing_of_whose_a_feed_is() {
    let (server, bench) = following(&[]).await;
    let claim = "xmlns:wirefold='urn:wirefold' wirefold:speaksFor='victim.example'";
    let list = opml(&server, &["/a"]).replace("<opml ", &format!("<opml {claim} "));
    let list = list.replace("<outline text='/a'", &format!("<outline text='/a' {claim}"));
    assert_eq!(
        crate::opml::read(list.as_bytes()).unwrap().feeds[0].speaks_for.as_deref(),
        Some("victim.example")
    );
    server.put("/list", Reply::ok(list));
    let running = bench.start().await;
    record_after_request(&bench, &server.url("/list")).await;
    running.stop().await;
    let followed = feeds(&bench).await;
    assert_eq!((followed.len(), followed[0].feed.speaks_for.as_ref()), (1, None));
}

#[tokio::test]
async fn listed_feeds_are_polled_until_the_list_drops_them() {
    let (server, bench) = following(&["/a", "/b"]).await;
    let (url, running) = (server.url("/list"), bench.start().await);
    let record = record_after_request(&bench, &url).await;
    assert_eq!((record.feeds, record.problem), (2, None));
    assert_eq!(paths(&bench).await, ["a", "b"]);
    let brought = feeds(&bench).await;
    assert_eq!(brought[0].lists.join(" "), url);
    assert_eq!(brought[0].feed.group.as_deref(), Some("Coast"));
    assert_eq!((brought[0].feed.full_text, &brought[0].managed_by), (FullText::Off, &None));
    let id = brought[0].feed.id.to_string();
    bench.clock.advance(super::bench::MINUTE);
    bench.record_when(&id, |feed| feed.last_good.is_some()).await;

    let unchanged = asked_next(&bench, &url).await;
    assert_eq!(unchanged.problem, None);
    assert_eq!(server.last_header("/list", "if-none-match").as_deref(), Some("\"1\""));

    server.put("/list", Reply::ok(opml(&server, &["/b", "/c"])).with("etag", "\"2\""));
    asked_next(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["b", "c"]);
    let keys = bench.bus.key_value("wf_feeds").unwrap().changes(&[], 0).await.unwrap();
    let kept = keys.iter().filter(|entry| entry.value.is_some() && entry.key.contains(&id));
    assert_eq!(kept.count(), 0, "nothing is left of what left");
    running.stop().await;
    // After a restart it is not requested sooner, and with its validators.
    let before = server.times("/list");
    let again = bench.start().await;
    bench.clock.advance(super::bench::MINUTE);
    asked_next(&bench, &url).await;
    assert_eq!(server.times("/list"), before + 1);
    assert_eq!(server.last_header("/list", "if-none-match").as_deref(), Some("\"2\""));
    again.stop().await;
}

#[tokio::test]
async fn a_list_that_is_broken_cut_or_empty_removes_nothing_and_is_told() {
    let (server, bench) = following(&["/a", "/b"]).await;
    let (url, running) = (server.url("/list"), bench.start().await);
    record_after_request(&bench, &url).await;
    let whole = opml(&server, &["/b", "/c"]);
    let cut = whole.split("</outline>").next().unwrap().to_owned();
    let login = "<!doctype html><html><form><input type=password></form></html>";
    for (reply, problem) in [
        (Reply::ok("<opml><body/></opml>"), "contains no feeds"),
        (Reply::ok(login), "this is a web page, not a list of feeds"),
        (Reply::ok("<opml><body><outline <"), "line 1: not XML"),
        (Reply::ok(" ".repeat(9 << 20)), "larger than 8 MiB"),
        (Reply::ok(""), "no <opml> in it"),
        (
            Reply::ok(opml(&server, &["/b"]).replace("<outline text='/b'", "<outline b=c")),
            "cut off or damaged",
        ),
        (Reply::status(404), "HTTP 404"),
        (Reply::status(410), "HTTP 410"),
        (Reply::status(503).with("retry-after", "7200"), "HTTP 503"),
    ] {
        server.put("/list", reply);
        let record = asked_next(&bench, &url).await;
        let told = record.problem.clone().unwrap_or_default();
        assert!(told.contains(problem), "{told} for {problem}");
        assert!(record.failing_since.is_some() && record.failures > 0, "{record:?}");
        assert_eq!(paths(&bench).await, ["a", "b"], "after {problem}");
    }
    let patient = record_of(&bench, &url).await.unwrap();
    let wait = patient.next_poll.unwrap().duration_since(patient.last_poll.unwrap());
    assert!(wait.as_secs() >= 7200, "{wait}");
    server.put("/list", Reply::ok(cut));
    let record = asked_next(&bench, &url).await;
    assert!(record.problem.unwrap().contains("cut off or damaged"));
    assert_eq!(paths(&bench).await, ["a", "b", "c"], "feeds before the break are used");
    server.put("/list", Reply::ok(whole));
    let good = asked_next(&bench, &url).await;
    assert_eq!((good.problem, good.failures, good.failing_since), (None, 0, None));
    assert_eq!(paths(&bench).await, ["b", "c"]);
    running.stop().await;
}

#[tokio::test]
async fn feeds_from_another_list_a_file_or_a_command_stay() {
    let (server, mut bench) = following(&["/a", "/b", "/c"]).await;
    server.put("/other", Reply::ok(opml(&server, &["/b"])));
    bench.settings.lists.push(list(server.url("/other")));
    bench.settings.feeds = vec![configured("managed", &server.url("/c"))];
    let (url, running) = (server.url("/list"), bench.start().await);
    let mine = feed("mine", &server.url("/mine"));
    server.put("/mine", Reply::ok(rss(&[entry("mine", 100)])));
    bench.command("1", Command::FeedAdd { feed: mine }).await;
    bench.polled("mine").await;
    record_after_request(&bench, &url).await;
    record_after_request(&bench, &server.url("/other")).await;
    assert_eq!(paths(&bench).await, ["a", "b", "c", "mine"]);
    server.put("/list", Reply::ok(opml(&server, &["/mine"])));
    asked_next(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["b", "c", "mine"]);
    assert_eq!(bench.record("mine").await.unwrap().lists, [""; 0]);
    server.put("/list", Reply::ok(opml(&server, &["/a"])));
    asked_next(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["a", "b", "c", "mine"], "a feed that people added stays");
    running.stop().await;
    // A list and a feed that no file defines any more are removed, with the feeds that only the list had.
    bench.settings.lists.remove(1);
    bench.settings.feeds.clear();
    let again = bench.start().await;
    bench.clock.advance(DAY);
    record_after_request(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["a", "mine"]);
    assert_eq!(record_of(&bench, &server.url("/other")).await, None);
    again.stop().await;
}

/// A list that moves keeps its feeds, their state, and people's changes to command.
#[tokio::test]
async fn feeds_of_a_list_that_moved_go_on_where_they_were() {
    let (server, mut bench) = following(&["/a", "/b"]).await;
    let (url, running) = (server.url("/list"), bench.start().await);
    record_after_request(&bench, &url).await;
    let [first, second] = &feeds(&bench).await[..] else { panic!("two feeds") };
    let (first, second) = (first.feed.id.clone(), second.feed.id.clone());
    bench.clock.advance(super::bench::MINUTE);
    let before = bench.record_when(second.as_str(), |feed| feed.last_good.is_some()).await;
    bench.command("1", Command::FeedRemove { feed: first }).await;
    let list_url = url.clone();
    let look = async {
        while record_of(&bench, &list_url).await.is_none_or(|list| list.manual_overrides.is_empty())
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, look).await.expect("the manual override is kept in time");
    running.stop().await;
    bench.settings.lists = vec![list(server.url("/moved"))];
    server.put("/moved", Reply::status(503));
    let down = bench.start().await;
    record_after_request(&bench, &server.url("/moved")).await;
    assert_eq!(paths(&bench).await, ["b"], "polled on while the new address is down");
    server.put("/moved", Reply::ok(opml(&server, &["/a", "/b"])));
    let moved = asked_next(&bench, &server.url("/moved")).await;
    assert_eq!((moved.problem, moved.manual_overrides.len()), (None, 1));
    assert_eq!(paths(&bench).await, ["b"], "a feed that people removed stays removed");
    assert_eq!(bench.record(second.as_str()).await.unwrap().articles, before.articles);
    down.stop().await;
    let again = bench.start().await;
    let record = bench.record_when(second.as_str(), |feed| feed.lists.len() == 1).await;
    assert_eq!(record.lists, [server.url("/moved")]);
    again.stop().await;
}

#[tokio::test]
async fn a_manual_override_of_a_feed_of_a_list_holds() {
    let (server, bench) = following(&["/a", "/b"]).await;
    let (url, running) = (server.url("/list"), bench.start().await);
    record_after_request(&bench, &url).await;
    let [first, second] = &feeds(&bench).await[..] else { panic!("two feeds") };
    let (removed, mut changed) = (first.feed.id.clone(), second.feed.clone());
    changed.title = Some("Mine".to_owned());
    bench.command("1", Command::FeedRemove { feed: removed }).await;
    bench.command("2", Command::FeedChange { feed: changed.clone() }).await;
    bench.record_when(changed.id.as_str(), |record| record.lists.is_empty()).await;
    server.put("/list", Reply::ok(opml(&server, &["/a", "/b", "/c"])));
    asked_next(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["b", "c"], "a removed feed is not brought back");
    let kept = bench.record(changed.id.as_str()).await.unwrap();
    assert_eq!((kept.feed.title.as_deref(), kept.lists.len()), (Some("Mine"), 0));
    server.put("/list", Reply::ok(opml(&server, &["/c"])));
    asked_next(&bench, &url).await;
    assert_eq!(paths(&bench).await, ["b", "c"], "a change by hand stays");
    assert_eq!(record_of(&bench, &url).await.unwrap().manual_overrides, [""; 0]);
    running.stop().await;
}

#[tokio::test]
async fn killed_before_it_is_remembered_a_list_is_carried_out_again_and_changes_nothing() {
    let (server, bench) = following(&["/a", "/b"]).await;
    let url = server.url("/list");
    let ended = bench.start_crashing(wirefold_flow::Point::Acknowledged).ended().await;
    assert!(matches!(ended, Err(FetcherError::Crashed(_))), "{ended:?}");
    assert_eq!(record_of(&bench, &url).await, None);
    let brought = feeds(&bench).await;
    assert_eq!(brought.len(), 2, "its changes are made first");
    let running = bench.start().await;
    record_after_request(&bench, &url).await;
    let ids = |feeds: Vec<FeedRecord>| -> Vec<String> {
        feeds.iter().map(|it| it.feed.id.to_string()).collect()
    };
    assert_eq!(ids(feeds(&bench).await), ids(brought));
    running.stop().await;
}

#[tokio::test]
async fn a_list_is_read_once_and_nothing_is_kept() {
    let (server, bench) = following(&["/a", "/b"]).await;
    let probed = probe_list(&bench.settings, &server.url("/list")).await.unwrap();
    assert_eq!(probed.list.map(|list| (list.feeds.len(), list.is_whole)), Some((2, true)));
    let none = probe_list(&bench.settings, &server.url("/none")).await.unwrap();
    assert!(none.problem.unwrap().contains("HTTP 404"));
    let mut guarded = bench.settings.clone();
    guarded.allow.clear();
    let refused = probe_list(&guarded, &server.url("/list")).await.unwrap();
    assert!(refused.problem.unwrap().contains("allow_private"));
    assert!(probe_list(&guarded, "list.opml").await.is_err());
}
