//! Rewritten streams and tables: no byte of a removed message remains in the server's files, and everything
//! else is unchanged.

use std::fs;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use wirefold_envelope::{Limits, create_streams};
use wirefold_flow::{Bus, BusError, Outgoing, Published, Stored, StreamConfig};
use wirefold_flow_nats::{Consumer, NatsBus, Rewrite};
use wirefold_proto::streams::FETCHED;

use crate::replicated::{cluster, options, ready};
use crate::rights::users;
use crate::server::Server;
use crate::waiting::{pass, within_reason};

/// A mark in the removed messages, and nowhere else.
const MARK: &[u8] = b"xqzzymark";

/// Whether a file below a folder holds the mark.
fn holds_mark(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).any(|entry| {
        let path = entry.path();
        match path.is_dir() {
            true => holds_mark(&path),
            // The server may have removed it since.
            false => {
                let bytes = fs::read(&path).unwrap_or_default();
                bytes.windows(MARK.len()).any(|part| part == MARK)
            }
        }
    })
}

fn message(nth: u64, body: &str) -> Outgoing {
    let headers = [("b", "1"), ("a", "2")].into_iter().collect();
    Outgoing {
        headers,
        ..Outgoing::new(format!("work.{nth}"), format!("id-{nth}"), body.to_owned())
    }
}

async fn all(bus: &NatsBus, stream: &str) -> Vec<Stored> {
    let first = bus.stream_state(stream).await.unwrap().first;
    bus.read(stream, ">", first).await.unwrap().ready(10_000).await.unwrap()
}

