//! The pruner: deletes the oldest messages that every named reader has read, before a stream is
//! full. On a NATS server, acknowledging a message frees nothing.
//!
//! It also makes durable readers again that somebody deleted: the stages that use them may not.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use wirefold_flow::{BusError, Clock, ConsumerConfig};
use wirefold_flow_nats::NatsBus;
use wirefold_proto::streams::STREAMS;

use crate::telemetry::{PRUNED, READERS_RECREATED, STREAM_AGE, STREAM_CHECKS, STREAM_USED};

/// From this share of its bytes on, a stream is made room in.
const FULL_FROM: f64 = 0.8;
/// How often streams are looked at.
const LOOK: Duration = Duration::from_secs(10);

const DAY: f64 = 86_400.0;

/// Looks after all streams until told to stop.
///
/// # Errors
/// Where a stream is missing or may not be purged. Whatever may pass is waited out.
pub(in crate::up) async fn run(
    bus: NatsBus,
    readers: Vec<ConsumerConfig>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        for stream in &STREAMS {
            waited_out(look(&bus, stream.name, &*clock).await)?;
        }
        for reader in &readers {
            waited_out(make_again(&bus, reader).await)?;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = clock.sleep_until(clock.now().plus(LOOK)) => {}
        }
    }
    Ok(())
}

/// What may pass is looked at again later.
fn waited_out(looked: Result<(), BusError>) -> anyhow::Result<()> {
    match looked {
        Ok(()) => Ok(()),
        Err(error) if error.may_pass() => {
            debug!(%error, "looked in vain");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a reader that is not there. It begins with the first message kept: who uses it knows what it has
/// handled.
async fn make_again(bus: &NatsBus, reader: &ConsumerConfig) -> Result<(), BusError> {
    if bus.create_reader(reader).await? {
        READERS_RECREATED.add(1, &[]);
        let ConsumerConfig { stream, durable, .. } = reader;
        error!(stream, reader = durable, "somebody deleted or changed a reader: it was made again");
    }
    Ok(())
}

async fn look(bus: &NatsBus, stream: &'static str, clock: &dyn Clock) -> Result<(), BusError> {
    let kept = bus.keep_below(stream, FULL_FROM).await?;
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
        warn!(stream, percent, "a stream is nearly full of what somebody has not read");
    }
    Ok(())
}
