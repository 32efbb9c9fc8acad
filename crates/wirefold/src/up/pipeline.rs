//! The pipeline in one process: which stages, over which bus, with which settings.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wirefold_alerter::{Printer, run_under as run_alerter};
use wirefold_envelope::create_streams;
use wirefold_fetcher::ConfiguredFeed;
use wirefold_flow::{BoxFuture, Bus, BusError, Clock, Event, Observer, StageContext};
use wirefold_flow_nats::NatsBus;
use wirefold_gateway::tokens::{Kind, SIGN_IN_LINK, Scope, TokenError, TokenFile};
use wirefold_gateway::{Access, Condition as _, Gateway};
use wirefold_proto::Interval;
use wirefold_proto::rights::Service;
use wirefold_proto::streams::{self, FEEDS, FETCHED, STREAMS};

use super::added::{DeliveryService, with_added};
use super::arguments::SettingsFlags;
use super::demo::Demo;
use super::nats::Serving;
use super::process::{BUS, Process, Socket, StartingProcess, bind};
use super::reload::{Reload, alerter_of};
use super::seams::{ProbeService, RehearsalService, ReplayService};
use super::{StandardOutput, nats, serve, subjects};
use crate::config::{DeliveryConfig, Loaded};
use crate::exit::{Exit, Stop};
use crate::output;
use crate::telemetry::{Health, Telemetry};

/// The running stages and the files that must exist until they end.
pub(super) struct Running {
    pub(super) process: Process,
    /// The address of the page, if a gateway runs.
    pub(super) page: Option<SocketAddr>,
    /// The address of health and metrics.
    pub(super) operations: SocketAddr,
    _socket: Option<Socket>,
}

/// Builds stages.
pub(super) struct Pipeline<'a> {
    pub(super) loaded: &'a Loaded,
    /// The flags with which the settings are read again.
    pub(super) flags: SettingsFlags,
    pub(super) telemetry: &'a Telemetry,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) demo: Option<&'a Demo>,
    /// The bus as a NATS server, if it is one.
    pub(super) nats: Option<NatsBus>,
}

/// How often the bus is checked.
const BUS_CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// The size in bytes of the message that tests whether the bus stores messages again.
const TEST_WRITE_BYTES: usize = 64 << 10;
/// The number of pages that are extracted at a time.
const EXTRACT_WORKERS: usize = 2;
/// The manager of the feeds and subscriptions of the demo.
const DEMO: &str = "the demo";
/// The interval of the polls of the demo's feeds.
const DEMO_INTERVAL: Duration = Duration::from_secs(2);

/// A stream that one of these stages writes: it may ask for its state.
fn written_by(stages: &[Service]) -> &'static str {
    let is_writer = |name: &str| stages.iter().any(|stage| stage.as_str() == name);
    let writes = |stream: &&streams::Stream| {
        stream.writers.iter().any(|writer| is_writer(writer.role.as_str()))
    };
    STREAMS.iter().find(writes).map_or(FETCHED.name, |stream| stream.name)
}

