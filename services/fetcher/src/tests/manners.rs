//! Politeness to hosts: patience, few requests, and trust in their answers, except in validators that are
//! wrong.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use wirefold_flow::Clock as _;
use wirefold_http_client::SecretHeaders;
use wirefold_proto::{FeedFinding, FeedHealth, FeedRecord};

use super::bench::{Bench, MINUTE, configured};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};
use crate::Access;

const HOUR: Duration = Duration::from_hours(1);

fn feed_of_one(name: &str) -> String {
    rss(&[entry(name, 100)])
}

fn wait(record: &FeedRecord) -> Duration {
    let (last, next) = (record.last_poll.unwrap(), record.next_poll.unwrap());
    Duration::try_from(next.duration_since(last)).unwrap()
}

/// Polls a feed until this much time has passed.
async fn poll_for(bench: &Bench, id: &str, time: Duration) -> FeedRecord {
    let start = bench.clock.now();
    loop {
        let record = bench.next_poll(id).await;
        if bench.clock.now().since(start) >= time {
            return record;
        }
    }
}

#[tokio::test]
async fn validators_that_lie_are_found_out_and_sent_no_more() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"for ever\""));
    let running = bench.start().await;
    bench.polled("harbour").await;
    server.put("/feed", Reply::ok(feed_of_one("second")).with("etag", "\"for ever\""));
    bench.next_poll("harbour").await;
    assert_eq!(bench.articles().await.len(), 1, "the host says that nothing has changed");
    let record = poll_for(&bench, "harbour", 97 * HOUR).await;
    assert_eq!(bench.articles().await.len(), 2, "within 72 hours it was asked plainly");
    assert_eq!(record.findings, [FeedFinding::UnreliableValidators]);
    let last = server.questions("/feed").pop().unwrap();
    assert!(!last.contains_key("if-none-match"));
    assert!(wait(&record) >= HOUR);
    running.stop().await;
}

#[tokio::test]
async fn honest_validators_are_tried_once_in_one_to_three_days() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"1\""));
    let running = bench.start().await;
    bench.polled("harbour").await;
    let days = 30;
    let record = poll_for(&bench, "harbour", days * 24 * HOUR).await;
    let plain =
        server.questions("/feed").iter().filter(|q| !q.contains_key("if-none-match")).count();
    assert!((10..=31).contains(&plain), "{plain} plain questions in {days} days");
    assert_eq!(record.findings, []);
    assert_eq!(record.articles, 1);
    running.stop().await;
}

#[tokio::test]
async fn made_up_validators_are_not_sent_back() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"1\"").with("expires", "0"));
    let running = bench.start().await;
    assert_eq!(bench.polled("harbour").await.etag, None);
    running.stop().await;
}

/// They would be sent with each request, also to another site that a redirect names.
#[tokio::test]
async fn validators_longer_than_any_server_needs_are_not_sent_back() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let (etag, long) = ("\"1\"", "x".repeat(1025));
    server.put(
        "/feed",
        Reply::ok(feed_of_one("first")).with("etag", etag).with("last-modified", &long),
    );
    let running = bench.start().await;
    let polled = bench.polled("harbour").await;
    assert_eq!((polled.etag.as_deref(), polled.last_modified), (Some(etag), None));
    running.stop().await;
}

