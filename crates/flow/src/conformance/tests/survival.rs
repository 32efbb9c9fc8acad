//! Promises for crashes, restarts and readers that go away.

use super::{
    MOMENT, ack_all, arrivals, consumer, dead_letters, deliveries, ids, ids_of, publish, streams,
    work,
};
use crate::config::ConsumerConfig;
use crate::conformance::Harness;
use crate::error::BusError;
use crate::message::Outgoing;

/// After a crash, a new subscription gets the unacknowledged messages, then new ones, and nothing else.
pub async fn restart_leaves_no_consumer_stuck(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a", "b", "c"]).await;
    // Longer than any bus needs to crash and come back, because time may pass meanwhile.
    let beyond_a_crash = harness.deadline() * 5;
    let consumer = ConsumerConfig { ack_deadline: beyond_a_crash, ..consumer(harness) };
    let mut subscription = harness.bus().subscribe(consumer.clone()).await.unwrap();
    let taken = deliveries(&mut *subscription, 2).await;
    ack_all(&taken[..1]).await;
    drop(subscription);
    harness.crash_and_reopen().await;
    let mut reopened = harness.bus().subscribe(consumer).await.unwrap();
    assert_eq!(ids(&arrivals(harness, &mut *reopened, 1).await), ["c"]);
    harness.advance(beyond_a_crash).await;
    assert_eq!(ids(&arrivals(harness, &mut *reopened, 2).await), ["b", "c"]);
    let bus = harness.bus();
    let later = tokio::spawn(async move { publish(&*bus, &["d"]).await });
    assert_eq!(ids(&reopened.next(10).await.unwrap()), ["d"]);
    later.await.unwrap();
}

/// The count survives a crash, and the bus never gives up.
pub async fn attempts_are_counted_across_a_crash(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["poison"]).await;
    for attempt in 1..=6 {
        let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
        let taken = arrivals(harness, &mut *subscription, 1).await;
        assert_eq!(taken[0].attempt, attempt);
        drop(subscription);
        harness.crash_and_reopen().await;
        harness.advance(harness.deadline()).await;
    }
    assert_eq!(dead_letters(&*harness.bus()).await.len(), 0);
}

/// Positions of consumers, ends of streams and fences survive.
pub async fn places_and_fences_survive_a_crash(harness: &mut dyn Harness) {
    streams(harness).await;
    let record = Outgoing::new("work.epoch", "epoch-1", "");
    let mut chain = harness.bus().take_over(record, 0).await.unwrap();
    chain.append(vec![work("a")]).await.unwrap();
    let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
    ack_all(&arrivals(harness, &mut *subscription, 1).await).await;
    harness.crash_and_reopen().await;
    let next = Outgoing::new("work.epoch", "epoch-2", "");
    let early = harness.bus().take_over(next.clone(), 0).await;
    assert!(matches!(early.err(), Some(BusError::Refused { found: 1, .. })));
    let mut heir = harness.bus().take_over(next, 1).await.unwrap();
    assert_eq!(heir.append(vec![work("b")]).await.unwrap(), [4]);
    let mut reopened = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let taken = arrivals(harness, &mut *reopened, 2).await;
    assert_eq!(ids(&taken), ["epoch-2", "b"]);
}

/// A cancelled pull hides no later message.
pub async fn a_look_given_up_hides_nothing(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let mut subscription = bus.subscribe(consumer(harness)).await.unwrap();
    tokio::select! {
        biased;
        taken = subscription.next(10) => panic!("nothing is there: {:?}", ids(&taken.unwrap())),
        () = std::future::ready(()) => {}
    }
    publish(&*bus, &["a"]).await;
    assert_eq!(ids(&subscription.next(10).await.unwrap()), ["a"]);
}

/// A dropped subscription loses no message, whether or not it held deliveries.
pub async fn dropping_a_subscription_loses_nothing(harness: &mut dyn Harness) {
    streams(harness).await;
    let mut first = harness.bus().subscribe(consumer(harness)).await.unwrap();
    tokio::select! {
        biased;
        _ = first.next(10) => panic!("there is nothing yet"),
        () = harness.advance(MOMENT) => {}
    }
    publish(&*harness.bus(), &["a", "b", "c"]).await;
    let taken = deliveries(&mut *first, 2).await;
    ack_all(&taken[..1]).await;
    drop((first, taken));
    let mut second = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let rest = arrivals(harness, &mut *second, 1).await;
    assert_eq!(ids(&rest), ["c"]);
    ack_all(&rest).await;
    harness.advance(harness.deadline()).await;
    assert_eq!(ids(&arrivals(harness, &mut *second, 1).await), ["b"]);
    let all = harness.bus().read("WORK", ">", 1).await.unwrap().ready(10).await.unwrap();
    assert_eq!(ids_of(&all), ["a", "b", "c"]);
}
