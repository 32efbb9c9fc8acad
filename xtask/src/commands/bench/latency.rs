//! The time from the publication of an article until it is in the output, and until its alert.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use wirefold_envelope::{Sender, timestamp};
use wirefold_flow::{Bus, Clock, Stored};
use wirefold_proto::streams::{ALERTS, OUTPUT, SUBSCRIPTIONS};
use wirefold_proto::{Alert, Command, ControlCommand, Interval, SubscriptionSettings, Tag, decode};

use super::articles::ArticleFactory;
use crate::machine::Stopwatch;

/// The interval at which articles are published: 20 a second.
const PUBLISH_INTERVAL: Duration = Duration::from_millis(50);
/// An article that takes longer is an error and not a figure.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often to check whether the subscription is in force.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);
/// The subscription that alerts on every article without waiting.
const AT_ONCE: &str = "at-once";

/// An article without an alert this long after its output gets none.
const SILENCE: Duration = Duration::from_secs(3);

/// The times from the call of `publish` until an ordered reader has the message.
pub(super) struct Latency {
    /// Until the output.
    pub(super) output: Percentiles,
    /// Until the first revision of an alert that has the article.
    pub(super) alert: Percentiles,
    /// The number of articles with such a revision.
    pub(super) alerted: usize,
}

/// The median and the 99th percentile in milliseconds.
pub(super) struct Percentiles {
    pub(super) p50: f64,
    pub(super) p99: f64,
}

impl Percentiles {
    fn of(mut times: Vec<f64>) -> anyhow::Result<Self> {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied();
        let percentile = |share| at(share).context("nothing was timed");
        Ok(Self { p50: percentile(0.5)?, p99: percentile(0.99)? })
    }
}

/// Publishes articles in turn and waits until the last is in the output and alerts. The alerter must run.
pub(super) async fn latency(
    bus: &Arc<dyn Bus>,
    clock: &dyn Clock,
    factory: &mut ArticleFactory,
    time: Duration,
) -> anyhow::Result<Latency> {
    alert_on_everything_at_once(&**bus, clock).await?;
    let LatencyTimes { output, alerts, .. } = timed(bus, clock, factory, time).await?;
    let (alert, alerted) = (Percentiles::of(alerts.values().copied().collect())?, alerts.len());
    Ok(Latency { output: Percentiles::of(output)?, alert, alerted })
}

/// Publishes, reads output and alerts, and ends once all articles are in the output and no alert came for
/// [`SILENCE`].
async fn timed(
    bus: &Arc<dyn Bus>,
    clock: &dyn Clock,
    factory: &mut ArticleFactory,
    time: Duration,
) -> anyhow::Result<LatencyTimes> {
    let count = usize::try_from(time.as_millis() / PUBLISH_INTERVAL.as_millis())?;
    let mut output = bus.read(OUTPUT.name, ">", next_of(&**bus, OUTPUT.name).await?).await?;
    let mut alerts = bus.read(ALERTS.name, ">", next_of(&**bus, ALERTS.name).await?).await?;
    let watch = Stopwatch::start();
    let mut publishing = Vec::new();
    let mut timed = LatencyTimes::default();
    let mut ticks = tokio::time::interval(PUBLISH_INTERVAL);
    loop {
        let is_out = timed.output.len() == count;
        tokio::select! {
            _ = ticks.tick(), if publishing.len() < count => {
                let message = factory.next(clock.now())?.message;
                timed.begun.insert(message.id.clone(), watch.seconds());
                let bus = bus.clone();
                publishing.push(tokio::spawn(async move { bus.publish(message).await }));
            }
            read = output.next(100) => {
                let now = watch.seconds();
                read?.iter().for_each(|stored| timed.put_out(stored, now));
            }
            read = alerts.next(100) => {
                let now = watch.seconds();
                read?.iter().try_for_each(|stored| timed.alerted(stored, now))?;
            }
            () = tokio::time::sleep(SILENCE), if is_out => break,
            () = tokio::time::sleep(DEADLINE) => bail!("an article did not come out"),
        }
    }
    for published in publishing {
        published.await??;
    }
    Ok(timed)
}

async fn next_of(bus: &dyn Bus, stream: &str) -> anyhow::Result<u64> {
    Ok(bus.stream_state(stream).await?.last + 1)
}

/// Adds the subscription as the API would and waits until the alerter has it.
async fn alert_on_everything_at_once(bus: &dyn Bus, clock: &dyn Clock) -> anyhow::Result<()> {
    let id = AT_ONCE.parse().context("an id")?;
    let now = Some(Interval::from_seconds(0));
    let subscription = SubscriptionSettings {
        group_wait: now,
        update_interval: now,
        ..SubscriptionSettings::new(id, "At once".to_owned(), "*".to_owned())
    };
    let command = ControlCommand {
        schema: Tag::new(),
        id: AT_ONCE.to_owned(),
        at: timestamp(clock.now()),
        by: "the benchmark".to_owned(),
        command: Command::SubscriptionPut { subscription: Box::new(subscription) },
    };
    let sender = Sender { source: "/wirefold/bench" };
    bus.publish(sender.outgoing(&command, command.at)?).await?;
    let keys = bus.key_value(SUBSCRIPTIONS.name)?;
    while keys.get(&format!("subscription.{AT_ONCE}")).await?.is_none() {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    Ok(())
}

/// The times so far, in milliseconds.
#[derive(Default)]
struct LatencyTimes {
    /// The publication time of each article that is not yet in the output, by its id, in seconds.
    begun: HashMap<String, f64>,
    /// The same for articles in the output, by their sequence there.
    came_out: HashMap<u64, f64>,
    output: Vec<f64>,
    /// The first alert for each sequence of the output.
    alerts: HashMap<u64, f64>,
    /// Alerts that were read before the article in the output.
    early: HashMap<u64, f64>,
}

impl LatencyTimes {
    fn put_out(&mut self, stored: &Stored, now: f64) {
        let Some(begun) = self.begun.remove(&stored.id) else {
            return;
        };
        self.output.push((now - begun) * 1_000.0);
        self.came_out.insert(stored.sequence, begun);
        if let Some(alerted) = self.early.remove(&stored.sequence) {
            self.alerts.insert(stored.sequence, (alerted - begun) * 1_000.0);
        }
    }

    fn alerted(&mut self, stored: &Stored, now: f64) -> anyhow::Result<()> {
        let alert: Alert = decode(&stored.body)?;
        if alert.subscription.as_str() != AT_ONCE {
            return Ok(());
        }
        match self.came_out.get(&alert.output) {
            Some(begun) => {
                self.alerts.entry(alert.output).or_insert((now - begun) * 1_000.0);
            }
            None => {
                self.early.entry(alert.output).or_insert(now);
            }
        }
        Ok(())
    }
}
