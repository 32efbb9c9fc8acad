//! Streams that go back in time while consumers read them.

use std::time::Duration;

use tokio::time::Instant;
use wirefold_flow::{Bus, BusError, OrderedReader, Outgoing};
use wirefold_flow_nats::NatsBus;

use crate::outages::streams;
use crate::server::Server;
use crate::waiting::within_reason;

async fn publish(bus: &NatsBus, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let message = Outgoing::new("work.a", format!("m{number}"), "text");
        within_reason(async {
            while let Err(error) = bus.publish(message.clone()).await {
                assert!(error.may_pass(), "{error}");
            }
        })
        .await;
    }
}

async fn read_messages(reader: &mut dyn OrderedReader, count: usize) {
    let mut taken = 0;
    while taken < count {
        taken += within_reason(reader.next(count - taken)).await.unwrap().len();
    }
}

/// The error that stops a reader. A reader waits for a server that is away.
async fn failure(reader: &mut dyn OrderedReader) -> BusError {
    within_reason(async {
        loop {
            match reader.next(1).await {
                Ok(messages) => panic!("{messages:?}"),
                Err(error) if error.may_pass() => {}
                Err(error) => return error,
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_reader_is_told_that_the_store_was_put_back_and_does_not_wait_for_ever() {
    // The stream ends before the read position; and after it, with another message there.
    for new in [1, 5] {
        let mut server = Server::start();
        let bus = server.bus().await;
        streams(&bus).await;
        publish(&bus, 0..3).await;
        server.keep_copy();
        publish(&bus, 3..6).await;
        let mut reader = bus.read("WORK", ">", 1).await.unwrap();
        read_messages(&mut *reader, 6).await;
        bus.mark_read("WORK", "marker", 6).await.unwrap();

        server.put_back();
        publish(&bus, 10..10 + new).await;
        let error = failure(&mut *reader).await;
        let expected = 3 + new;
        assert!(
            matches!(error, BusError::RolledBack { read: 6, last, .. } if last == expected),
            "{error}"
        );
        let mut anew = bus.read("WORK", ">", 1).await.unwrap();
        read_messages(&mut *anew, usize::try_from(expected).unwrap()).await;
    }
}

/// It creates nothing on the server, so its user needs no permission to.
#[tokio::test]
async fn a_reader_at_the_end_is_woken_and_makes_no_consumer() {
    let server = Server::start();
    let bus = server.bus().await;
    streams(&bus).await;
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    let mut quickest = Duration::MAX;
    for number in 0..20 {
        // Long enough that it rarely checks by itself.
        let idle = tokio::time::timeout(Duration::from_millis(150), reader.next(1)).await;
        assert!(idle.is_err(), "{idle:?}");
        publish(&bus, number..number + 1).await;
        let published = Instant::now();
        read_messages(&mut *reader, 1).await;
        quickest = quickest.min(published.elapsed());
    }
    let listed = server.ask("CONSUMER.NAMES.WORK", serde_json::Value::Null).await;
    assert_eq!(listed["total"], 0, "{listed}");
    // Without the bell, each check is due 190 ms later. On a busy machine one of twenty may be quick as well;
    // on a quiet one all come within 3 ms.
    assert!(quickest < Duration::from_millis(100), "{quickest:?}");
}

#[tokio::test]
async fn a_reader_is_told_that_its_stream_was_made_anew() {
    let server = Server::start();
    let bus = server.bus().await;
    streams(&bus).await;
    publish(&bus, 0..3).await;
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    read_messages(&mut *reader, 3).await;
    bus.mark_read("WORK", "marker", 3).await.unwrap();
    server.delete_stream("WORK").await;
    let gone = failure(&mut *reader).await;
    assert!(matches!(gone, BusError::NoStream(_)), "{gone}");

    streams(&bus).await;
    publish(&bus, 10..12).await;
    let error = failure(&mut *reader).await;
    assert!(matches!(error, BusError::RolledBack { read: 3, last: 2, .. }), "{error}");
    // A mark of the old stream counts for nothing here.
    assert_eq!(bus.unmarked("WORK", "marker").await.unwrap(), 2);
    bus.mark_read("WORK", "marker", 1).await.unwrap();
    assert_eq!(bus.unmarked("WORK", "marker").await.unwrap(), 1);
}
