//! The pruner makes room in a stream that is nearly full, and deletes only messages that every reader has
//! read.

use wirefold_flow::{Bus, Outgoing, StreamConfig};

use crate::server::Server;

const BYTES: u64 = 100_000;
const MESSAGES: u64 = 22;

#[tokio::test]
async fn messages_that_all_readers_have_read_are_dropped_from_a_nearly_full_stream() {
    let server = Server::start();
    let bus = server.bus().await;
    let readers = vec!["worker".to_owned(), "marker".to_owned()];
    let stream =
        StreamConfig { max_bytes: BYTES, readers, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(stream).await.unwrap();
    for number in 0..MESSAGES {
        let message = Outgoing::new("work.a", format!("m{number}"), vec![b'x'; 4000]);
        bus.publish(message).await.unwrap();
    }
    let full = bus.prune_below("WORK", 0.8).await.unwrap();
    assert!(full.dropped == 0 && full.share > 0.85, "nobody has read anything: {full:?}");

    bus.mark_read("WORK", "worker", MESSAGES).await.unwrap();
    let half = bus.prune_below("WORK", 0.8).await.unwrap();
    assert_eq!(half.dropped, 0, "one of two has read it");

    bus.mark_read("WORK", "marker", 3).await.unwrap();
    let kept = bus.prune_below("WORK", 0.8).await.unwrap();
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
