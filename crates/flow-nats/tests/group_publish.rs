//! Concurrent publishes: each gets the same answer as it would alone.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use wirefold_flow::{Bus, BusError, Outgoing, Published, Stored, StreamConfig};
use wirefold_flow_nats::NatsBus;

use crate::server::Server;
use crate::waiting::{pass, within_reason};

/// All but a few of these are sent in batches.
const MANY: usize = 300;

/// The longest time until a full stream is tried again, and a little more.
const LONGEST_WAIT: Duration = Duration::from_millis(700);

fn numbered(subject: &str, number: usize) -> Outgoing {
    Outgoing::new(subject, format!("{number}"), vec![b'x'; 200])
}

async fn server_with(streams: &[&str]) -> (Server, NatsBus) {
    let server = Server::start();
    let bus = server.bus().await;
    for stream in streams {
        let subjects = format!("{}.>", stream.to_lowercase());
        bus.create_stream(StreamConfig::new(*stream, &[&subjects])).await.unwrap();
    }
    (server, bus)
}

/// Publishes all messages at once.
async fn publish_all(bus: &NatsBus, messages: Vec<Outgoing>) -> Vec<Result<Published, BusError>> {
    within_reason(join_all(messages.into_iter().map(|message| bus.publish(message)))).await
}

async fn all(bus: &NatsBus, stream: &str) -> Vec<Stored> {
    bus.read(stream, ">", 1).await.unwrap().ready(1_000_000).await.unwrap()
}

/// How many of a stream's messages were stored as a part of a batch.
async fn in_batches(server: &Server, stream: &str, count: u64) -> usize {
    use base64::Engine as _;
    let mut batched = 0;
    for sequence in 1..=count {
        let found =
            server.ask(&format!("STREAM.MSG.GET.{stream}"), json!({ "seq": sequence })).await;
        let headers = found["message"]["hdrs"].as_str().unwrap_or_default();
        let headers = base64::engine::general_purpose::STANDARD.decode(headers).unwrap();
        batched += usize::from(String::from_utf8_lossy(&headers).contains("Nats-Batch-Id"));
    }
    batched
}

#[tokio::test]
async fn concurrent_publishes_are_stored_in_order_and_mostly_in_batches() {
    let (server, bus) = server_with(&["WORK"]).await;
    bus.publish(numbered("work.a", MANY)).await.unwrap();
    let messages = (0..MANY).map(|number| numbered("work.a", number)).collect();
    let published = publish_all(&bus, messages).await;
    for (number, answer) in published.into_iter().enumerate() {
        assert_eq!(answer.unwrap(), Published::New(number as u64 + 2));
    }
    let stands = all(&bus, "WORK").await;
    let order = (0..MANY).map(|number| number.to_string());
    assert!(stands.iter().skip(1).map(|stored| stored.id.clone()).eq(order));
    let batched = in_batches(&server, "WORK", 1 + MANY as u64).await;
    assert!(batched >= MANY / 2, "{batched} of {MANY}");
}

#[tokio::test]
async fn a_publish_alone_is_no_batch() {
    let (server, bus) = server_with(&["WORK"]).await;
    for number in 0..40 {
        bus.publish(numbered("work.a", number)).await.unwrap();
    }
    assert_eq!(in_batches(&server, "WORK", 40).await, 0);
}

#[tokio::test]
async fn a_known_id_among_many_is_a_duplicate_and_the_others_are_stored() {
    let (_server, bus) = server_with(&["WORK"]).await;
    bus.publish(numbered("work.a", 7)).await.unwrap();
    // One is stored already, and another is published twice at once.
    let numbers = (0..MANY).chain([9]);
    let published =
        publish_all(&bus, numbers.map(|number| numbered("work.a", number)).collect()).await;
    let duplicates: Vec<usize> = published
        .iter()
        .enumerate()
        .filter(|(_, published)| matches!(published, Ok(Published::Duplicate(_))))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(duplicates, [7, MANY]);
    assert!(published.iter().all(Result::is_ok));
    assert_eq!(all(&bus, "WORK").await.len(), MANY);
}

