//! Promises of bounded streams.

use std::fmt::Debug;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{MOMENT, streams, work, work_stream};
use crate::config::StreamConfig;
use crate::conformance::Harness;
use crate::error::BusError;

/// `publish` waits while the stream is full of messages that its named reader has not read, and continues
/// once there is room. No unread message is deleted.
pub async fn publish_waits_while_the_stream_is_full(harness: &mut dyn Harness) {
    streams(harness).await;
    let stream = StreamConfig { max_bytes: 1000, ..work_stream() };
    harness.bus().create_stream(stream).await.unwrap();
    let taken_in = harness.fill("work.fill").await;
    assert!(taken_in > 0, "it took none");
    let bus = harness.bus();
    let waiting = tokio::spawn(async move { bus.publish(work(&"w".repeat(40))).await });
    harness.advance(Duration::from_secs(1)).await;
    let waiting = still(waiting, "published into a full stream").await;
    let state = harness.bus().stream_state("WORK").await.unwrap();
    assert_eq!((state.first, state.messages), (1, taken_in as u64));
    harness.bus().mark_read("WORK", "other", taken_in as u64).await.unwrap();
    harness.advance(MOMENT).await;
    let waiting = still(waiting, "a message was dropped that its reader has not read").await;
    harness.bus().mark_read("WORK", "reader", 1).await.unwrap();
    harness.advance(MOMENT).await;
    waiting.await.unwrap().unwrap();
}

/// A publish that is still waiting. Panics if it has ended.
async fn still<T: Debug>(waiting: JoinHandle<T>, otherwise: &str) -> JoinHandle<T> {
    if waiting.is_finished() {
        panic!("{otherwise}: {:?}", waiting.await);
    }
    waiting
}

/// Messages that every named reader has read are dropped first. A full stream without named readers drops
/// its oldest message.
pub async fn messages_that_all_readers_have_read_make_room(harness: &mut dyn Harness) {
    streams(harness).await;
    let readers = vec!["reader".into(), "slower".into()];
    let stream = StreamConfig { max_bytes: 1000, readers, ..work_stream() };
    let unnamed = StreamConfig { readers: Vec::new(), ..stream.clone() };
    harness.bus().create_stream(stream).await.unwrap();
    let taken_in = harness.fill("work.fill").await;
    harness.bus().mark_read("WORK", "reader", taken_in as u64).await.unwrap();
    let bus = harness.bus();
    let waiting = tokio::spawn(async move { bus.publish(work(&"w".repeat(40))).await });
    harness.advance(MOMENT).await;
    assert!(!waiting.is_finished(), "the slower reader needs it still");
    harness.bus().mark_read("WORK", "slower", 1).await.unwrap();
    harness.advance(MOMENT).await;
    waiting.await.unwrap().unwrap();
    let state = harness.bus().stream_state("WORK").await.unwrap();
    assert_eq!((state.first, state.last), (2, taken_in as u64 + 1));
    harness.bus().create_stream(unnamed).await.unwrap();
    for number in 0..20 {
        harness.bus().publish(work(&format!("{number:->40}"))).await.unwrap();
    }
    let later = harness.bus().stream_state("WORK").await.unwrap();
    assert!(later.bytes <= 1000 && later.first > taken_in as u64, "{later:?}");
}

/// Messages older than the retention are gone, for `get` and for readers. A bus checks this about four times
/// a second.
pub async fn old_messages_are_gone(harness: &mut dyn Harness) {
    let max_age = harness.deadline() * 3;
    harness.bus().create_stream(StreamConfig { max_age, ..work_stream() }).await.unwrap();
    harness.bus().publish(work("a")).await.unwrap();
    harness.advance(max_age / 2).await;
    harness.bus().publish(work("b")).await.unwrap();
    // The first message is slightly too old then, and the second is not close to it.
    harness.advance(max_age * 7 / 12).await;
    let gone = harness.bus().get("WORK", 1).await;
    assert!(matches!(gone, Err(BusError::Gone { sequence: 1, .. })), "{gone:?}");
    let mut ordered = harness.bus().read("WORK", ">", 1).await.unwrap();
    let kept = ordered.next(10).await.unwrap();
    assert_eq!(kept.iter().map(|message| message.sequence).collect::<Vec<_>>(), [2]);
    let state = harness.bus().stream_state("WORK").await.unwrap();
    assert_eq!((state.first, state.last, state.messages), (2, 2, 1));
    harness.advance(max_age).await;
    let emptied = harness.bus().stream_state("WORK").await.unwrap();
    assert_eq!((emptied.first, emptied.last, emptied.messages, emptied.bytes), (3, 2, 0, 0));
}
