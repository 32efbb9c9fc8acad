//! Hosts that fail, hang, lie or attack: each causes one clear problem, and delays no other feed.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use wirefold_proto::FeedHealth;

use super::bench::{Bench, MINUTE};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};

/// Polls one feed with this answer, and returns its problem.
async fn problem_of(reply: Reply) -> String {
    let server = Server::start().await;
    server.put("/feed", reply);
    let bench = Bench::with(&[("odd", server.url("/feed"))]).await;
    let running = bench.start().await;
    let record = bench.polled("odd").await;
    assert_eq!((record.health, record.failures), (FeedHealth::Failing, 1));
    assert!(bench.articles().await.is_empty());
    assert!(record.next_poll > record.last_poll);
    running.stop().await;
    record.problem.unwrap()
}

#[tokio::test]
async fn each_sort_of_failure_says_what_it_is_and_what_to_do() {
    let page = "<!doctype html><html><head><title>Log in</title><link rel=alternate \
                type=\"application/atom+xml\" href=\"/real.atom\"></head><body></body></html>";
    let cases = [
        (Reply::ok(page).with("content-type", "text/html"), "use that address"),
        (Reply::ok("<html><body>hello</body></html>"), "look there for the address"),
        (Reply::ok(""), "the answer is empty"),
        (Reply::ok("{\"status\":\"ok\"}"), "not a feed"),
        (Reply::ok(vec![0xff, 0xd8, 0xff, 0xe0, 0, 16]), "not a feed"),
        (Reply::status(403).with("cf-mitigated", "challenge"), "allows only browsers"),
        (Reply::status(401), "requires a login"),
        (Reply::status(404), "check the address"),
        (Reply::status(500), "it is tried again"),
        (Reply::status(301).with("location", "/feed"), "too many redirects"),
        (
            Reply::status(302).with("location", "http://10.0.0.1/"),
            "allow it with fetcher.allow_private",
        ),
    ];
    for (reply, said) in cases {
        let problem = problem_of(reply).await;
        assert!(problem.contains(said), "{problem} should say {said}");
    }
}

#[tokio::test]
async fn huge_bodies_are_refused() {
    let huge = vec![b' '; 50_000_000];
    let problem = problem_of(Reply::ok(huge)).await;
    assert_eq!(problem, "the body is larger than 10000000 bytes; no feed is that large");
}

#[tokio::test]
async fn bombs_are_refused() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 20_000_000]).unwrap();
    let bomb = Reply::ok(encoder.finish().unwrap()).with("content-encoding", "gzip");
    assert!(problem_of(bomb).await.contains("grows to more than 200 times its size"));
}

#[tokio::test]
async fn private_addresses_are_refused_unless_let_in() {
    let server = Server::start().await;
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let mut bench = Bench::with(&[("mine", server.url("/feed"))]).await;
    bench.settings.allow.clear();
    let running = bench.start().await;
    let record = bench.polled("mine").await;
    assert_eq!(server.times("/feed"), 0);
    let problem = record.problem.unwrap();
    assert!(problem.contains("127.0.0.1 is not in a public or allowed network"), "{problem}");
    assert!(problem.contains("fetcher.allow_private"), "{problem}");
    running.stop().await;
}

#[tokio::test]
async fn a_feed_that_is_gone_is_asked_no_more() {
    let server = Server::start().await;
    server.put("/feed", Reply::status(410));
    let bench = Bench::with(&[("gone", server.url("/feed"))]).await;
    let running = bench.start().await;
    let record = bench.polled("gone").await;
    assert_eq!((record.health, record.next_poll), (FeedHealth::Gone, None));
    running.stop().await;
    let again = bench.start().await;
    server.put("/other", Reply::ok(rss(&[entry("first", 100)])));
    bench.clock.advance(MINUTE * 60 * 48);
    let added = wirefold_proto::Command::FeedAdd {
        feed: super::bench::feed("other", &server.url("/other")),
    };
    bench.command("1", added).await;
    bench.polled("other").await;
    assert_eq!(server.times("/feed"), 1);
    again.stop().await;
}

