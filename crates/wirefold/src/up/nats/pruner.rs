//! The pruner: before a stream is full, it deletes the oldest messages that every named reader has read. On a
//! NATS server, acknowledging a message frees nothing.
//!
//! It also makes deleted durable consumers again, because the stages that use them may not do so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use wirefold_flow::{BusError, Clock, ConsumerConfig, UnixMillis};
use wirefold_flow_nats::{NatsBus, StreamUsage};
use wirefold_proto::streams::STREAMS;

use crate::telemetry::{
    MISSING, PRUNED, READERS_RECREATED, STREAM_AGE, STREAM_CHECKS, STREAM_USED,
};

/// The pruner makes room in a stream that is filled to this share of its bytes.
const FULL_FROM: f64 = 0.8;
/// How often streams are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

const DAY: f64 = 86_400.0;

/// Checks all streams until `stop`.
///
/// # Errors
/// A stream is missing or may not be purged. Temporary errors are retried.
pub(in crate::up) async fn run(
    bus: NatsBus,
    readers: impl Fn() -> Vec<ConsumerConfig> + Send,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut before = BTreeMap::new();
    while !stop.is_cancelled() {
        for stream in &STREAMS {
            retry_later(check_stream(&bus, stream.name, &mut before, &*clock).await)?;
        }
        for reader in readers() {
            retry_later(ensure_consumer(&bus, &reader).await)?;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = clock.sleep_until(clock.now().plus(CHECK_INTERVAL)) => {}
        }
    }
    Ok(())
}

/// The state of a stream at a check.
struct StreamCheck {
    at: UnixMillis,
    kept: StreamUsage,
}

/// Logs a temporary error, after which the next check tries again.
fn retry_later(looked: Result<(), BusError>) -> anyhow::Result<()> {
    match looked {
        Ok(()) => Ok(()),
        Err(error) if error.may_pass() => {
            debug!(%error, "the check failed");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a missing reader. It begins with the first stored message; its user knows which ones it has handled.
async fn ensure_consumer(bus: &NatsBus, reader: &ConsumerConfig) -> Result<(), BusError> {
    if bus.create_or_update_consumer(reader).await? {
        READERS_RECREATED.add(1, &[]);
        let ConsumerConfig { stream, durable, .. } = reader;
        error!(stream, reader = durable, "a consumer was deleted or changed: it was created again");
    }
    Ok(())
}

async fn check_stream(
    bus: &NatsBus,
    stream: &'static str,
    before: &mut BTreeMap<&'static str, StreamCheck>,
    clock: &dyn Clock,
) -> Result<(), BusError> {
    let kept = bus.prune_below(stream, FULL_FROM).await?;
    let at = clock.now();
    let missing = before.get(stream).map_or(0, |before| count_left_early(before, &kept, at));
    if missing > 0 {
        MISSING.add(missing, &[stream]);
        let what = "messages left a stream too early, such as after a purge: `wirefold setup \
                    --repair` restores them if possible; `wirefold forget` also removes some";
        error!(stream, missing, "{what}");
    }
    before.insert(stream, StreamCheck { at, kept });
    STREAM_CHECKS.add(1, &[stream]);
    STREAM_USED.set(kept.share, &[stream]);
    let reach = kept.oldest.map(|oldest| clock.now().since(oldest).as_secs_f64());
    STREAM_AGE.set(reach.unwrap_or(0.0), &[stream]);
    if kept.dropped > 0 {
        PRUNED.add(kept.dropped, &[stream]);
        let days = reach.unwrap_or(0.0) / DAY;
        warn!(stream, dropped = kept.dropped, "window shortened to {days:.1} d by disk");
    } else if kept.share >= FULL_FROM {
        let percent = (kept.share * 100.0).round();
        warn!(stream, percent, "a stream is nearly full of messages that a consumer has not read");
    }
    Ok(())
}

/// The number of messages that left a stream since the last check for no reason: neither by age nor to make
/// room. No stage would notice them, because a server counts purged messages as read.
fn count_left_early(before: &StreamCheck, now: &StreamUsage, at: UnixMillis) -> u64 {
    let StreamCheck { at: looked, kept: before } = before;
    // Later messages are not older than the last check.
    let oldest = before.oldest.unwrap_or(*looked);
    let is_due = before.max_age.is_some_and(|age| at.since(oldest) >= age);
    // A publisher makes room in a full stream.
    if before.share >= FULL_FROM || is_due {
        return 0;
    }
    // A new stream has no first message yet.
    now.first.saturating_sub(now.dropped).saturating_sub(before.first.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_left_for_no_reason_are_counted() {
        let (start, hour) = (UnixMillis(1_000_000), Duration::from_hours(1));
        let kept = StreamUsage {
            share: 0.1,
            dropped: 0,
            first: 5,
            oldest: Some(start),
            max_age: Some(hour),
        };
        let later = start.plus(Duration::from_mins(1));
        let now = |first, dropped| StreamUsage { first, dropped, ..kept };
        let early = |old: StreamUsage, new: StreamUsage, at| {
            count_left_early(&StreamCheck { at: start, kept: old }, &new, at)
        };
        assert_eq!(early(kept, now(12, 0), later), 7);
        assert_eq!(early(kept, now(12, 3), later), 4);
        assert_eq!(early(kept, now(5, 0), later), 0);
        // A stream that was made again begins at 1. Its readers report that it went back.
        assert_eq!(early(kept, now(1, 0), later), 0);
        assert_eq!(early(kept, now(12, 0), start.plus(hour)), 0, "they left by age");
        assert_eq!(early(StreamUsage { share: 0.9, ..kept }, now(12, 0), later), 0, "for room");
        assert_eq!(early(StreamUsage { max_age: None, ..kept }, now(12, 0), later), 7);
        let empty = StreamUsage { oldest: None, first: 0, ..kept };
        assert_eq!(early(empty, now(12, 0), later), 11, "all that came since");
        assert_eq!(early(empty, now(1, 0), later), 0);
        assert_eq!(early(empty, now(12, 0), start.plus(hour)), 0, "they left by age");
    }
}
