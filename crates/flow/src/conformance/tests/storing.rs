//! Promises of `publish`.

use std::time::Duration;

use super::{publish, streams, work, work_stream};
use crate::config::StreamConfig;
use crate::conformance::Harness;
use crate::error::BusError;
use crate::message::{Headers, Outgoing, Published};

/// A crash after `publish` returned cannot lose the message.
pub async fn stored_before_publish_returns(harness: &mut dyn Harness) {
    streams(harness).await;
    for round in 0..5 {
        let id = format!("m{round}");
        let published = harness.bus().publish(work(&id)).await.unwrap();
        harness.crash_and_reopen().await;
        let stored = harness.bus().get("WORK", published.sequence()).await.unwrap();
        assert_eq!(stored.id, id);
    }
}

/// An id is forgotten after at most this many windows.
const LATE_WINDOWS: u32 = 5;

/// Within the window, a second message with the same id is not stored and `publish` says so, also after a
/// crash. After the window it is a message of its own.
pub async fn same_id_within_the_window_is_stored_once(harness: &mut dyn Harness) {
    // Publishing and a crash may take longer than a window that really passes.
    let long = StreamConfig { window: Duration::from_hours(1), ..work_stream() };
    harness.bus().create_stream(long).await.unwrap();
    assert_eq!(harness.bus().publish(work("a")).await.unwrap(), Published::New(1));
    assert_eq!(harness.bus().publish(work("a")).await.unwrap(), Published::Duplicate(1));
    assert_eq!(harness.bus().publish(work("b")).await.unwrap(), Published::New(2));
    harness.crash_and_reopen().await;
    assert_eq!(harness.bus().publish(work("b")).await.unwrap(), Published::Duplicate(2));
    let window = harness.deadline();
    let short = StreamConfig { window, ..work_stream() };
    harness.bus().create_stream(short).await.unwrap();
    // A server forgets ids by its own timer, which may be late on a busy machine.
    let mut published = Published::Duplicate(1);
    for _ in 0..LATE_WINDOWS {
        harness.advance(window).await;
        published = harness.bus().publish(work("a")).await.unwrap();
        if published != Published::Duplicate(1) {
            break;
        }
    }
    assert_eq!(published, Published::New(3));
    assert_eq!(harness.bus().stream_state("WORK").await.unwrap().messages, 3);
}

/// Headers keep their order, and bodies may be any bytes.
pub async fn headers_and_bodies_come_back_as_they_were(harness: &mut dyn Harness) {
    streams(harness).await;
    let headers: Headers = [("ce-id", "ä b"), ("Wf-X", ""), ("a", "=")].into_iter().collect();
    let body: Vec<u8> = (0..=255).collect();
    let message = Outgoing { headers, ..Outgoing::new("work.x", "x", body) };
    let sequence = harness.bus().publish(message.clone()).await.unwrap().sequence();
    harness.crash_and_reopen().await;
    let stored = harness.bus().get("WORK", sequence).await.unwrap();
    assert_eq!((stored.subject, stored.id), (message.subject, message.id));
    assert_eq!((stored.headers, stored.body), (message.headers, message.body));
}

/// `publish` refuses a message above the stream's bound, and a subject that no stream has.
pub async fn too_large_is_refused_and_takes_no_room(harness: &mut dyn Harness) {
    let stream = StreamConfig { max_message: 100, ..work_stream() };
    harness.bus().create_stream(stream).await.unwrap();
    let large = Outgoing::new("work.a", "a", vec![0; 101]);
    let refused = harness.bus().publish(large).await;
    assert!(matches!(refused, Err(BusError::TooLarge { limit: 100, .. })), "{refused:?}");
    assert_eq!(harness.bus().stream_state("WORK").await.unwrap().messages, 0);
    let nowhere = harness.bus().publish(Outgoing::new("play.a", "a", "")).await;
    assert!(matches!(nowhere, Err(BusError::NoStreamFor(_))), "{nowhere:?}");
    let misnamed = harness.bus().publish(Outgoing::new("work.*", "a", "")).await;
    assert!(matches!(misnamed, Err(BusError::BadName { .. })), "{misnamed:?}");
}

/// Of two writers that expect one sequence, the second is refused: now, after the window, and after a crash.
pub async fn compare_and_set_refuses_the_second_for_ever(harness: &mut dyn Harness) {
    let window = harness.deadline();
    let bus = harness.bus();
    bus.create_stream(StreamConfig { window, ..work_stream() }).await.unwrap();
    let message = |id: &str| Outgoing::new("work.one", id, "");
    publish(&*bus, &["other"]).await;
    assert_eq!(bus.publish_if_last(message("a"), 0).await.unwrap(), Published::New(2));
    let refused = bus.publish_if_last(message("b"), 0).await;
    assert!(matches!(refused, Err(BusError::Refused { expected: 0, found: 2 })), "{refused:?}");
    assert_eq!(bus.publish_if_last(message("c"), 2).await.unwrap(), Published::New(3));
    harness.crash_and_reopen().await;
    harness.advance(window * 2).await;
    for (id, expected) in [("d", 0), ("e", 2)] {
        let late = harness.bus().publish_if_last(message(id), expected).await;
        assert!(matches!(late, Err(BusError::Refused { found: 3, .. })), "{late:?}");
    }
    assert_eq!(harness.bus().stream_state("WORK").await.unwrap().messages, 3);
}
