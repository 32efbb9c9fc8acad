//! The promises, by subject, and shared parts of their tests.

pub(super) mod bounds;
pub(super) mod chain;
pub(super) mod delivery;
pub(super) mod keys;
pub(super) mod objects;
pub(super) mod reading;
pub(super) mod storing;
pub(super) mod survival;
pub(super) mod suspects;
pub(super) mod tries;

use std::time::Duration;

use crate::bus::{AckKind, Bus, PulledMessage, Subscription};
use crate::config::{ConsumerConfig, StreamConfig};
use crate::conformance::Harness;
use crate::dead::DeadLetters;
use crate::message::{Outgoing, Stored};

/// Long enough for messages to arrive, and short compared with a deadline.
pub(super) const MOMENT: Duration = Duration::from_millis(1);

/// A stream `WORK` for subjects `work.>`, read by `reader`, and one `DEAD` for `dead.>`.
pub(super) async fn streams(harness: &dyn Harness) {
    let bus = harness.bus();
    bus.create_stream(work_stream()).await.unwrap();
    bus.create_stream(StreamConfig::new("DEAD", &["dead.>"])).await.unwrap();
}

pub(super) fn work_stream() -> StreamConfig {
    StreamConfig { readers: vec!["reader".into()], ..StreamConfig::new("WORK", &["work.>"]) }
}

pub(super) fn consumer(harness: &dyn Harness) -> ConsumerConfig {
    let dead = DeadLetters::plain("dead.reader");
    ConsumerConfig {
        ack_deadline: harness.deadline(),
        max_tries: 3,
        ..ConsumerConfig::new("WORK", "reader", dead)
    }
}

/// A message to `work.<name>` with the name as its id and body.
pub(super) fn work(name: &str) -> Outgoing {
    Outgoing::new(format!("work.{name}"), name.to_owned(), name.to_owned().into_bytes())
}

pub(super) async fn publish(bus: &dyn Bus, names: &[&str]) {
    for name in names {
        bus.publish(work(name)).await.unwrap();
    }
}

/// How long a busy machine may take for an expected message.
pub(super) const LONGEST: Duration = Duration::from_mins(1);

/// The expected deliveries, at most this many, however busy the machine is.
pub(super) async fn deliveries(
    subscription: &mut dyn Subscription,
    count: usize,
) -> Vec<PulledMessage> {
    let mut all = Vec::new();
    let coming = async {
        while all.len() < count {
            let more = subscription.next(count - all.len()).await.unwrap();
            if more.is_empty() {
                break;
            }
            all.extend(more);
        }
    };
    let _ = tokio::time::timeout(LONGEST, coming).await;
    assert_eq!(all.len(), count, "the messages that came");
    all
}

/// The expected deliveries, and those that follow within a moment.
pub(super) async fn arrivals(
    harness: &dyn Harness,
    subscription: &mut dyn Subscription,
    due: usize,
) -> Vec<PulledMessage> {
    let mut all = deliveries(subscription, due).await;
    loop {
        let more = tokio::select! {
            biased;
            taken = subscription.next(100) => taken.unwrap(),
            () = harness.advance(MOMENT) => subscription.close().await.unwrap(),
        };
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

pub(super) fn ids(deliveries: &[PulledMessage]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.message.id.as_str()).collect()
}

pub(super) fn ids_of(messages: &[Stored]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

pub(super) async fn ack_all(deliveries: &[PulledMessage]) {
    for delivery in deliveries {
        delivery.acker.ack_with(AckKind::Ack).await.unwrap();
    }
}

/// The stored dead letters.
pub(super) async fn dead_letters(bus: &dyn Bus) -> Vec<Stored> {
    bus.read("DEAD", ">", 1).await.unwrap().ready(100).await.unwrap()
}