impl Pipeline<'_> {
    /// Starts these stages.
    pub(super) async fn start(
        self,
        begun: StartingProcess,
        stages: &[Service],
    ) -> anyhow::Result<Running> {
        let StartingProcess { mut process, health, operations } = begun;
        let config = &self.loaded.config;
        if self.nats.is_none() {
            let made = create_streams(&*self.bus, &config.limits()).await;
            made.map_err(Stop::bus)?;
        }
        self.watch(&mut process, &health, stages);
        let notice = super::process::notify(health.clone(), process.stop.clone());
        process.serve("word to systemd", notice);

        let listener = match stages.contains(&Service::Gateway) {
            true => Some(bind("page", "--listen", config.page.listen).await?),
            false => None,
        };
        let page = listener.as_ref().map(TcpListener::local_addr).transpose()?;
        let address = config.page_address(page.unwrap_or(config.page.listen));
        let reload = Arc::new(Notify::new());
        let reading = self.alerter_settings(&mut process, &address, stages, reload.clone());
        let alerter = reading.await?;
        let (mut socket, mut gateway) = (None, None);
        if let Some(listener) = listener {
            let opening = self.start_gateway(&mut process, listener, &address, (&alerter, reload));
            let (held, opened) = opening.await?;
            (socket, gateway) = (Some(held), Some(opened));
            health.ready(Service::Gateway.as_str());
        }
        self.serve(&mut process, &health, stages, gateway.as_ref());
        if let Some(bus) = self.nats.clone().filter(|_| stages.contains(&Service::Pruner)) {
            let (clock, stop) = (self.clock.clone(), process.stop.clone());
            health.ready(Service::Pruner.as_str());
            let pruner = nats::run_pruner(bus, clock, stop);
            process.start(Service::Pruner.as_str(), pruner);
        }
        let start = DetectorStart::new(stages.contains(&Service::Detector));
        for service in stages {
            let Some(run) = self.stage(*service, process.stop.clone(), &alerter, &start)? else {
                continue;
            };
            let (name, health) = (service.as_str(), health.clone());
            health.ready(name);
            process.start(name, async move {
                let ended = run.await;
                health.forget(name);
                ended
            });
        }
        Ok(Running { process, page, operations, _socket: socket })
    }

    /// The task of a stage. `None` for those that are started with their listeners.
    fn stage(
        &self,
        service: Service,
        stop: CancellationToken,
        alerter: &watch::Receiver<wirefold_alerter::Settings>,
        start: &DetectorStart,
    ) -> anyhow::Result<Option<BoxFuture<'static, anyhow::Result<()>>>> {
        let context = self.context();
        let config = &self.loaded.config;
        Ok(Some(match service {
            Service::Fetcher => {
                let shares_as =
                    self.nats.as_ref().map(|_| crate::random::hex::<8>()).transpose()?;
                let settings = wirefold_fetcher::Settings { shares_as, ..self.fetcher()? };
                Box::pin(async move { Ok(wirefold_fetcher::run(context, settings, stop).await?) })
            }
            Service::Detector => {
                let mut settings = config.detector("detector-1");
                // Over NATS a detector stores files only if a folder is configured.
                if self.nats.is_none() {
                    settings.texts = Some(self.folder().to_owned());
                }
                let lease = nats::lease(self.nats.as_ref(), &context, service, &settings.writer)?;
                let context = start.watched(context);
                Box::pin(async move {
                    Ok(wirefold_detector::run_on_own_thread(context, settings, lease, stop).await?)
                })
            }
            Service::Enricher => {
                let settings = config.enricher("enricher-1");
                let lease = nats::lease(self.nats.as_ref(), &context, service, &settings.writer)?;
                Box::pin(async move {
                    Ok(wirefold_enricher::run(context, settings, lease, stop).await?)
                })
            }
            Service::Alerter => {
                let settings = alerter.clone();
                let printer: Arc<dyn Printer> = Arc::new(StandardOutput);
                let lease = nats::lease(self.nats.as_ref(), &context, service, "alerter-1")?;
                let start = start.clone();
                Box::pin(async move {
                    start.wait(&*context.clock, &stop).await;
                    Ok(run_alerter(context, settings, printer, lease, stop).await?)
                })
            }
            Service::Gateway | Service::Pruner => return Ok(None),
        }))
    }

    /// Serves the page and the socket, and updates the projection.
    async fn start_gateway(
        &self,
        process: &mut Process,
        listener: TcpListener,
        address: &str,
        (alerter, reload): (&watch::Receiver<wirefold_alerter::Settings>, Arc<Notify>),
    ) -> anyhow::Result<(Socket, Gateway)> {
        let context = self.context();
        let config = &self.loaded.config;
        let gate = config.gate(self.folder()).map(Arc::new);
        if let Some(gate) = &gate {
            print_sign_in_link(&gate.tokens, address, self.demo.is_some())?;
        }
        let settings = wirefold_gateway::Settings {
            gate,
            folder: self.gateway_folder()?,
            demo: self.demo.is_some(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            hosts: config.hosts(),
            text_policy: config.text_policy,
            keep: config.keep.alerts.map(Interval::duration),
            base_url: address.to_owned(),
            tables: self.nats.is_some(),
            rehearse: Arc::new(RehearsalService {
                context: context.clone(),
                alerter: alerter.clone(),
            }),
            deliveries: Arc::new(DeliveryService {
                context: context.clone(),
                alerter: alerter.clone(),
                may_add: config.page.add_deliveries && self.demo.is_none(),
                reload: Some(reload),
            }),
            replay: Arc::new(ReplayService { context: context.clone(), alerter: alerter.clone() }),
            probe: Arc::new(ProbeService(self.fetcher()?)),
            condition: self.telemetry.loops.clone(),
        };
        let gateway = Gateway::open(context, settings).await;
        let gateway = gateway.map_err(Stop::bus)?;
        let (socket, unix) = Socket::bind(self.folder()).await?;
        let (stop, running) = (process.stop.clone(), gateway.clone());
        process.serve("socket", serve::unix(unix, gateway.router(Access::Socket), stop.clone()));
        process.serve("page", serve::tcp(listener, gateway.router(Access::Network), stop.clone()));
        process.start(Service::Gateway.as_str(), async move { Ok(running.run(stop).await?) });
        Ok((socket, gateway))
    }

    /// Over NATS each stage is also a service.
    fn serve(
        &self,
        process: &mut Process,
        health: &Health,
        stages: &[Service],
        gateway: Option<&Gateway>,
    ) {
        let Some(bus) = &self.nats else { return };
        for service in stages.iter().copied() {
            let serving = Serving {
                bus: bus.clone(),
                service,
                telemetry: self.telemetry.clone(),
                health: health.clone(),
                inputs: nats::inputs(service, &self.loaded.config),
                compares: gateway.filter(|_| service == Service::Gateway).cloned(),
            };
            process.start("NATS service", serving.run(process.stop.clone()));
        }
    }

    /// Checks the bus.
    fn watch(&self, process: &mut Process, health: &Health, stages: &[Service]) {
        let (bus, clock, health) = (self.bus.clone(), self.clock.clone(), health.clone());
        let loops = self.telemetry.loops.clone();
        let (stop, stream) = (process.stop.clone(), written_by(stages));
        process.serve("watch over the bus", async move {
            while !stop.is_cancelled() {
                match bus.stream_state(stream).await {
                    Ok(_) => health.ready(BUS),
                    Err(error) => health.failing(BUS, error.to_string()),
                }
                if loops.problem().is_some() && stores_writes(&*bus).await {
                    loops.stored();
                }
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = clock.sleep_until(clock.now().plus(BUS_CHECK_INTERVAL)) => {}
                }
            }
        });
    }

    fn context(&self) -> StageContext {
        StageContext {
            observer: self.telemetry.loops.clone(),
            ..StageContext::new(self.bus.clone(), self.clock.clone())
        }
    }

    /// The folder of the gateway. Over NATS it is a folder of its own, because the data folder may have the
    /// projection of an embedded bus.
    fn gateway_folder(&self) -> anyhow::Result<PathBuf> {
        match &self.nats {
            None => Ok(self.folder().to_owned()),
            Some(_) => nats::folder(self.folder()),
        }
    }

    fn folder(&self) -> &std::path::Path {
        self.demo.map_or(&self.loaded.config.data, Demo::folder)
    }

    fn fetcher(&self) -> anyhow::Result<wirefold_fetcher::Settings> {
        let extract = crate::extraction::settings(EXTRACT_WORKERS)?;
        let config = &self.loaded.config;
        let settings = wirefold_fetcher::Settings {
            subjects: subjects::sources(config, &self.clock),
            ..config.fetcher(&self.loaded.origins, Some(extract))
        };
        let Some(demo) = self.demo else {
            return Ok(settings);
        };
        let feeds = demo.feeds()?.into_iter();
        Ok(wirefold_fetcher::Settings {
            feeds: feeds.map(|feed| ConfiguredFeed { feed, managed_by: DEMO.to_owned() }).collect(),
            lists: Vec::new(),
            sources: Vec::new(),
            subjects: Vec::new(),
            allow: Vec::new(),
            allow_hosts: vec![demo.host()],
            min_interval: DEMO_INTERVAL,
            max_interval: DEMO_INTERVAL,
            first_interval: DEMO_INTERVAL,
            per_host_delay: Duration::from_millis(20),
            baseline: false,
            ..settings
        })
    }

    /// The settings of the alerter, which are read again while it runs, except those of the demo.
    async fn alerter_settings(
        &self,
        process: &mut Process,
        address: &str,
        stages: &[Service],
        now: Arc<Notify>,
    ) -> anyhow::Result<watch::Receiver<wirefold_alerter::Settings>> {
        let settings = alerter_of(self.loaded, address)?;
        if self.demo.is_some() {
            return Ok(watch::channel(demo_alerter(settings)?).1);
        }
        // Other stages neither use the added ones, nor may read them over NATS.
        let uses = |stage: &Service| [Service::Gateway, Service::Alerter].contains(stage);
        let added = stages.iter().any(uses).then(|| self.bus.clone());
        let (settings, revision) = match &added {
            None => (settings, None),
            Some(bus) => match with_added(settings.clone(), &**bus).await {
                Ok((all, revision)) => (all, Some(revision)),
                Err(error) => {
                    tracing::warn!(%error, "added deliveries cannot be read yet");
                    (settings, None)
                }
            },
        };
        let (to, current) = watch::channel(settings);
        let reload = Reload {
            flags: self.flags.clone(),
            address: address.to_owned(),
            clock: self.clock.clone(),
            embedded: self.nats.is_none().then(|| self.bus.clone()),
            added,
            revision,
            now,
            to,
        };
        process.start("settings", reload.run(process.stop.clone()));
        Ok(current)
    }
}

