//! A fetcher over a simulated bus, and what tests can observe of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, Sender, create_streams, decode, timestamp};
use wirefold_flow::sim::{CrashAt, SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Bus, Clock as _, Event, Observer, Point, StageContext, Stored};
use wirefold_proto::{ArticleFetched, Command, ControlCommand, FeedRecord, FeedSettings, Tag};

use crate::{ConfiguredFeed, FetcherError, Settings, run};

/// How long a test waits for an expected event: longer than anything takes on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_mins(3);
/// How long a host may take to answer: no host that answers is this slow, even on a busy machine.
const ANSWERED: Duration = Duration::from_mins(1);
pub(super) const MINUTE: Duration = Duration::from_mins(1);

/// The parts that survive a fetcher: disk, clock, settings.
pub(super) struct Bench {
    pub(super) clock: VirtualClock,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) settings: Settings,
}

/// A running fetcher.
pub(super) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), FetcherError>>,
}

impl Running {
    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.ended().await.unwrap();
    }

    pub(super) async fn ended(self) -> Result<(), FetcherError> {
        tokio::time::timeout(DEADLINE, self.task).await.expect("it ends").unwrap()
    }

    /// Like `kill -9`: all work stops in the middle.
    pub(super) async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

/// Detects the first heartbeat of a fetcher.
#[derive(Default)]
struct FirstAlive(Notify);

impl Observer for FirstAlive {
    fn observe(&self, _: &str, event: Event<'_>) {
        if matches!(event, Event::Alive) {
            self.0.notify_one();
        }
    }
}

impl Bench {
    pub(super) async fn new() -> Self {
        let clock = VirtualClock::default();
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        let settings = Settings {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            per_host_delay: Duration::ZERO,
            timeout: ANSWERED,
            baseline: false,
            ..Settings::default()
        };
        Self { clock, bus, settings }
    }

    /// A bench with these feeds in its files.
    pub(super) async fn with(feeds: &[(&str, String)]) -> Self {
        let mut bench = Self::new().await;
        bench.settings.feeds = feeds.iter().map(|(id, url)| configured(id, url)).collect();
        bench
    }

    fn context(&self) -> StageContext {
        StageContext::new(self.bus.clone(), Arc::new(self.clock.clone()))
    }

    /// Starts a fetcher, and waits until it polls its feeds.
    pub(super) async fn start(&self) -> Running {
        let begun = Arc::new(FirstAlive::default());
        let running = self.start_in(StageContext { observer: begun.clone(), ..self.context() });
        tokio::time::timeout(DEADLINE, begun.0.notified()).await.expect("it begins");
        running
    }

    pub(super) fn start_crashing(&self, point: Point) -> Running {
        let fail_points = Arc::new(CrashAt(point));
        self.start_in(StageContext { fail_points, ..self.context() })
    }

    fn start_in(&self, context: StageContext) -> Running {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(context, self.settings.clone(), stop.clone()));
        Running { stop, task }
    }

    /// All articles of the stream.
    pub(super) async fn articles(&self) -> Vec<ArticleFetched> {
        self.stored().await.iter().map(|stored| decode(stored).unwrap()).collect()
    }

    pub(super) async fn stored(&self) -> Vec<Stored> {
        let mut reader = self.bus.read("WF_FETCHED", ">", 1).await.unwrap();
        let mut all = Vec::new();
        loop {
            let some = reader.ready(100).await.unwrap();
            if some.is_empty() {
                return all;
            }
            all.extend(some);
        }
    }

    /// The record of a feed, once it is as expected.
    pub(super) async fn record_when(
        &self,
        id: &str,
        is: impl Fn(&FeedRecord) -> bool,
    ) -> FeedRecord {
        let mut last = None;
        let look = async {
            loop {
                last = self.record(id).await;
                match &last {
                    Some(record) if is(record) => return record.clone(),
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        let found = tokio::time::timeout(DEADLINE, look).await;
        found.unwrap_or_else(|_| panic!("in time, not {last:#?}"))
    }

    pub(super) async fn record(&self, id: &str) -> Option<FeedRecord> {
        let key = format!("feed.{}", wirefold_proto::token::escape(id));
        let entry = self.bus.key_value("wf_feeds").unwrap().get(&key).await.unwrap()?;
        Some(wirefold_proto::decode(&entry.value?).unwrap())
    }

    /// The record after the poll that is due now.
    pub(super) async fn polled(&self, id: &str) -> FeedRecord {
        let now = timestamp(self.clock.now());
        self.record_when(id, |record| record.last_poll.is_some_and(|at| at >= now)).await
    }

    /// Advances to the next poll of a feed, and waits for it.
    pub(super) async fn next_poll(&self, id: &str) -> FeedRecord {
        let next = self.record(id).await.unwrap().next_poll.expect("it is polled again");
        let now = timestamp(self.clock.now());
        self.clock.advance(Duration::try_from(next.duration_since(now)).unwrap_or_default());
        self.polled(id).await
    }

    pub(super) async fn command(&self, id: &str, command: Command) {
        let at = timestamp(self.clock.now());
        let by = "test".to_owned();
        let command = ControlCommand { schema: Tag::new(), id: id.to_owned(), at, by, command };
        let sender = Sender { source: "/wirefold/test" };
        self.bus.publish(sender.outgoing(&command, at).unwrap()).await.unwrap();
    }
}

pub(super) fn configured(id: &str, url: &str) -> ConfiguredFeed {
    ConfiguredFeed { feed: feed(id, url), managed_by: "wirefold.toml:3".to_owned() }
}

pub(super) fn feed(id: &str, url: &str) -> FeedSettings {
    // Other tests check how a feed's site is found.
    let speaks_for = "harbour.example".parse().ok();
    FeedSettings { speaks_for, ..FeedSettings::new(id.parse().unwrap(), url) }
}

/// Waits until a condition is true, while other tasks run.
pub(super) async fn until(what: &str, is: impl Fn() -> bool) {
    let look = async {
        while !is() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, look).await.unwrap_or_else(|_| panic!("in time: {what}"));
}
