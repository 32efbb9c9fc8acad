//! Promises for crashes.

use super::{streams, work};
use crate::conformance::Harness;
use crate::error::BusError;
use crate::message::Outgoing;

/// Ends of streams and fences survive.
pub async fn ends_and_fences_survive_a_crash(harness: &mut dyn Harness) {
    streams(harness).await;
    let record = Outgoing::new("work.epoch", "epoch-1", "");
    let epoch = harness.bus().publish_if_last(record, 0).await.unwrap().sequence();
    harness.bus().append("WORK", epoch, vec![work("a")]).await.unwrap();
    harness.crash_and_reopen().await;
    let next = Outgoing::new("work.epoch", "epoch-2", "");
    let early = harness.bus().publish_if_last(next.clone(), 0).await;
    assert!(matches!(early, Err(BusError::Refused { found: 1, .. })));
    let heir = harness.bus().publish_if_last(next, 1).await.unwrap().sequence();
    assert_eq!(harness.bus().append("WORK", heir, vec![work("b")]).await.unwrap(), 4);
}

/// The mark of a reader survives: a full stream still drops what it has read.
pub async fn marks_survive_a_crash(harness: &mut dyn Harness) {
    streams(harness).await;
    harness.bus().publish(work("a")).await.unwrap();
    harness.bus().mark_read("WORK", "reader", 1).await.unwrap();
    harness.crash_and_reopen().await;
    let stream = crate::config::StreamConfig { max_bytes: 300, ..super::work_stream() };
    harness.bus().create_stream(stream).await.unwrap();
    let taken_in = harness.fill("work.fill").await;
    let state = harness.bus().stream_state("WORK").await.unwrap();
    assert_eq!((state.first, state.last), (2, taken_in as u64 + 1));
}
