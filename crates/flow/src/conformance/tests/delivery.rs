//! Promises of a subscription.

use std::time::Duration;

use super::{MOMENT, ack_all, arrivals, consumer, dead_letters, deliveries, ids, publish, streams};
use crate::bus::AckKind;
use crate::config::ConsumerConfig;
use crate::conformance::Harness;
use crate::dead::Reason;
use crate::message::Outgoing;

/// An unacknowledged message is redelivered with `attempt + 1`; an acknowledged one is not.
pub async fn redelivered_after_the_ack_deadline(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a", "b"]).await;
    let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let first = arrivals(harness, &mut *subscription, 2).await;
    ack_all(&first[1..]).await;
    assert!(arrivals(harness, &mut *subscription, 0).await.is_empty());
    harness.advance(harness.deadline()).await;
    let again = arrivals(harness, &mut *subscription, 1).await;
    assert_eq!((ids(&again), again[0].attempt), (vec!["a"], 2));
    ack_all(&again).await;
    harness.advance(harness.deadline() * 2).await;
    assert!(arrivals(harness, &mut *subscription, 0).await.is_empty());
}

/// `InProgress` restarts the deadline, each time that it is sent.
pub async fn in_progress_moves_the_deadline(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a"]).await;
    let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let taken = arrivals(harness, &mut *subscription, 1).await;
    for _ in 0..6 {
        harness.advance(harness.deadline() / 4).await;
        taken[0].acker.ack_with(AckKind::InProgress).await.unwrap();
        assert!(arrivals(harness, &mut *subscription, 0).await.is_empty());
    }
    harness.advance(harness.deadline()).await;
    assert_eq!(arrivals(harness, &mut *subscription, 1).await[0].attempt, 2);
}

/// `Retry(d)` delivers the message again after `d` and not before. Other messages come meanwhile.
pub async fn retry_comes_not_before_its_time(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a"]).await;
    let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let taken = arrivals(harness, &mut *subscription, 1).await;
    let after = harness.deadline() * 3;
    taken[0].acker.ack_with(AckKind::Retry { after, why: "later".into() }).await.unwrap();
    harness.advance(harness.deadline() * 2).await;
    publish(&*harness.bus(), &["b"]).await;
    let meanwhile = arrivals(harness, &mut *subscription, 1).await;
    assert_eq!(ids(&meanwhile), ["b"]);
    ack_all(&meanwhile).await;
    harness.advance(harness.deadline()).await;
    let again = arrivals(harness, &mut *subscription, 1).await;
    assert_eq!((ids(&again), again[0].attempt), (vec!["a"], 2));
}

/// `Reject` puts the message into the dead letters with the reason, once, and the stage continues.
pub async fn rejected_stands_in_the_dead_letters(harness: &mut dyn Harness) {
    streams(harness).await;
    publish(&*harness.bus(), &["a", "b"]).await;
    let mut subscription = harness.bus().subscribe(consumer(harness)).await.unwrap();
    let taken = arrivals(harness, &mut *subscription, 2).await;
    for _ in 0..2 {
        let reject = AckKind::Reject(Reason::rejected("not\nours"));
        taken[0].acker.ack_with(reject).await.unwrap();
    }
    ack_all(&taken[1..]).await;
    let dead = dead_letters(&*harness.bus()).await;
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].subject, "dead.reader");
    assert_eq!(dead[0].body, "a");
    let said = |name| dead[0].headers.get(name);
    assert_eq!(said("Wf-Dead-Cause"), Some("rejected"));
    assert_eq!(said("Wf-Dead-Reason"), Some("not ours"));
    assert_eq!(said("Wf-Dead-Message"), Some("WORK/1"));
    assert_eq!(said("Wf-Dead-Subject"), Some("work.a"));
    harness.advance(harness.deadline() * 2).await;
    publish(&*harness.bus(), &["c"]).await;
    assert_eq!(ids(&arrivals(harness, &mut *subscription, 1).await), ["c"]);
}

/// Messages of one subject are delivered in the order of their sequences.
pub async fn order_is_kept_per_subject(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    for number in 0..30 {
        let subject = format!("work.s{}", number % 3);
        bus.publish(Outgoing::new(subject, format!("{number:02}"), "")).await.unwrap();
    }
    let mut subscription = bus.subscribe(consumer(harness)).await.unwrap();
    let mut seen: Vec<(String, String)> = Vec::new();
    for count in [7, 7, 7, 7, 2] {
        let taken = deliveries(&mut *subscription, count).await;
        ack_all(&taken).await;
        seen.extend(taken.into_iter().map(|d| (d.message.subject, d.message.id)));
    }
    for subject in ["work.s0", "work.s1", "work.s2"] {
        let ids: Vec<&String> =
            seen.iter().filter(|(s, _)| s == subject).map(|(_, id)| id).collect();
        assert_eq!(ids.len(), 10);
        assert!(ids.is_sorted(), "{subject}: {ids:?}");
    }
}

/// A consumer gets exactly the messages that its filter matches.
pub async fn filters_let_matching_messages_through(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    for (id, subject) in [("a", "work.x.1"), ("b", "work.y.1"), ("c", "work.x.2"), ("d", "work.x")]
    {
        bus.publish(Outgoing::new(subject, id, "")).await.unwrap();
    }
    for (durable, filter, expected) in [
        ("exact", "work.x.2", vec!["c"]),
        ("token", "work.*.1", vec!["a", "b"]),
        ("rest", "work.x.>", vec!["a", "c"]),
    ] {
        let consumer =
            ConsumerConfig { durable: durable.into(), filter: filter.into(), ..consumer(harness) };
        let mut subscription = bus.subscribe(consumer).await.unwrap();
        assert_eq!(
            ids(&arrivals(harness, &mut *subscription, expected.len()).await),
            expected,
            "{filter}"
        );
    }
}

/// Two holders of one durable consumer share its messages: each message goes to one of them.
pub async fn two_holders_share_a_durable(harness: &mut dyn Harness) {
    streams(harness).await;
    let bus = harness.bus();
    let mut one = bus.subscribe(consumer(harness)).await.unwrap();
    let mut other = bus.subscribe(consumer(harness)).await.unwrap();
    publish(&*bus, &["a", "b", "c"]).await;
    let first = deliveries(&mut *one, 2).await;
    let second = arrivals(harness, &mut *other, 1).await;
    assert_eq!((ids(&first), ids(&second)), (vec!["a", "b"], vec!["c"]));
    ack_all(&first).await;
    ack_all(&second).await;
    harness.advance(harness.deadline() + MOMENT).await;
    harness.advance(Duration::from_secs(1)).await;
    assert!(arrivals(harness, &mut *one, 0).await.is_empty());
}