#[tokio::test]
async fn a_host_that_asks_for_patience_has_it_from_all_its_feeds_and_over_a_restart() {
    let server = Server::start().await;
    let bench = Bench::with(&[("one", server.url("/one"))]).await;
    server.put("/one", Reply::ok(feed_of_one("first")).with("retry-after", "7200"));
    for path in ["/two", "/three"] {
        server.put(path, Reply::ok(feed_of_one(&path[1..])));
    }
    let add = async |id: &str| {
        let feed = super::bench::feed(id, &server.url(&format!("/{id}")));
        bench.command(id, wirefold_proto::Command::FeedAdd { feed }).await;
        bench.record_when(id, |record| record.next_poll.is_some()).await
    };
    let running = bench.start().await;
    let patient = bench.polled("one").await;
    assert_eq!(wait(&patient), 2 * HOUR, "whatever its status");
    assert_eq!(patient.health, FeedHealth::Good);
    let second = add("two").await;
    assert_eq!((server.times("/two"), second.failures, second.last_poll), (0, 0, None));
    assert!(second.next_poll >= patient.next_poll);
    running.stop().await;
    let again = bench.start().await;
    bench.clock.advance(HOUR);
    let third = add("three").await;
    assert_eq!((server.times("/three"), third.last_poll), (0, None));
    assert!(third.next_poll >= patient.next_poll);
    server.put("/one", Reply::ok(feed_of_one("first")));
    bench.clock.advance(HOUR + 10 * MINUTE);
    for id in ["one", "two", "three"] {
        bench.polled(id).await;
    }
    assert_eq!((server.times("/two"), server.times("/three")), (1, 1));
    again.stop().await;
}

#[tokio::test]
async fn an_answer_is_good_for_as_long_as_it_says() {
    let server = Server::start().await;
    for (control, expected) in [
        ("max-age=7200", 2 * HOUR),
        ("max-age=2592000", 15 * MINUTE),
        ("max-age=7200, no-cache", 15 * MINUTE),
    ] {
        let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
        server.put("/feed", Reply::ok(feed_of_one("first")).with("cache-control", control));
        let running = bench.start().await;
        assert_eq!(wait(&bench.polled("harbour").await), expected, "{control}");
        running.stop().await;
    }
}

#[tokio::test]
async fn dead_feeds_are_revisited_each_month_and_may_come_back() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::status(404));
    let running = bench.start().await;
    let first = bench.polled("harbour").await;
    assert_eq!(first.findings, [FeedFinding::Broken]);
    let mut record = first.clone();
    for _ in 1..30 {
        assert!(wait(&record) <= 24 * HOUR, "{record:?}");
        record = bench.next_poll("harbour").await;
    }
    assert_eq!(record.findings, [FeedFinding::Dead, FeedFinding::Broken]);
    assert_eq!(record.failing_since, first.last_poll);
    assert!((27..=30).contains(&(wait(&record).as_secs() / 86_400)), "{:?}", wait(&record));
    server.put("/feed", Reply::ok(feed_of_one("first")));
    let back = bench.next_poll("harbour").await;
    assert_eq!((back.health, back.failing_since), (FeedHealth::Good, None));
    assert_eq!(back.findings, []);
    assert!(wait(&back) < HOUR);
    running.stop().await;
}

/// After thirty failures a missing feed counts as dead. A host that is down may fail twice as often, and an
/// unreachable one four times.
#[tokio::test]
async fn failures_that_may_pass_weigh_less() {
    let server = Server::start().await;
    let bench = Bench::with(&[("down", server.url("/down")), ("gone", server.url("/none"))]).await;
    server.put("/down", Reply::status(500));
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    // Both have had a poll before the time advances, because otherwise one of them misses it.
    let both_failed = async |failures: u32| {
        let failed = async |id: &str| {
            wait(&bench.record_when(id, |record| record.failures == failures).await)
        };
        (failed("down").await, failed("gone").await)
    };
    both_failed(1).await;
    let (mut down, mut gone) = (Duration::ZERO, Duration::ZERO);
    for failures in 2..7 {
        bench.clock.advance(24 * HOUR);
        (down, gone) = both_failed(failures).await;
    }
    assert!(down * 2 < gone, "{down:?} {gone:?}");
    let record = bench.record("down").await.unwrap();
    assert_eq!(record.findings, [FeedFinding::Unreachable]);
    running.stop().await;
}

