//! Promises of reading.

use super::{MOMENT, ids_of, publish, streams};
use crate::conformance::Harness;
use crate::error::BusError;

/// `get` returns a message by sequence, and distinguishes one not there yet from one gone.
pub async fn get_by_sequence(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    publish(&*bus, &["a", "b"]).await;
    assert_eq!(bus.get("WORK", 2).await.unwrap().id, "b");
    let early = bus.get("WORK", 3).await;
    assert!(matches!(early, Err(BusError::NotYet { sequence: 3, .. })), "{early:?}");
    let none = bus.get("PLAY", 1).await;
    assert!(matches!(none, Err(BusError::NoStream(_))), "{none:?}");
    assert_eq!(bus.last("WORK", "work.a").await.unwrap().unwrap().sequence, 1);
    assert_eq!(bus.last("WORK", "work.*").await.unwrap().unwrap().sequence, 2);
    assert_eq!(bus.last("WORK", "work.c").await.unwrap(), None);
}

/// An ordered reader returns every message from its sequence on, once, and waits for more.
pub async fn ordered_reading_leaves_nothing_out(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a", "b", "c", "d"]).await;
    let mut ordered = harness.bus().read("WORK", ">", 2).await.unwrap();
    assert_eq!(ids_of(&ordered.next(2).await.unwrap()), ["b", "c"]);
    assert_eq!(ids_of(&ordered.next(2).await.unwrap()), ["d"]);
    assert!(ordered.ready(2).await.unwrap().is_empty());
    tokio::select! {
        biased;
        found = ordered.next(2) => panic!("there is none: {found:?}"),
        () = harness.advance(MOMENT) => {}
    }
    let bus = harness.bus();
    let publishing = tokio::spawn(async move { publish(&*bus, &["e"]).await });
    assert_eq!(ids_of(&ordered.next(2).await.unwrap()), ["e"]);
    publishing.await.unwrap();
    let mut filtered = harness.bus().read("WORK", "work.e", 1).await.unwrap();
    assert_eq!(ids_of(&filtered.next(1).await.unwrap()), ["e"]);
}
