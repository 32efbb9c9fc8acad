//! The stages over one bus as `wirefold up` makes them, without ports. Each can run alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_alerter::{ConfiguredSubscription, Printer};
use wirefold_envelope::{Limits, create_streams};
use wirefold_flow::{BoxFuture, Bus, Clock, Lease, StageContext};
use wirefold_gateway::{Gateway, Probe, Rehearse, Replay};
use wirefold_proto::streams::{FETCHED, JUDGED, OUTPUT};
use wirefold_proto::{DeadLetter, SubscriptionSettings, TextPolicy};

use super::watched::{Progress, WatchedBus};

/// A data folder with its bus and clock.
pub(super) struct DataFolder {
    pub(super) folder: PathBuf,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) clock: Arc<dyn Clock>,
}

/// A running stage.
pub(super) struct Running {
    pub(super) progress: Arc<Progress>,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Running {
    /// Lets it finish its work and stops it.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.task.await.context("a stage broke down")?
    }
}

/// All stages except the fetcher.
pub(super) struct Stages {
    pub(super) detector: Running,
    pub(super) enricher: Running,
    pub(super) alerter: Running,
    pub(super) gateway: Running,
}

impl Stages {
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        for stage in [self.detector, self.enricher, self.alerter, self.gateway] {
            stage.stop().await?;
        }
        Ok(())
    }
}

impl DataFolder {
    /// Opens a data folder and makes the streams in it.
    pub(super) async fn open(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let bus = wirefold_flow_sqlite::open(folder, clock.clone())?;
        create_streams(&*bus, &Limits::default()).await?;
        Ok(Self { folder: folder.to_owned(), bus, clock })
    }

    /// Starts all stages except the fetcher.
    pub(super) async fn all(&self) -> anyhow::Result<Stages> {
        let (detector, enricher) = (self.detector(), self.enricher());
        let (alerter, gateway) = (self.alerter()?, self.gateway().await?);
        Ok(Stages { detector, enricher, alerter, gateway })
    }

    pub(super) fn detector(&self) -> Running {
        let settings = wirefold_detector::Settings {
            dedup: wirefold_dedup::Settings::default(),
            writer: "detector-1".to_owned(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            snapshot_after: wirefold_detector::SNAPSHOT_AFTER,
            texts: Some(self.folder.clone()),
        };
        self.run(FETCHED.name, |context, stop| async move {
            Ok(wirefold_detector::run_on_own_thread(context, settings, Lease::alone(), stop)
                .await?)
        })
    }

    pub(super) fn enricher(&self) -> Running {
        let settings = wirefold_enricher::Settings { text_policy: TextPolicy::Lead };
        self.run(JUDGED.name, move |context, stop| async move {
            Ok(wirefold_enricher::run(context, settings, stop).await?)
        })
    }

    pub(super) fn alerter(&self) -> anyhow::Result<Running> {
        let settings = wirefold_alerter::Settings {
            subscriptions: subscriptions()?,
            ..wirefold_alerter::Settings::default()
        };
        Ok(self.run(OUTPUT.name, |context, stop| async move {
            let printer: Arc<dyn Printer> = Arc::new(NoServices);
            Ok(wirefold_alerter::run(context, settings, printer, stop).await?)
        }))
    }

    /// Starts the projection.
    pub(super) async fn gateway(&self) -> anyhow::Result<Running> {
        let nowhere = Arc::new(NoServices);
        let settings = wirefold_gateway::Settings {
            folder: self.folder.clone(),
            demo: false,
            release: env!("CARGO_PKG_VERSION").to_owned(),
            hosts: Vec::new(),
            method: wirefold_dedup::Settings::default(),
            text_policy: TextPolicy::Lead,
            base_url: "http://127.0.0.1:8787".to_owned(),
            gate: None,
            tables: false,
            rehearse: nowhere.clone(),
            replay: nowhere.clone(),
            probe: nowhere,
            condition: Arc::new(()),
        };
        let progress = Arc::new(Progress::default());
        let gateway = Gateway::open(self.context(OUTPUT.name, &progress), settings).await?;
        Ok(start(progress, |stop| async move { Ok(gateway.run(stop).await?) }))
    }

    /// Runs a service and observes how far it has read the stream.
    pub(super) fn run<F>(
        &self,
        stream: &'static str,
        service: impl FnOnce(StageContext, CancellationToken) -> F,
    ) -> Running
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let progress = Arc::new(Progress::default());
        let context = self.context(stream, &progress);
        start(progress, |stop| service(context, stop))
    }

    fn context(&self, stream: &'static str, progress: &Arc<Progress>) -> StageContext {
        let bus = WatchedBus::new(self.bus.clone(), stream, progress.clone());
        let observer = progress.clone();
        StageContext { observer, ..StageContext::new(Arc::new(bus), self.clock.clone()) }
    }
}

fn start<F>(progress: Arc<Progress>, service: impl FnOnce(CancellationToken) -> F) -> Running
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let stop = CancellationToken::new();
    let task = tokio::spawn(service(stop.clone()));
    Running { progress, stop, task }
}

/// Twenty subscriptions: one matches everything, the others are typical queries. None has a delivery.
fn subscriptions() -> anyhow::Result<Vec<ConfiguredSubscription>> {
    let mut queries = vec!["*".to_owned()];
    queries.extend((0..6).map(|number| format!("outlet:paper{number:03}.example")));
    queries
        .extend((0..5).map(|number| format!("title:said AND NOT site:paper{number:03}.example")));
    queries.extend((1..5).map(|number| format!("origins>={number} AND (million OR \"said the\")")));
    queries.extend((2..6).map(|number| format!("outlets>{number} class:copy")));
    queries.iter().enumerate().map(|(number, query)| subscription(number, query)).collect()
}

fn subscription(number: usize, query: &str) -> anyhow::Result<ConfiguredSubscription> {
    let id = format!("subscription-{number:02}").parse().context("an id")?;
    let settings = SubscriptionSettings::new(id, format!("Subscription {number}"), query);
    Ok(ConfiguredSubscription { settings, managed_by: "the benchmark".to_owned() })
}

/// A stub for the terminal of `wirefold up` and for the services that its page uses.
struct NoServices;

impl Printer for NoServices {
    fn print(&self, _line: &str) -> std::io::Result<()> {
        Ok(())
    }
}

fn unasked<T>() -> BoxFuture<'static, Result<T, String>>
where
    T: Send + 'static,
{
    Box::pin(async { Err("a benchmark serves nobody".to_owned()) })
}

impl Rehearse for NoServices {
    fn rehearse(
        &self,
        _subscription: SubscriptionSettings,
        _back: Duration,
    ) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        unasked()
    }
}

impl Replay for NoServices {
    fn replay(&self, _letter: DeadLetter, _at: u64) -> BoxFuture<'_, Result<String, String>> {
        unasked()
    }
}

impl Probe for NoServices {
    fn probe(
        &self,
        _: wirefold_gateway::shapes::ProbeRequest,
    ) -> BoxFuture<'_, Result<serde_json::Value, String>> {
        unasked()
    }
}