#[tokio::test]
async fn hosts_that_ask_for_patience_get_it() {
    let server = Server::start().await;
    let bench = Bench::with(&[("busy", server.url("/feed"))]).await;
    server.put("/feed", Reply::status(429).with("retry-after", "1800"));
    let running = bench.start().await;
    let wait = |record: &wirefold_proto::FeedRecord| {
        record.next_poll.unwrap().duration_since(record.last_poll.unwrap()).as_secs()
    };
    assert_eq!(wait(&bench.polled("busy").await), 1800);
    server.put("/feed", Reply::status(503).with("retry-after", "999999999"));
    assert_eq!(wait(&bench.next_poll("busy").await), 86_400);
    server.put("/feed", Reply::status(503).with("retry-after", "0"));
    assert_eq!(wait(&bench.next_poll("busy").await), 60);
    server.put("/feed", Reply::status(503));
    let fourth = bench.next_poll("busy").await;
    assert_eq!(fourth.failures, 4);
    // The host explained three of the failures, and the last one may pass: not much more than one strike.
    assert!((1070..=1290).contains(&wait(&fourth)), "{}", wait(&fourth));
    server.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    let well = bench.next_poll("busy").await;
    assert_eq!((well.failures, well.health, well.problem), (0, FeedHealth::Good, None));
    running.stop().await;
}

/// The healthy feed is polled again and again while 40 others hang, which is more than there are slots.
#[tokio::test]
async fn hanging_feeds_delay_nobody() {
    let (server, healthy) = (Server::start().await, Server::start().await);
    let mut bench = Bench::new().await;
    for number in 0..40 {
        let path = format!("/{number}");
        server.put(&path, Reply::Hang);
        let feed = super::bench::configured(&format!("hanging-{number}"), &server.url(&path));
        bench.settings.feeds.push(feed);
    }
    healthy.put("/feed", Reply::ok(rss(&[entry("first", 100)])));
    bench.settings.feeds.push(super::bench::configured("healthy", &healthy.url("/feed")));
    bench.settings.timeout = Duration::from_mins(5);
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    bench.polled("healthy").await;
    for _ in 0..3 {
        bench.next_poll("healthy").await;
    }
    assert_eq!(healthy.times("/feed"), 4);
    let hanging = bench.record("hanging-1").await.unwrap();
    assert_eq!(hanging.last_poll, None, "it still hangs");
    running.stop().await;
}

/// A stranger's small answer with a million empty items.
#[tokio::test]
async fn a_feed_with_too_many_items_gives_the_first_and_says_so() {
    let empty = (0_u64..1_300_000).map(|at| match at % 64 {
        0 => format!("<item a='{}'/>", at.wrapping_mul(2_654_435_761) % 997),
        _ => "<item/>".to_owned(),
    });
    let items = format!("<item><title>Ferry</title></item>{}", empty.collect::<String>());
    let text = format!("<rss version='2.0'><channel><title>T</title>{items}</channel></rss>");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(packed.len() < 200 * 1024, "{}", packed.len());
    let server = Server::start().await;
    server.put("/feed", Reply::ok(packed).with("content-encoding", "gzip").with("etag", "\"1\""));
    let bench = Bench::with(&[("many", server.url("/feed"))]).await;
    let running = bench.start().await;
    let record = bench.polled("many").await;
    let said = "lists more than 1000 items; the first 1000 items were read";
    assert_eq!((record.health, record.problem.as_deref()), (FeedHealth::Good, Some(said)));
    assert_eq!((record.articles, record.needs_a_look()), (1, true));
    let unchanged = bench.next_poll("many").await;
    assert_eq!(
        (unchanged.last_good, unchanged.problem.as_deref()),
        (unchanged.last_poll, Some(said))
    );
    running.stop().await;
}
