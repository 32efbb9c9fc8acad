//! A running alerter, and its messages.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::decode;
use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Bus, StageContext};
use wirefold_proto::{Alert, Interval, SubscriptionSettings, Volume, streams};

use super::newsroom::Newsroom;
use crate::engine::RevisionMetadata;
use crate::kinds::{DeliveryTarget, StdoutTarget};
use crate::{AlerterError, ConfiguredSubscription, Delivery, Printer, Settings, run};

/// A terminal that records its lines.
#[derive(Default)]
pub(super) struct Paper(pub(super) Mutex<Vec<String>>);

impl Printer for Paper {
    fn print(&self, line: &str) -> std::io::Result<()> {
        self.0.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

impl Paper {
    pub(super) fn blocks(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub(super) struct Running {
    pub(super) stop: CancellationToken,
    pub(super) done: JoinHandle<Result<(), AlerterError>>,
}

impl Running {
    pub(super) fn start(context: &StageContext, settings: &Settings, paper: &Arc<Paper>) -> Self {
        let stop = CancellationToken::new();
        let running = run(context.clone(), settings.clone(), paper.clone(), stop.clone());
        Self { stop, done: tokio::spawn(running) }
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.done.await.unwrap().unwrap();
    }
}

/// Lets all tasks run until each waits. Only then does the paused runtime advance.
pub(super) async fn wait_until_idle() {
    let idle = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
    assert!(idle.await.is_err(), "nothing ends it but the paused clock");
}

/// A subscription that matches everything, and that two more origins notify, too.
pub(super) fn everything() -> SubscriptionSettings {
    let on = ["new", "origins+2", "material"].map(str::to_owned).to_vec();
    SubscriptionSettings {
        on,
        update_interval: Some(Interval::from_seconds(15 * 60)),
        ..SubscriptionSettings::new("all".parse().unwrap(), "Everything", "*")
    }
}

/// The same, with a message for every article at once.
pub(super) fn at_once() -> SubscriptionSettings {
    SubscriptionSettings {
        group_wait: Some(Interval::from_seconds(0)),
        update_interval: Some(Interval::from_seconds(0)),
        ..everything()
    }
}

pub(super) fn settings(subscriptions: impl IntoIterator<Item = SubscriptionSettings>) -> Settings {
    let managed = |settings| ConfiguredSubscription { settings, managed_by: "test:1".to_owned() };
    Settings {
        subscriptions: subscriptions.into_iter().map(managed).collect(),
        deliveries: vec![Delivery {
            name: "stdout".to_owned(),
            target: DeliveryTarget::Stdout(StdoutTarget),
            feed_digest: false,
            health: false,
            templates: crate::Templates::default(),
        }],
        page: Some("http://127.0.0.1:8787".to_owned()),
        ..Settings::default()
    }
}

/// A simulated bus with a newsroom.
pub(super) struct World {
    pub(super) clock: VirtualClock,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) newsroom: Newsroom,
    pub(super) paper: Arc<Paper>,
}

impl World {
    pub(super) async fn new() -> Self {
        let clock = VirtualClock::default();
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        let newsroom = Newsroom::new(bus.clone(), Arc::new(clock.clone())).await;
        Self { clock, bus, newsroom, paper: Arc::default() }
    }

    pub(super) fn context(&self) -> StageContext {
        StageContext::new(self.bus.clone(), Arc::new(self.clock.clone()))
    }

    pub(super) fn start(&self, settings: &Settings) -> Running {
        Running::start(&self.context(), settings, &self.paper)
    }

    /// Advances the time second by second, and lets all tasks work in each.
    pub(super) async fn pass(&self, seconds: u64) {
        wait_until_idle().await;
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            wait_until_idle().await;
        }
    }

    pub(super) async fn alerts(&self) -> Vec<Alert> {
        alerts(&*self.bus).await
    }
}

/// Every revision in the stream.
pub(super) async fn alerts(bus: &dyn Bus) -> Vec<Alert> {
    revisions(bus).await.into_iter().map(|(alert, _)| alert).collect()
}

/// Every revision in the stream, with what it says to the alerter itself.
pub(super) async fn revisions(bus: &dyn Bus) -> Vec<(Alert, RevisionMetadata)> {
    let mut reader = bus.read(streams::ALERTS.name, ">", 1).await.unwrap();
    let mut found = Vec::new();
    loop {
        let batch = reader.ready(100).await.unwrap();
        if batch.is_empty() {
            return found;
        }
        let read =
            |stored| (decode::<Alert>(stored).unwrap(), RevisionMetadata::of(stored).unwrap());
        found.extend(batch.iter().map(read));
    }
}

/// Volume and reasons of a revision, in short.
pub(super) fn told(alert: &Alert) -> String {
    let volume = if alert.volume == Volume::Loud { "loud" } else { "silent" };
    let words: Vec<&str> = alert.reasons.iter().map(|reason| reason.words.as_str()).collect();
    format!("{volume}: {}", words.join(" · "))
}
