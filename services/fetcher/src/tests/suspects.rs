//! Feeds that kill the process: suspects are parsed alone, and only the guilty feed is set aside.

use wirefold_proto::{Command, FeedHealth};

use super::bench::{Bench, DEADLINE, MINUTE};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};

/// The marks of a process that died while it read this feed.
async fn died_over(bench: &Bench, feed: &str, is_alone: bool) {
    let key = format!("begun.{}", wirefold_proto::token::escape(feed));
    let mark = format!("{{\"is_alone\":{is_alone}}}");
    bench.bus.key_value("wf_feeds").unwrap().put(&key, mark.into()).await.unwrap();
}

async fn mark_of(bench: &Bench, feed: &str) -> Option<Vec<u8>> {
    let key = format!("begun.{}", wirefold_proto::token::escape(feed));
    let entry = bench.bus.key_value("wf_feeds").unwrap().get(&key).await.unwrap();
    entry.and_then(|entry| entry.value).map(|mark| mark.to_vec())
}

async fn two_feeds(server: &Server) -> Bench {
    server.put("/killer", Reply::ok(rss(&[entry("first", 100)])));
    server.put("/other", Reply::ok(rss(&[entry("other", 100)])));
    let feeds = [("killer", server.url("/killer")), ("other", server.url("/other"))];
    Bench::with(&feeds).await
}

#[tokio::test]
async fn a_power_cut_sets_no_feed_aside() {
    let server = Server::start().await;
    let bench = two_feeds(&server).await;
    died_over(&bench, "killer", false).await;
    died_over(&bench, "other", false).await;
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    for feed in ["killer", "other"] {
        let record = bench.polled(feed).await;
        assert_eq!((record.health, record.set_aside), (FeedHealth::Good, None), "{feed}");
        assert!(
            mark_of(&bench, feed).await.is_none(),
            "a feed that was read is not a suspect any more"
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_kills_the_process_is_set_aside_until_retried() {
    let server = Server::start().await;
    let bench = two_feeds(&server).await;
    died_over(&bench, "killer", true).await;
    died_over(&bench, "other", false).await;
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    assert_eq!(bench.polled("other").await.health, FeedHealth::Good);
    let record = bench.record("killer").await.unwrap();
    assert!(record.set_aside.is_some() && record.needs_a_look(), "{record:?}");
    assert!(record.describe().contains("wirefold feed retry killer"), "{}", record.describe());
    running.stop().await;
    // A later start leaves it alone, too.
    let again = bench.start().await;
    bench.clock.advance(MINUTE * 60 * 24);
    bench.polled("other").await;
    assert_eq!(server.times("/killer"), 0);
    // The command that brings it back has its current settings, although a file manages them.
    bench.command("1", Command::FeedChange { feed: record.feed }).await;
    let back = bench.record_when("killer", |it| it.health == FeedHealth::Good).await;
    assert_eq!((back.set_aside, back.problem), (None, None));
    again.stop().await;
}

/// A process that is killed while it reads, with the marks that it makes itself.
#[tokio::test]
async fn a_feed_that_is_being_read_is_marked_before_it_is_read() {
    let server = Server::start().await;
    // Long enough to be killed while it is read.
    let items: Vec<_> = (0..900).map(|at| entry(&format!("n{at}"), 900)).collect();
    server.put("/slow", Reply::ok(rss(&items)));
    let bench = Bench::with(&[("slow", server.url("/slow"))]).await;
    for is_alone in [false, true] {
        let running = bench.start().await;
        bench.clock.advance(MINUTE);
        let expected = format!("{{\"is_alone\":{is_alone}}}");
        let look = async {
            while mark_of(&bench, "slow").await.as_deref() != Some(expected.as_bytes()) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(DEADLINE, look).await.expect("it is marked while it is read");
        running.kill().await;
    }
    let running = bench.start().await;
    bench.record_when("slow", |record| record.set_aside.is_some()).await;
    running.stop().await;
}