#[tokio::test]
async fn interleaved_publishes_reach_their_own_streams() {
    let (server, bus) = server_with(&["WORK", "PLAY"]).await;
    let config = json!({
        "name": "REST", "subjects": ["rest.>"], "retention": "limits", "storage": "file",
        "discard": "old", "num_replicas": 1, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1,
        "allow_direct": true,
    });
    assert_eq!(server.ask("STREAM.CREATE.REST", config).await["error"], json!(null));
    for round in 0..3 {
        let numbers = round * MANY..(round + 1) * MANY;
        let subject = |number: usize| {
            if number % 100 < 50 { ["work.a", "play.b"][number % 2] } else { "rest.c" }
        };
        let messages = numbers.map(|number| numbered(subject(number), number)).collect();
        let published = publish_all(&bus, messages).await;
        assert!(published.iter().all(Result::is_ok), "{published:?}");
    }
    for (stream, count) in [("WORK", 1), ("PLAY", 1), ("REST", 2)] {
        let numbers: Vec<usize> =
            all(&bus, stream).await.iter().map(|stored| stored.id.parse().unwrap()).collect();
        assert_eq!(numbers.len(), 3 * MANY / 4 * count, "{stream}");
        assert!(numbers.is_sorted(), "{stream}");
    }
}

#[tokio::test]
async fn one_that_is_too_large_fails_alone() {
    let (_server, bus) = server_with(&["WORK"]).await;
    let largest = StreamConfig { max_message: 600, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(largest).await.unwrap();
    let message = |number: usize| match number {
        150 => Outgoing::new("work.a", "large", vec![b'x'; 1000]),
        151 => Outgoing::new("work.a", "huge", vec![b'x'; 2 << 20]),
        152 => Outgoing::new("work.a", "bro\nken", ""),
        _ => numbered("work.a", number),
    };
    let published = publish_all(&bus, (0..MANY).map(message).collect()).await;
    for (number, answer) in published.into_iter().enumerate() {
        match number {
            150 | 151 => assert!(matches!(answer, Err(BusError::TooLarge { .. }))),
            152 => assert!(matches!(answer, Err(BusError::BadName { .. }))),
            _ => assert!(answer.is_ok(), "{number}: {answer:?}"),
        }
    }
    assert_eq!(all(&bus, "WORK").await.len(), MANY - 3);
}

/// Publishes under way and publishes that wait may both be dropped; the others continue.
#[tokio::test]
async fn publishes_that_are_dropped_leave_the_others_going() {
    let (_server, bus) = server_with(&["WORK"]).await;
    let bus = Arc::new(bus);
    for round in 0..20 {
        let start = |number: usize| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.publish(numbered("work.a", number)).await })
        };
        let publishes: Vec<_> = (0..50).map(|number| start(round * 50 + number)).collect();
        tokio::task::yield_now().await;
        for publish in publishes.iter().step_by(3) {
            publish.abort();
        }
        for (place, left) in publishes.into_iter().enumerate() {
            let published = within_reason(left).await;
            if place % 3 != 0 {
                published.unwrap().unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_full_stream_holds_up_no_other() {
    let (_server, bus) = server_with(&["WORK"]).await;
    let readers = vec!["reader".to_owned()];
    let small =
        StreamConfig { readers, max_bytes: 10_000, ..StreamConfig::new("PLAY", &["play.>"]) };
    bus.create_stream(small.clone()).await.unwrap();
    let mut next = (0..).map(|number| numbered("play.b", number));
    // Limited by its content and not by the time without an answer, because a machine may be slow. The last
    // message gives the size of the next one.
    let (mut stored, mut held, mut size) = (0, 0, 0);
    while held + size <= small.max_bytes {
        bus.publish(next.next().unwrap()).await.unwrap();
        let now = bus.stream_state("PLAY").await.unwrap().bytes;
        (stored, size, held) = (stored + 1, now - held, now);
    }
    // Now it is full: first one publish waits for room, then many.
    for (round, count) in [1, MANY].into_iter().enumerate() {
        let waiting = publish_all(&bus, next.by_ref().take(count).collect());
        let others = async {
            for number in 0..10 {
                let number = round * 10 + number;
                let published = bus.publish(numbered("work.a", number)).await;
                assert_eq!(published.unwrap(), Published::New(number as u64 + 1));
            }
        };
        tokio::select! {
            biased;
            _ = waiting => panic!("there was room"),
            () = within_reason(others) => {}
        }
    }
    // A publish that was dropped while it waited is not stored once there is room.
    bus.create_stream(StreamConfig { max_bytes: 1 << 20, ..small }).await.unwrap();
    pass(LONGEST_WAIT).await;
    assert_eq!(all(&bus, "PLAY").await.len(), stored);
}
