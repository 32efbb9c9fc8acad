//! The pruner makes room in a stream that is nearly full, and deletes only messages that every consumer has
//! read.

use wirefold_flow::{AckKind, Bus, ConsumerConfig, DeadLetters, Outgoing, StreamConfig};

use crate::server::Server;
use crate::waiting::within_reason;

const BYTES: u64 = 100_000;
const MESSAGES: u64 = 22;

#[tokio::test]
async fn messages_that_all_consumers_have_read_are_dropped_from_a_nearly_full_stream() {
    let server = Server::start();
    let bus = server.bus().await;
    let readers = vec!["worker".to_owned(), "marker".to_owned()];
    let stream =
        StreamConfig { max_bytes: BYTES, readers, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(stream).await.unwrap();
    bus.create_stream(StreamConfig::new("DEAD", &["dead.>"])).await.unwrap();
    for number in 0..MESSAGES {
        let message = Outgoing::new("work.a", format!("m{number}"), vec![b'x'; 4000]);
        bus.publish(message).await.unwrap();
    }
    let full = bus.prune_below("WORK", 0.8).await.unwrap();
    assert!(full.dropped == 0 && full.share > 0.85, "nobody has read anything: {full:?}");

    let dead = DeadLetters::plain("dead.worker");
    let consumer = ConsumerConfig::new("WORK", "worker", dead);
    let mut subscription = bus.subscribe(consumer).await.unwrap();
    let mut taken = 0;
    while taken < MESSAGES {
        for delivery in within_reason(subscription.next(8)).await.unwrap() {
            delivery.acker.ack_with(AckKind::Ack).await.unwrap();
            taken += 1;
        }
    }
    let half = bus.prune_below("WORK", 0.8).await.unwrap();
    assert_eq!(half.dropped, 0, "one of two has read it");

    bus.mark_read("WORK", "marker", 3).await.unwrap();
    let acks_are_there = async {
        loop {
            let kept = bus.prune_below("WORK", 0.8).await.unwrap();
            if kept.dropped > 0 {
                return kept;
            }
        }
    };
    let kept = within_reason(acks_are_there).await;
    assert!(kept.share < 0.8 || kept.dropped == 3, "{kept:?}");
    let state = bus.stream_state("WORK").await.unwrap();
    assert!(state.first <= 4 && state.last == MESSAGES, "{state:?}");
    let oldest = bus.get("WORK", state.first).await.unwrap().at;
    assert_eq!(kept.oldest, Some(oldest));

    bus.mark_read("WORK", "marker", MESSAGES).await.unwrap();
    let further = bus.prune_below("WORK", 0.5).await.unwrap();
    assert!(further.share < 0.5 && further.share > 0.3, "no more than needed: {further:?}");
    assert_eq!(bus.prune_below("WORK", 0.5).await.unwrap().dropped, 0);
    assert!(further.oldest > Some(oldest));
    assert_eq!(further.first, bus.stream_state("WORK").await.unwrap().first);
    assert_eq!(further.max_age, Some(StreamConfig::new("WORK", &[]).max_age));
}
