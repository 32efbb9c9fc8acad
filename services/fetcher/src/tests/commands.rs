//! Feeds by command.

use wirefold_proto::{Command, FeedHealth, FeedSettings};

use super::bench::{Bench, feed};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};

/// A server with a feed of one item, and a fetcher without feeds.
async fn server_and_bench() -> (Server, Bench) {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    (server, Bench::new().await)
}

#[tokio::test]
async fn an_added_feed_is_polled_at_once_and_outlives_a_restart() {
    let (server, bench) = server_and_bench().await;
    let running = bench.start().await;
    let add = Command::FeedAdd { feed: feed("harbour", &server.url("/feed")) };
    bench.command("1", add.clone()).await;
    let record = bench.polled("harbour").await;
    assert_eq!((record.health, record.managed_by), (FeedHealth::Good, None));
    running.stop().await;
    let again = bench.start().await;
    bench.command("2", add).await;
    bench.next_poll("harbour").await;
    assert_eq!(server.times("/feed"), 2, "adding it again changes nothing");
    assert_eq!(bench.articles().await.len(), 1);
    again.stop().await;
}

#[tokio::test]
async fn a_change_takes_effect_at_once_even_while_it_hangs() {
    let server = Server::start().await;
    server.put("/hanging", Reply::Hang);
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let mut bench = Bench::new().await;
    bench.settings.timeout = std::time::Duration::from_mins(5);
    let running = bench.start().await;
    let hanging = feed("harbour", &server.url("/hanging"));
    bench.command("1", Command::FeedAdd { feed: hanging }).await;
    super::bench::until("the question", || server.times("/hanging") == 1).await;
    let mut settings = feed("harbour", &server.url("/feed"));
    settings.title = Some("Harbour".to_owned());
    bench.command("2", Command::FeedChange { feed: settings.clone() }).await;
    let record = bench.record_when("harbour", |record| record.last_good.is_some()).await;
    assert_eq!(record.feed, settings);
    super::bench::until("the old poll has ended", || server.was_left("/hanging")).await;
    running.stop().await;
}

#[tokio::test]
async fn a_feed_is_polled_when_somebody_asks() {
    let (server, bench) = server_and_bench().await;
    let running = bench.start().await;
    bench.command("1", Command::FeedAdd { feed: feed("harbour", &server.url("/feed")) }).await;
    bench.polled("harbour").await;
    assert_eq!(server.times("/feed"), 1);
    // Its next poll would be minutes away.
    bench.command("2", Command::FeedPoll { feed: "harbour".parse().unwrap() }).await;
    super::bench::until("the poll", || server.times("/feed") == 2).await;
    bench.command("3", Command::FeedPoll { feed: "nobody".parse().unwrap() }).await;
    running.stop().await;
}

#[tokio::test]
async fn a_removed_feed_leaves_nothing() {
    let (server, bench) = server_and_bench().await;
    let running = bench.start().await;
    bench.command("1", Command::FeedAdd { feed: feed("harbour", &server.url("/feed")) }).await;
    bench.polled("harbour").await;
    bench.command("2", Command::FeedRemove { feed: "harbour".parse().unwrap() }).await;
    bench.command("3", Command::FeedAdd { feed: feed("pier", &server.url("/feed")) }).await;
    bench.polled("pier").await;
    let keys = bench.bus.key_value("wf_feeds").unwrap().changes(&[], 0).await.unwrap();
    let kept: Vec<_> =
        keys.iter().filter(|entry| entry.value.is_some()).map(|entry| &*entry.key).collect();
    assert!(!kept.iter().any(|key| key.contains("harbour")), "{kept:?}");
    running.stop().await;
    let again = bench.start().await;
    bench.next_poll("pier").await;
    assert_eq!(bench.record("harbour").await, None);
    again.stop().await;
}

#[tokio::test]
async fn feeds_defined_in_files_are_not_changed_by_command() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    server.put("/pier", Reply::ok(rss(&[entry("first", 100)])));
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let running = bench.start().await;
    let before = bench.polled("harbour").await;
    let other = feed("harbour", "http://other.example/");
    let broken = feed("broken", &server.url("/feed"));
    for (id, command) in [
        ("1", Command::FeedAdd { feed: other.clone() }),
        ("2", Command::FeedChange { feed: other }),
        ("3", Command::FeedRemove { feed: "harbour".parse().unwrap() }),
        ("4", Command::FeedChange { feed: feed("nobody", "http://other.example/") }),
        ("5", Command::FeedAdd { feed: feed("push", "http://other.example/") }),
        (
            "6",
            Command::FeedAdd {
                feed: FeedSettings { remove_selectors: vec!["p[".to_owned()], ..broken },
            },
        ),
        ("7", Command::FeedAdd { feed: feed("pier", &server.url("/pier")) }),
    ] {
        bench.command(id, command).await;
    }
    bench.polled("pier").await;
    assert_eq!(bench.record("harbour").await, Some(before));
    assert_eq!(bench.record("nobody").await, None);
    assert_eq!(bench.record("push").await, None);
    assert_eq!(bench.record("broken").await, None, "its selector is none");
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_was_gone_can_be_added_again() {
    let server = Server::start().await;
    server.put("/feed", Reply::status(410));
    let bench = Bench::new().await;
    let running = bench.start().await;
    let add = Command::FeedAdd { feed: feed("harbour", &server.url("/feed")) };
    bench.command("1", add.clone()).await;
    bench.record_when("harbour", |record| record.health == FeedHealth::Gone).await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    bench.command("2", add).await;
    bench.record_when("harbour", |record| record.health == FeedHealth::Good).await;
    running.stop().await;
}

#[tokio::test]
async fn invalid_commands_are_skipped() {
    let (server, bench) = server_and_bench().await;
    let running = bench.start().await;
    let nonsense =
        wirefold_flow::Outgoing::new("wirefold.v1.control.feed.add", "0", &b"nonsense"[..]);
    bench.bus.publish(nonsense).await.unwrap();
    bench.command("1", Command::FeedAdd { feed: feed("harbour", &server.url("/feed")) }).await;
    bench.polled("harbour").await;
    running.stop().await;
}