/// The settings of the alerter with the subscriptions of the demo, which go to the terminal alone.
fn demo_alerter(
    settings: wirefold_alerter::Settings,
) -> anyhow::Result<wirefold_alerter::Settings> {
    let configured = |subscription| wirefold_alerter::ConfiguredSubscription {
        settings: subscription,
        managed_by: DEMO.to_owned(),
    };
    Ok(wirefold_alerter::Settings {
        subscriptions: Demo::subscriptions()?.into_iter().map(configured).collect(),
        deliveries: DeliveryConfig::stdout().checked().into_iter().collect(),
        demo: true,
        ..settings
    })
}

/// Whether a message of the size of an article is stored. It writes, so it is only called while writes fail.
async fn stores_writes(bus: &dyn Bus) -> bool {
    let written = async {
        let keys = bus.key_value(FEEDS.name)?;
        keys.put("room", Bytes::from_static(&[0; TEST_WRITE_BYTES])).await?;
        keys.delete("room").await
    };
    // A role that may not write there notices a failure with its next message.
    matches!(written.await, Ok(_) | Err(BusError::NotAllowed { .. }))
}

/// Prints a link that signs a browser in once, if there is no other token yet. A demo can be entered only by
/// such a link.
fn print_sign_in_link(tokens: &TokenFile, page: &str, is_demo: bool) -> anyhow::Result<()> {
    let unusable = |error: TokenError| {
        Stop::new(Exit::Usage, format!("the page requires tokens, and {error}"))
    };
    let now = crate::local_time::now();
    let known = tokens.list(now).map_err(unusable)?;
    if known.iter().any(|it| it.kind != Kind::SignIn) {
        tracing::info!("`wirefold token sign-in` prints a link that signs a browser in");
        return Ok(());
    }
    let end = now.checked_add(SIGN_IN_LINK).ok();
    let code = tokens.add("browser", Kind::SignIn, Scope::Full, end, now).map_err(unusable)?;
    let another = if is_demo { "" } else { "; `wirefold token sign-in` prints another" };
    output::note(format_args!(
        "sign in {page}/sign-in/{code}\n\u{20}       once and within an hour{another}"
    ));
    Ok(())
}

