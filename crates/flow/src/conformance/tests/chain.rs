//! Promises of a chain: of records that one writer appends behind its take-over.

use super::{ids_of, publish, streams, work, work_stream};
use crate::bus::Bus;
use crate::conformance::Harness;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};

/// The sequence of the epoch record.
async fn take_over(bus: &dyn Bus, epoch: u64) -> Result<u64, BusError> {
    let last = bus.last("WORK", "work.epoch").await?.map_or(0, |last| last.sequence);
    let record = Outgoing::new("work.epoch", format!("epoch-{epoch}"), "");
    match bus.publish_if_last(record, last).await? {
        Published::New(sequence) => Ok(sequence),
        Published::Duplicate(found) => Err(BusError::Refused { expected: last, found }),
    }
}

async fn append(bus: &dyn Bus, after: u64, names: &[&str]) -> Result<u64, BusError> {
    bus.append("WORK", after, names.iter().map(|name| work(name)).collect()).await
}

async fn all(bus: &dyn Bus) -> Vec<Stored> {
    bus.read("WORK", ">", 1).await.unwrap().ready(1000).await.unwrap()
}

/// Appended messages follow the epoch record, in order.
pub async fn a_chain_keeps_its_order(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let epoch = take_over(&*bus, 1).await.unwrap();
    assert_eq!(append(&*bus, epoch, &["a", "b", "c"]).await.unwrap(), 4);
    assert_eq!(append(&*bus, 4, &[]).await.unwrap(), 4);
    assert_eq!(append(&*bus, 4, &["d"]).await.unwrap(), 5);
    assert_eq!(ids_of(&all(&*bus).await), ["epoch-1", "a", "b", "c", "d"]);
}

/// After another publisher took over, the old one can store nothing, now or later, and leaves no hole. The
/// stream holds a prefix of the old publisher's messages, the epoch record, and the new publisher's messages.
pub async fn a_chain_taken_over_gets_nothing_more_in(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let epoch = take_over(&*bus, 1).await.unwrap();
    let zombie = append(&*bus, epoch, &["a", "b"]).await.unwrap();
    let next = take_over(&*bus, 2).await.unwrap();
    let heir = append(&*bus, next, &["c"]).await.unwrap();
    let expected = ["epoch-1", "a", "b", "epoch-2", "c", "d", "e"];
    for names in [&["c", "d"][..], &["x"], &["a"], &["y", "z"]] {
        let refused = append(&*bus, zombie, names).await;
        assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
        assert_eq!(ids_of(&all(&*bus).await), expected[..5]);
    }
    let heir = append(&*bus, heir, &["d", "e"]).await.unwrap();
    assert_eq!(ids_of(&all(&*bus).await), expected);
    let late = bus.publish_if_last(Outgoing::new("work.epoch", "epoch-3", ""), 1).await;
    assert!(matches!(late, Err(BusError::Refused { .. })));
    append(&*bus, heir, &["f"]).await.unwrap();
}

/// An id that is already stored counts as a refusal, and so does any message in between.
pub async fn a_chain_takes_a_known_id_as_a_refusal(harness: &mut dyn Harness) {
    harness.bus().create_stream(work_stream()).await.unwrap();
    let bus = harness.bus();
    let epoch = take_over(&*bus, 1).await.unwrap();
    let last = append(&*bus, epoch, &["a"]).await.unwrap();
    let refused = append(&*bus, last, &["a"]).await;
    assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
    let anew = take_over(&*bus, 2).await.unwrap();
    publish(&*bus, &["stranger"]).await;
    let interrupted = append(&*bus, anew, &["b"]).await;
    assert!(matches!(interrupted, Err(BusError::Fenced(_))), "{interrupted:?}");
    let repeated = take_over(&*bus, 2).await;
    assert!(matches!(repeated, Err(BusError::Refused { .. })));
    assert_eq!(ids_of(&all(&*bus).await), ["epoch-1", "a", "epoch-2", "stranger"]);
}
