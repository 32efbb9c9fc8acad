//! Promises of a chained publisher.

use super::{ids_of, publish, streams, work, work_stream};
use crate::bus::{Bus, ChainedPublisher};
use crate::conformance::Harness;
use crate::error::BusError;
use crate::message::{Outgoing, Stored};

async fn take_over(bus: &dyn Bus, epoch: u64) -> Result<Box<dyn ChainedPublisher>, BusError> {
    let last = bus.last("WORK", "work.epoch").await?.map_or(0, |last| last.sequence);
    bus.take_over(Outgoing::new("work.epoch", format!("epoch-{epoch}"), ""), last).await
}

fn works_named(names: &[&str]) -> Vec<Outgoing> {
    names.iter().map(|name| work(name)).collect()
}

async fn all(bus: &dyn Bus) -> Vec<Stored> {
    bus.read("WORK", ">", 1).await.unwrap().ready(1000).await.unwrap()
}

/// Appended messages follow the epoch record, in order.
pub async fn a_chain_keeps_its_order(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let mut chain = take_over(&*bus, 1).await.unwrap();
    assert_eq!(chain.append(works_named(&["a", "b", "c"])).await.unwrap(), [2, 3, 4]);
    assert_eq!(chain.append(Vec::new()).await.unwrap(), [0; 0]);
    assert_eq!(chain.append(works_named(&["d"])).await.unwrap(), [5]);
    assert_eq!(ids_of(&all(&*bus).await), ["epoch-1", "a", "b", "c", "d"]);
}

/// After another publisher took over, the old one can store nothing, now or later, and leaves no hole. The
/// stream holds a prefix of the old publisher's messages, the epoch record, and the new publisher's messages.
pub async fn a_chain_taken_over_gets_nothing_more_in(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let mut zombie = take_over(&*bus, 1).await.unwrap();
    zombie.append(works_named(&["a", "b"])).await.unwrap();
    let mut heir = take_over(&*bus, 2).await.unwrap();
    heir.append(works_named(&["c"])).await.unwrap();
    let expected = ["epoch-1", "a", "b", "epoch-2", "c", "d", "e"];
    for names in [&["c", "d"][..], &["x"], &["a"], &["y", "z"]] {
        let refused = zombie.append(works_named(names)).await;
        assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
        assert_eq!(ids_of(&all(&*bus).await), expected[..5]);
    }
    heir.append(works_named(&["d", "e"])).await.unwrap();
    assert_eq!(ids_of(&all(&*bus).await), expected);
    let late = bus.take_over(Outgoing::new("work.epoch", "epoch-3", ""), 1).await;
    assert!(matches!(late.err(), Some(BusError::Refused { .. })));
    heir.append(works_named(&["f"])).await.unwrap();
}

/// An id that is already stored counts as a refusal, and so does any message in between.
pub async fn a_chain_takes_a_known_id_as_a_refusal(harness: &mut dyn Harness) {
    harness.bus().create_stream(work_stream()).await.unwrap();
    let bus = harness.bus();
    let mut chain = take_over(&*bus, 1).await.unwrap();
    chain.append(works_named(&["a"])).await.unwrap();
    let refused = chain.append(works_named(&["a"])).await;
    assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
    let mut anew = take_over(&*bus, 2).await.unwrap();
    publish(&*bus, &["stranger"]).await;
    let interrupted = anew.append(works_named(&["b"])).await;
    assert!(matches!(interrupted, Err(BusError::Fenced(_))), "{interrupted:?}");
    let repeated = take_over(&*bus, 2).await;
    assert!(matches!(repeated.err(), Some(BusError::Refused { .. })));
    assert_eq!(ids_of(&all(&*bus).await), ["epoch-1", "a", "epoch-2", "stranger"]);
}