// Delays the alerter until the detector has begun.
//
// At a start both read their stored state, and on few cores they slow each other down. New articles wait for
// the detector alone, and the alerter has nothing to do before them. The input is the events of the
// detector's loop. The wait is short, because a detector without a snapshot takes minutes.

/// The longest wait of the alerter.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Whether the detector has begun: the token is cancelled then.
#[derive(Clone)]
pub(super) struct DetectorStart(CancellationToken);

impl DetectorStart {
    /// `is_here` says whether the detector runs in this process.
    pub(super) fn new(is_here: bool) -> Self {
        let began = CancellationToken::new();
        if !is_here {
            began.cancel();
        }
        Self(began)
    }

    /// The context of the detector, with an observer that notices its start.
    pub(super) fn watched(&self, context: StageContext) -> StageContext {
        let (began, observer) = (self.0.clone(), context.observer);
        StageContext { observer: Arc::new(StartObserver { began, observer }), ..context }
    }

    /// Returns once the detector has begun, or the longest wait is over.
    pub(super) async fn wait(&self, clock: &dyn Clock, stop: &CancellationToken) {
        tokio::select! {
            () = self.0.cancelled() => {}
            () = clock.sleep_until(clock.now().plus(MAX_WAIT)) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Observes the loop of the detector.
struct StartObserver {
    began: CancellationToken,
    observer: Arc<dyn Observer>,
}

impl Observer for StartObserver {
    fn observe(&self, name: &str, event: Event<'_>) {
        if matches!(event, Event::Alive | Event::StandingBy { .. }) {
            self.began.cancel();
        }
        self.observer.observe(name, event);
    }
}

#[cfg(test)]
mod tests {
    use wirefold_flow::NoObserver;
    use wirefold_flow::sim::VirtualClock;

    use super::*;

    /// Whether a wait has ended.
    async fn is_over(waiting: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        tokio::select! {
            biased;
            () = waiting => true,
            () = tokio::task::yield_now() => false,
        }
    }

    #[tokio::test]
    async fn the_alerter_waits_for_the_detector_but_not_for_long() {
        let (clock, stop) = (VirtualClock::default(), CancellationToken::new());
        let elsewhere = DetectorStart::new(false);
        assert!(is_over(&mut Box::pin(elsewhere.wait(&clock, &stop))).await);
        let start = DetectorStart::new(true);
        let mut long = Box::pin(start.wait(&clock, &stop));
        assert!(!is_over(&mut long).await);
        clock.advance(MAX_WAIT);
        assert!(is_over(&mut long).await);
        let mut waiting = Box::pin(start.wait(&clock, &stop));
        let watching = StartObserver { began: start.0.clone(), observer: Arc::new(NoObserver) };
        watching.observe("detector", Event::TakenOver { epoch: 1 });
        assert!(!is_over(&mut waiting).await);
        watching.observe("detector", Event::Alive);
        assert!(is_over(&mut waiting).await);
        assert!(is_over(&mut Box::pin(start.wait(&clock, &stop))).await);
    }

    #[tokio::test]
    async fn a_wait_ends_when_the_process_stops() {
        let (clock, stop) = (VirtualClock::default(), CancellationToken::new());
        let start = DetectorStart::new(true);
        let mut waiting = Box::pin(start.wait(&clock, &stop));
        assert!(!is_over(&mut waiting).await);
        stop.cancel();
        assert!(is_over(&mut waiting).await);
    }
}