#[tokio::test]
async fn being_kept_out_is_told_from_being_broken() {
    let challenge = "<!doctype html><title>Just a moment...</title>";
    let login = "<!doctype html><form><input type=\"password\"></form>";
    let page = "<!doctype html><title>Harbour</title><p>Boats";
    let html = |reply: Reply| reply.with("content-type", "text/html");
    let with = |status: u16, body: &str| html(Reply::status(status).with_body(body));
    for (reply, expected) in [
        (with(403, challenge), FeedFinding::Blocked),
        (with(503, challenge), FeedFinding::Blocked),
        (with(200, challenge), FeedFinding::Blocked),
        (with(200, login), FeedFinding::Blocked),
        (Reply::status(401), FeedFinding::Blocked),
        (Reply::status(451), FeedFinding::Blocked),
        (with(200, page), FeedFinding::Broken),
        (with(404, page), FeedFinding::Broken),
        (with(502, page), FeedFinding::Unreachable),
        (Reply::status(429), FeedFinding::Unreachable),
    ] {
        let server = Server::start().await;
        let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
        server.put("/feed", reply);
        let running = bench.start().await;
        let record = bench.polled("harbour").await;
        assert_eq!(record.findings, [expected], "{:?}", record.problem);
        running.stop().await;
    }
}

#[tokio::test]
async fn an_address_that_several_feeds_have_is_asked_once() {
    let server = Server::start().await;
    let url = server.url("/feed");
    let bench = Bench::with(&[("a", url.clone()), ("b", url.clone()), ("c", url)]).await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"1\""));
    let running = bench.start().await;
    bench.clock.advance(Duration::from_secs(1));
    for id in ["a", "b", "c"] {
        bench.polled(id).await;
    }
    assert_eq!(server.times("/feed"), 1);
    for round in 2..5 {
        let next = async |id: &str| bench.record(id).await.unwrap().next_poll.unwrap();
        let due = next("a").await.min(next("b").await).min(next("c").await);
        let now = wirefold_envelope::timestamp(bench.clock.now());
        bench.clock.advance(Duration::try_from(due.duration_since(now)).unwrap());
        for id in ["a", "b", "c"] {
            bench.polled(id).await;
        }
        assert_eq!(server.times("/feed"), round);
    }
    let second = bench.record("b").await.unwrap();
    assert_eq!(second.duplicate_of.as_ref().map(|id| id.as_str()), Some("a"));
    assert_eq!(second.findings, [FeedFinding::Duplicate]);
    assert_eq!(bench.record("a").await.unwrap().findings, []);
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_is_the_same_is_not_read_again() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"1\""));
    let running = bench.start().await;
    bench.polled("harbour").await;
    server.put("/feed", Reply::ok(feed_of_one("first")).with("etag", "\"2\""));
    let record = bench.next_poll("harbour").await;
    assert_eq!((record.etag.as_deref(), record.articles), (Some("\"2\""), 1));
    assert!(record.interval_seconds > 900, "nothing new: more patience");
    running.stop().await;
}

#[tokio::test]
async fn a_host_with_broken_encoding_is_requested_in_compatibility_mode() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(feed_of_one("first").as_bytes()).unwrap();
    let mut broken = encoder.finish().unwrap();
    broken.truncate(broken.len() / 2);
    let gzip = Reply::ok(broken).with("content-encoding", "gzip");
    server.put("/feed", Reply::if_plain(Reply::ok(feed_of_one("first")), gzip));
    let running = bench.start().await;
    assert_eq!(bench.polled("harbour").await.articles, 1);
    bench.next_poll("harbour").await;
    assert_eq!(server.times("/feed"), 3, "the second poll knows");
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_that_hosts_count_against_readers() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let cookie = Reply::ok(feed_of_one("first")).with("set-cookie", "id=1").with("etag", "\"1\"");
    server.put("/feed", cookie);
    let running = bench.start().await;
    bench.polled("harbour").await;
    bench.next_poll("harbour").await;
    for question in server.questions("/feed") {
        for header in ["cookie", "referer", "if-modified-since", "cache-control", "pragma"] {
            assert!(!question.contains_key(header), "{question:?}");
        }
        let agent = question["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("wirefold/"), "{agent}");
    }
    assert_eq!(server.times("/favicon.ico"), 0);
    running.stop().await;
}