/// A stream of ten messages. The third, the sixth and the last contain the mark. A consumer has read four.
async fn filled(server: &Server, bus: NatsBus) -> NatsBus {
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    for nth in 1..=10 {
        let body = if [3, 6, 10].contains(&nth) { "about xqzzymark" } else { "other" };
        bus.publish(message(nth, body)).await.unwrap();
    }
    assert!(bus.create_or_update_consumer(&reader()).await.unwrap());
    let mut follower = bus.follow(Some("WORK"), ">", "reader").await.unwrap();
    let mut taken = 0;
    while taken < 4 {
        taken += within_reason(follower.next(4 - taken)).await.unwrap().len();
    }
    follower.acknowledge().await.unwrap();
    within_reason(async {
        while unacknowledged(server).await > 6 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    bus
}

/// How many messages the consumer has not acknowledged yet, delivered or not.
async fn unacknowledged(server: &Server) -> u64 {
    let info = server.ask("CONSUMER.INFO.WORK.reader", json!({})).await;
    info["num_ack_pending"].as_u64().unwrap() + info["num_pending"].as_u64().unwrap()
}

fn reader() -> Consumer {
    Consumer::new("WORK", "reader")
}

/// The sixth gets another text; the other two are removed.
fn edit(stored: &Stored) -> Rewrite {
    match stored.sequence {
        3 | 10 => Rewrite::Remove,
        6 => Rewrite::Replace(Box::new(Stored { body: "scrubbed".into(), ..stored.clone() })),
        _ => Rewrite::Keep,
    }
}

#[tokio::test]
async fn rewriting_leaves_no_byte_of_erased_messages_and_keeps_the_rest() {
    let server = Server::start();
    let bus = filled(&server, server.bus().await).await;
    assert!(holds_mark(&server.store()), "the search finds what is there");
    let before = all(&bus, "WORK").await;
    let config = server.ask("STREAM.INFO.WORK", json!({})).await["config"].clone();
    assert_eq!(bus.rewrite_stream("WORK", &mut edit).await.unwrap(), 8);
    assert!(!holds_mark(&server.store()));

    let mut expected: Vec<Stored> =
        before.into_iter().filter(|stored| ![3, 10].contains(&stored.sequence)).collect();
    expected[4].body = "scrubbed".into();
    assert_eq!(all(&bus, "WORK").await, expected, "sequence, time, id, headers and body");
    let after = server.ask("STREAM.INFO.WORK", json!({})).await["config"].clone();
    assert_eq!(without_first(after), without_first(config));
    assert_eq!(bus.stream_state("WORK").await.unwrap().last, 10);

    // Its consumer continues from its position, unchanged.
    assert!(!bus.create_or_update_consumer(&reader()).await.unwrap());
    let mut follower = bus.follow(Some("WORK"), ">", "reader").await.unwrap();
    assert_eq!(within_reason(follower.next(1)).await.unwrap()[0].message, expected[3]);
    let slower = Consumer { ack_deadline: Duration::from_mins(1), ..reader() };
    assert!(bus.create_or_update_consumer(&slower).await.unwrap(), "it can be changed");
    // The next message follows the last removed one.
    let published = bus.publish(message(11, "new")).await.unwrap();
    assert_eq!(published.sequence(), 11);
}

fn without_first(mut config: serde_json::Value) -> serde_json::Value {
    config.as_object_mut().unwrap().remove("first_seq");
    config
}

#[tokio::test]
async fn a_table_holds_nothing_of_what_its_keys_said_before() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_bucket("wf_feeds", None).await.unwrap();
    let keys = bus.key_value("wf_feeds").unwrap();
    for (key, value) in
        [("a", "xqzzymark"), ("a", "now"), ("b", "xqzzymark too"), ("c", "xqzzymark"), ("d", "x")]
    {
        keys.put(key, Bytes::from(value)).await.unwrap();
    }
    keys.delete("d").await.unwrap();
    assert!(holds_mark(&server.store()));
    let mut edit = |entry: &wirefold_flow::Entry| match entry.key.as_str() {
        "b" => Some(Some(Bytes::from("scrubbed"))),
        "c" => Some(None),
        _ => None,
    };
    bus.rewrite_bucket("wf_feeds", &mut edit).await.unwrap();
    assert!(!holds_mark(&server.store()));
    let left = keys.changes(&[], 6).await.unwrap();
    let left: Vec<(&str, Option<&[u8]>)> =
        left.iter().map(|entry| (&*entry.key, entry.value.as_deref())).collect();
    assert_eq!(left, [("a", Some(&b"now"[..])), ("b", Some(b"scrubbed")), ("d", None)]);
    let revision = keys.get("a").await.unwrap().unwrap().revision;
    keys.put_if("a", "later".into(), revision).await.unwrap();
}

#[tokio::test]
async fn a_message_that_stands_twice_stays_twice() {
    let server = Server::start();
    let bus = server.bus().await;
    let window = Duration::from_millis(100);
    let config = StreamConfig { window, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(config).await.unwrap();
    let twice = || message(1, "twice");
    bus.publish(twice()).await.unwrap();
    within_reason(async {
        while matches!(bus.publish(twice()).await.unwrap(), Published::Duplicate(_)) {}
    })
    .await;
    let before = all(&bus, "WORK").await;
    assert_eq!(before.len(), 2);
    bus.rewrite_stream("WORK", &mut |_| Rewrite::Keep).await.unwrap();
    assert_eq!(all(&bus, "WORK").await, before);
}

/// A second run completes one that was killed at any point: here once before the copy is complete, and once
/// after the stream is gone.
#[tokio::test]
async fn an_interrupted_one_is_ended_by_the_next() {
    let server = Server::start();
    let bus = filled(&server, server.bus().await).await;
    let before = all(&bus, "WORK").await;
    let mut seen = 0;
    let mut interrupted = move |stored: &Stored| {
        seen += 1;
        assert!(seen < 5, "interrupted");
        edit(stored)
    };
    let other = server.bus().await;
    let killed = tokio::spawn(async move { other.rewrite_stream("WORK", &mut interrupted).await });
    assert!(killed.await.unwrap_err().is_panic());
    assert_eq!(all(&bus, "WORK").await, before);
    assert_eq!(bus.finish_rewrites().await.unwrap(), [""; 0], "that copy was worth nothing");
    let names = server.ask("STREAM.NAMES", json!({})).await;
    assert_eq!(names["streams"], json!(["KV_wf_marks", "WORK"]));

    // The copy is complete and the stream is gone, so it cannot be made again.
    let subjects = ["wirefold_rewrite.WORK.>"];
    bus.create_stream(StreamConfig::new("IN_THE_WAY", &subjects)).await.unwrap();
    let refused = bus.rewrite_stream("WORK", &mut edit).await;
    assert!(matches!(refused, Err(BusError::BadStream { .. })), "{refused:?}");
    let gone = bus.stream_state("WORK").await;
    assert!(matches!(gone, Err(BusError::NoStream(_))), "{gone:?}");
    server.delete_stream("IN_THE_WAY").await;
    assert_eq!(bus.finish_rewrites().await.unwrap(), ["WORK"]);
    let ids: Vec<String> = all(&bus, "WORK").await.into_iter().map(|it| it.id).collect();
    let expected: Vec<String> =
        [1, 2, 4, 5, 6, 7, 8, 9].iter().map(|nth| format!("id-{nth}")).collect();
    assert_eq!(ids, expected);
    assert!(!bus.create_or_update_consumer(&reader()).await.unwrap());
    assert_eq!(unacknowledged(&server).await, 5);
    assert!(!holds_mark(&server.store()));
}

/// The servers of a cluster also keep each message in a log of their own.
#[tokio::test]
async fn rewriting_leaves_no_byte_on_three_servers() {
    let servers = cluster("");
    let bus = filled(&servers[0], ready(&options(&servers)).await).await;
    let hold_mark = || servers.iter().filter(|server| holds_mark(&server.store())).count();
    within_reason(async {
        while hold_mark() < 3 {
            pass(Duration::from_millis(20)).await;
        }
    })
    .await;
    let before = all(&bus, "WORK").await;
    assert_eq!(bus.rewrite_stream("WORK", &mut edit).await.unwrap(), 8);
    let ids = |stored: &[Stored]| stored.iter().map(|it| (it.sequence, it.at)).collect::<Vec<_>>();
    let mut expected = ids(&before);
    expected.retain(|(sequence, _)| ![3, 10].contains(sequence));
    assert_eq!(ids(&all(&bus, "WORK").await), expected);
    // The followers delete a moment after the leader.
    within_reason(async {
        while hold_mark() > 0 {
            pass(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(bus.publish(message(11, "new")).await.unwrap().sequence(), 11);
}

/// On a server as shipped, no user may delete a stream. An operator adds one for the time.
#[tokio::test]
async fn rewriting_a_stream_needs_all_rights() {
    let server = Server::shipped(&[&users()[..], &["forget"]].concat());
    let setup = server.bus_of("setup").await;
    create_streams(&setup, &Limits::default()).await.unwrap();
    let refused = setup.rewrite_stream(FETCHED.name, &mut |_| Rewrite::Keep).await;
    assert!(matches!(refused, Err(BusError::NotAllowed { .. })), "{refused:?}");
    let fetcher = server.bus_of("fetcher").await;
    let subject = "wirefold.v1.article.fetched.harbour";
    fetcher.publish(Outgoing::new(subject, "a-1", "{}")).await.unwrap();
    let operator = server.bus_of("forget").await;
    let edit = &mut |_: &Stored| Rewrite::Remove;
    assert_eq!(operator.rewrite_stream(FETCHED.name, edit).await.unwrap(), 0);
    // Every user can still publish and read as before.
    let published = fetcher.publish(Outgoing::new(subject, "a-2", "{}")).await.unwrap();
    assert_eq!(published.sequence(), 2);
    let enricher = server.bus_of("enricher").await;
    assert_eq!(enricher.get(FETCHED.name, 2).await.unwrap().id, "a-2");
}

#[tokio::test]
async fn running_services_are_found_by_name() {
    let server = Server::start();
    let bus = server.bus().await;
    let shortly = Duration::from_millis(200);
    assert!(bus.services(shortly).await.unwrap().is_empty());
}
