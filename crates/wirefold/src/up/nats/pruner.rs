//! The pruner: deletes the oldest messages that every named reader has read, before a stream is
//! full. On a NATS server, acknowledging a message frees nothing.
//!
//! It also makes durable readers again that somebody deleted: the stages that use them may not.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use wirefold_flow::{BusError, Clock, ConsumerConfig, Metric};
use wirefold_flow_nats::NatsBus;
use wirefold_proto::streams::STREAMS;

/// From this share of its bytes on, a stream is made room in.
const FULL_FROM: f64 = 0.8;
/// How often streams are looked at.
const LOOK: Duration = Duration::from_secs(10);

const DAY: f64 = 86_400.0;

const SHARE: Metric = Metric::gauge(
    "wirefold_pruner_stream_used_ratio",
    metrics::Unit::Count,
    "Share of a stream's byte limit that is used; from 0.8 on, messages that every reader has read \
     are deleted.",
    &["stream"],
);
const WINDOW: Metric = Metric::gauge(
    "wirefold_pruner_stream_age_seconds",
    metrics::Unit::Seconds,
    "Age of the oldest message in a stream on the NATS server.",
    &["stream"],
);
const DROPPED: Metric = Metric::counter(
    "wirefold_pruner_deleted_messages_total",
    "Messages that every reader had read and that were deleted to make room in a stream.",
    &["stream"],
);

const LOOKS: Metric = Metric::counter(
    "wirefold_pruner_checks_total",
    "Checks of a stream on the NATS server, whether or not messages had to be deleted.",
    &["stream"],
);

const MADE_AGAIN: Metric = Metric::counter(
    "wirefold_pruner_recreated_readers_total",
    "Durable readers on the NATS server that somebody deleted or changed and that were made again.",
    &[],
);

/// All of them.
pub(crate) const METRICS: &[Metric] = &[LOOKS, SHARE, WINDOW, DROPPED, MADE_AGAIN];

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
        MADE_AGAIN.add(1, &[]);
        let ConsumerConfig { stream, durable, .. } = reader;
        error!(stream, reader = durable, "somebody deleted or changed a reader: it was made again");
    }
    Ok(())
}

async fn look(bus: &NatsBus, stream: &'static str, clock: &dyn Clock) -> Result<(), BusError> {
    let kept = bus.keep_below(stream, FULL_FROM).await?;
    LOOKS.add(1, &[stream]);
    SHARE.set(kept.share, &[stream]);
    let reach = kept.oldest.map(|oldest| clock.now().since(oldest).as_secs_f64());
    WINDOW.set(reach.unwrap_or(0.0), &[stream]);
    if kept.dropped > 0 {
        DROPPED.add(kept.dropped, &[stream]);
        let days = reach.unwrap_or(0.0) / DAY;
        warn!(stream, dropped = kept.dropped, "window shortened to {days:.1} d by disk");
    } else if kept.share >= FULL_FROM {
        let percent = (kept.share * 100.0).round();
        warn!(stream, percent, "a stream is nearly full of what somebody has not read");
    }
    Ok(())
}