#[tokio::test]
async fn logins_names_and_headers_go_where_they_belong() {
    let server = Server::start().await;
    let other = Server::start().await;
    let mut bench = Bench::with(&[("harbour", server.url("/desk/feed"))]).await;
    let mut secrets = SecretHeaders::default();
    secrets.add("Authorization", "Basic ZGVzazpzZWNyZXQ=");
    bench.settings.access = vec![Access {
        below: server.url("/desk/").parse().unwrap(),
        secrets,
        user_agent: Some("desk-reader/1".to_owned()),
        proxy: None,
        is_plain: false,
    }];
    assert!(!format!("{:?}", bench.settings).contains("ZGVz"));
    bench.settings.feeds.push(configured("open", &server.url("/open")));
    server.put("/desk/feed", Reply::status(302).with("location", other.url("/feed")));
    other.put("/feed", Reply::ok(feed_of_one("first")));
    server.put("/open", Reply::ok(feed_of_one("second")));
    let running = bench.start().await;
    bench.clock.advance(Duration::from_secs(1));
    bench.polled("harbour").await;
    bench.polled("open").await;
    let asked = &server.questions("/desk/feed")[0];
    assert_eq!(asked["authorization"], "Basic ZGVzazpzZWNyZXQ=");
    assert_eq!(asked["user-agent"], "desk-reader/1");
    assert!(!server.questions("/open")[0].contains_key("authorization"));
    assert!(!other.questions("/feed")[0].contains_key("authorization"));
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_breaks_off_is_read_and_said_to() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let whole = rss(&[entry("first", 100), entry("second", 100)]);
    server.put("/feed", Reply::ok(&whole.as_bytes()[..whole.len() - 200]));
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    assert_eq!((record.articles, record.health), (1, FeedHealth::Good));
    assert!(record.findings.contains(&FeedFinding::Truncated), "{:?}", record.findings);
    server.put("/feed", Reply::ok(whole));
    let mended = bench.next_poll("harbour").await;
    assert_eq!(mended.articles, 2);
    assert!(!mended.findings.contains(&FeedFinding::Truncated));
    running.stop().await;
}

/// A stranger redirects to a busy page of another site, to stop requests to that site's feed.
#[tokio::test]
async fn a_wait_behind_a_redirect_binds_the_redirecting_feed_alone() {
    let (victim, attacker) = (Server::start().await, Server::start().await);
    victim.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    victim.put("/busy", Reply::status(503).with("retry-after", "86400"));
    attacker.put("/feed", Reply::status(302).with("location", victim.url("/busy")));
    let feeds = [("attacker", attacker.url("/feed")), ("victim", victim.url("/feed"))];
    let bench = Bench::with(&feeds).await;
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    let waits = bench.polled("attacker").await;
    let wait = waits.next_poll.unwrap().duration_since(waits.last_poll.unwrap());
    assert_eq!(wait.as_hours(), 6);
    let problem = waits.describe();
    assert!(problem.contains("127.0.0.1, to which it redirects; this feed alone"), "{problem}");
    bench.polled("victim").await;
    let read = bench.next_poll("victim").await;
    assert_eq!((read.health, victim.times("/feed")), (FeedHealth::Good, 2));
    // Also after a restart.
    running.stop().await;
    let again = bench.start().await;
    bench.next_poll("victim").await;
    assert_eq!(victim.times("/feed"), 3);
    // An answer of the site itself applies to all requests there, for a day.
    victim.put("/feed", Reply::status(503).with("retry-after", "86400"));
    let own = bench.next_poll("victim").await;
    let day = own.next_poll.unwrap().duration_since(own.last_poll.unwrap());
    assert_eq!(day.as_hours(), 24);
    again.stop().await;
}
