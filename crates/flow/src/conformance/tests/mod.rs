//! The promises, by subject, and shared parts of their tests.

pub(super) mod bounds;
pub(super) mod chain;
pub(super) mod keys;
pub(super) mod objects;
pub(super) mod reading;
pub(super) mod storing;
pub(super) mod survival;
pub(super) mod suspects;

use std::time::Duration;

use crate::bus::Bus;
use crate::config::StreamConfig;
use crate::conformance::Harness;
use crate::message::{Outgoing, Stored};

/// Long enough for messages to arrive, and short compared with a window.
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

/// A message to `work.<name>` with the name as its id and body.
pub(super) fn work(name: &str) -> Outgoing {
    Outgoing::new(format!("work.{name}"), name.to_owned(), name.to_owned().into_bytes())
}

pub(super) async fn publish(bus: &dyn Bus, names: &[&str]) {
    for name in names {
        bus.publish(work(name)).await.unwrap();
    }
}

/// How long a busy machine may take for an expected state.
const LONGEST: Duration = Duration::from_mins(1);

/// Lets time pass until a condition is true.
pub(super) async fn until(harness: &dyn Harness, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            harness.advance(MOMENT).await;
        }
    };
    assert!(
        tokio::time::timeout(LONGEST, waiting).await.is_ok(),
        "the expected state was not reached"
    );
}

pub(super) fn ids_of(messages: &[Stored]) -> Vec<&str> {
    messages.iter().map(|message| message.id.as_str()).collect()
}

/// The stored dead letters.
pub(super) async fn dead_letters(bus: &dyn Bus) -> Vec<Stored> {
    bus.read("DEAD", ">", 1).await.unwrap().ready(100).await.unwrap()
}
