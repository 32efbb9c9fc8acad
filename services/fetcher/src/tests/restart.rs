//! Stops and crashes, and the state after them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use wirefold_envelope::timestamp;
use wirefold_flow::{Clock, Point, SystemClock};
use wirefold_proto::FeedHealth;

use super::bench::{Bench, MINUTE, configured};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};
use crate::FetcherError;

#[tokio::test]
async fn a_restart_asks_no_sooner_and_publishes_nothing_twice() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])).with("etag", "\"1\""));
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    let before = bench.polled("harbour").await;
    running.stop().await;
    let again = bench.start().await;
    // Feeds that are due after a start are polled within the first minute.
    bench.clock.advance(MINUTE);
    server.put("/other", Reply::ok(rss(&[entry("other", 100)])));
    let added = wirefold_proto::Command::FeedAdd {
        feed: super::bench::feed("other", &server.url("/other")),
    };
    bench.command("1", added).await;
    bench.polled("other").await;
    assert_eq!(server.times("/feed"), 1);
    assert_eq!(bench.record("harbour").await.unwrap(), before);
    let after = bench.next_poll("harbour").await;
    assert_eq!(after.last_good, after.last_poll);
    assert_eq!(server.last_header("/feed", "if-none-match").as_deref(), Some("\"1\""));
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    bench.next_poll("harbour").await;
    assert_eq!(bench.articles().await.len(), 2);
    again.stop().await;
}

#[tokio::test]
async fn killed_between_publish_and_save_it_publishes_the_same_again() {
    let server = Server::start().await;
    let items: Vec<_> = (0..40).map(|number| entry(&format!("n{number}"), 100)).collect();
    server.put("/feed", Reply::ok(rss(&items)));
    for point in [Point::Published, Point::Acknowledged] {
        let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
        let crash = bench.start_crashing(point).ended().await;
        assert!(matches!(crash, Err(FetcherError::Crashed(at)) if at == point), "{crash:?}");
        let ids = bench.articles().await.iter().map(|article| article.id).collect::<BTreeSet<_>>();
        assert_eq!(ids.len(), 40);
        // Long enough that the bus has forgotten the ids.
        bench.clock.advance(60 * MINUTE);
        let running = bench.start().await;
        let record = bench.polled("harbour").await;
        let all = bench.articles().await;
        let again = all.iter().map(|article| article.id).collect::<BTreeSet<_>>();
        assert_eq!(again, ids, "the same articles under the same ids");
        let expected = if point == Point::Published { 80 } else { 40 };
        assert_eq!(all.len(), expected, "{point:?}");
        assert_eq!(record.health, FeedHealth::Good);
        running.stop().await;
    }
}

#[tokio::test]
async fn killed_while_a_host_hangs_it_begins_anew() {
    let server = Server::start().await;
    server.put("/feed", Reply::Hang);
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    super::bench::until("the question", || server.times("/feed") == 1).await;
    running.kill().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let again = bench.start().await;
    assert_eq!(bench.polled("harbour").await.articles, 1);
    again.stop().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_hosts() {
    let server = Server::start().await;
    server.put("/feed", Reply::Hang);
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    super::bench::until("the question", || server.times("/feed") == 1).await;
    running.stop().await;
    let record = bench.record("harbour").await.unwrap();
    assert_eq!((record.failures, record.last_poll), (0, None), "no failure of the feed");
}

#[tokio::test]
async fn feeds_removed_from_files_are_forgotten() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    running.stop().await;
    bench.settings.feeds = vec![configured("pier", &server.url("/feed"))];
    let again = bench.start().await;
    bench.polled("pier").await;
    assert_eq!(bench.record("harbour").await, None);
    again.stop().await;
    let mut renamed = configured("pier", &server.url("/feed"));
    renamed.feed.title = Some("The pier".to_owned());
    bench.settings.feeds = vec![renamed];
    let at_last = bench.start().await;
    let record = bench.record_when("pier", |record| record.feed.title.is_some()).await;
    assert_eq!(record.articles, 1, "its state stays");
    at_last.stop().await;
}

/// The same over the embedded bus, closed and opened again.
#[tokio::test]
async fn over_the_embedded_bus_a_restart_publishes_nothing_twice() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100), entry("second", 100)])));
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let clock: Arc<dyn Clock> = Arc::new(bench.clock.clone());
    for round in 0..3 {
        bench.bus = wirefold_flow_sqlite::open(folder.path(), Arc::new(SystemClock)).unwrap();
        let limits = wirefold_envelope::Limits::default();
        wirefold_envelope::create_streams(&*bench.bus, &limits).await.unwrap();
        let running = bench.start().await;
        let record = match round {
            0 => bench.polled("harbour").await,
            _ => bench.next_poll("harbour").await,
        };
        running.stop().await;
        assert_eq!((record.articles, bench.articles().await.len()), (2, 2), "round {round}");
        assert_eq!(server.times("/feed"), round + 1);
        bench.bus = Bench::new().await.bus;
        clock.sleep_until(clock.now().plus(Duration::ZERO)).await;
    }
}

#[tokio::test]
async fn a_shorter_longest_interval_applies_to_feeds_that_wait() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    bench.polled("harbour").await;
    for _ in 0..9 {
        bench.next_poll("harbour").await;
    }
    running.stop().await;
    let asked = server.times("/feed");
    bench.settings.max_interval = 20 * MINUTE;
    let again = bench.start().await;
    let latest = timestamp(bench.clock.now().plus(20 * MINUTE));
    bench.record_when("harbour", |record| record.next_poll.is_some_and(|due| due <= latest)).await;
    bench.clock.advance(20 * MINUTE);
    bench.polled("harbour").await;
    assert_eq!(server.times("/feed"), asked + 1);
    again.stop().await;
}

#[tokio::test]
async fn a_feed_may_have_a_time_limit_of_its_own() {
    let server = Server::start().await;
    server.put("/feed", Reply::Hang);
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    bench.settings.feeds[0].feed.timeout_seconds = Some(1);
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    running.stop().await;
    assert!(record.describe().contains("no full answer within 1s"), "{}", record.describe());
}
