//! How long an article takes from its publish to whoever reads the output.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wirefold_flow::{Bus, Clock};
use wirefold_proto::streams::OUTPUT;

use super::articles::Press;
use super::machine::Stopwatch;

/// How often an article is published: 20 a second.
const EVERY: Duration = Duration::from_millis(50);
/// An article that takes longer is a fault, and not a figure.
const DEADLINE: Duration = Duration::from_secs(60);

/// From the call of `publish` to the message in the hands of an ordered reader, in milliseconds.
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// Publishes one article after the other and waits for the last.
pub(super) async fn latency(
    bus: &Arc<dyn Bus>,
    clock: &dyn Clock,
    press: &mut Press,
    time: Duration,
) -> anyhow::Result<Latency> {
    let count = usize::try_from(time.as_millis() / EVERY.as_millis())?;
    let from = bus.stream_state(OUTPUT.name).await?.last + 1;
    let mut reader = bus.read(OUTPUT.name, ">", from).await?;
    let watch = Stopwatch::start();
    let mut publishing = Vec::new();
    let mut begun: HashMap<String, f64> = HashMap::new();
    let mut taken = Vec::new();
    let mut ticks = tokio::time::interval(EVERY);
    while taken.len() < count {
        tokio::select! {
            _ = ticks.tick(), if publishing.len() < count => {
                let message = press.next(clock.now())?.message;
                begun.insert(message.id.clone(), watch.seconds());
                let bus = bus.clone();
                publishing.push(tokio::spawn(async move { bus.publish(message).await }));
            }
            read = reader.next(100) => {
                let now = watch.seconds();
                let known = read?.into_iter().filter_map(|stored| begun.remove(&stored.id));
                taken.extend(known.map(|at| (now - at) * 1_000.0));
            }
            () = tokio::time::sleep(DEADLINE) => bail!("an article did not come out"),
        }
    }
    for published in publishing {
        published.await??;
    }
    taken.sort_by(f64::total_cmp);
    let at = |share: f64| taken.get((taken.len() as f64 * share) as usize).copied();
    let told = |share| at(share).context("nothing was timed");
    Ok(Latency { p50: told(0.5)?, p99: told(0.99)? })
}
