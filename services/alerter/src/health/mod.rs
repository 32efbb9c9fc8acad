//! Watches the health of the installation.
//!
//! Comes in: facts, every few minutes. Goes out: a report in `wf_deliveries`, which the page and the API read and the
//! deliveries send. It never repairs.
//!
//! The open conditions are in `wf_deliveries` under `health`. The conditions that each delivery has reported
//! are there too: see [`notifier`]. docs/health.md lists all conditions.

mod conditions;
mod facts;
mod notifier;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use url::Url;
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::{BusError, Event, KeyValue, LoopError, UnixMillis};
use wirefold_http_client::{Client, Request};
use wirefold_proto::{
    FeedId, HEALTH_KEY, HealthCondition, HealthKind, HealthReport, Tag, decode, encode, streams,
};

use crate::NAME;
use crate::delivery::{Common, Records};
use crate::error::AlerterError;
use crate::metrics::{HEALTH_CONDITIONS, HEARTBEATS};
use crate::settings::HealthSettings;
use crate::subscription::AbsentDeliveries;
use conditions::{Before, Quiet, Rhythm, conditions, feed_silent};
use facts::{DeliveryFact, Facts, FeedFact, Feeds, Letters};
pub(crate) use notifier::HealthChanges;

/// The time between two looks.
const LOOK: Duration = Duration::from_mins(5);
/// The wait after a failure of the bus.
const AGAIN: Duration = Duration::from_secs(10);
/// A condition ends if it was absent for this long. If it comes and goes, it stays open.
const CLEAR_AFTER: Duration = Duration::from_mins(15);
/// The key of the watch's own state.
const WATCH_KEY: &str = "health-watch";

/// The report of the last check; `None` before the first one, and while the bus fails.
pub(crate) type Report = watch::Receiver<Option<Arc<HealthReport>>>;

/// Looks whether the installation is well.
pub(crate) struct Watch {
    common: Common,
    settings: HealthSettings,
    /// The records of the deliveries, which say whether targets are gone.
    deliveries: Vec<Records>,
    absent: watch::Receiver<Option<AbsentDeliveries>>,
    table: Arc<dyn KeyValue>,
    feeds: Feeds,
    letters: Letters,
    told: watch::Sender<Option<Arc<HealthReport>>>,
}

/// The stored state of the watch, without the open conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    rhythm: Rhythm,
    /// The rhythms of the feeds with `priority`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    feeds: BTreeMap<FeedId, Rhythm>,
    /// The last dead letter before the condition opened.
    dead: Option<u64>,
    /// Since when an open condition has been absent.
    calm_since: BTreeMap<String, u64>,
}

impl Watch {
    /// Opens the stored state.
    pub(crate) fn new(
        common: &Common,
        settings: HealthSettings,
        deliveries: Vec<Records>,
    ) -> Result<(Self, Report), BusError> {
        let (told, report) = watch::channel(None);
        let watch = Self {
            table: common.context.bus.key_value(streams::DELIVERIES.name)?,
            absent: common.absent.subscribe(),
            common: common.clone(),
            settings,
            deliveries,
            feeds: Feeds::default(),
            letters: Letters::default(),
            told,
        };
        Ok((watch, report))
    }

    /// Looks until it is stopped. No alert waits for it.
    pub(crate) async fn run(mut self) -> Result<(), LoopError> {
        let stop = self.common.stop.clone();
        let clock = self.common.context.clock.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            known = self.absent.wait_for(Option::is_some) => drop(known),
        }
        loop {
            let wait = match self.look().await {
                Ok(report) => {
                    self.told.send_replace(Some(Arc::new(report)));
                    LOOK
                }
                Err(error) => {
                    self.told.send_replace(None);
                    self.common.context.observer.observe(NAME, Event::BusFailed(&error));
                    AGAIN
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                Ok(()) = self.absent.changed() => {}
                () = clock.sleep_until(clock.now().plus(wait)) => {}
            }
        }
    }

    /// Looks once, and stores the report.
    async fn look(&mut self) -> Result<HealthReport, BusError> {
        let now = self.common.context.clock.now();
        let facts = self.facts(now).await?;
        let mut memory: Memory = match self.table.get(WATCH_KEY).await?.and_then(|it| it.value) {
            Some(value) => serde_json::from_slice(&value).unwrap_or_default(),
            None => Memory::default(),
        };
        let open = self.open().await?;
        let report = memory.report(&open, &facts, now);
        say_what_changed(&open, &report.conditions);
        // The state is stored first. If the process dies before the report is stored, the next look finds the
        // same.
        let remembered = serde_json::to_vec(&memory).unwrap_or_default();
        self.table.put(WATCH_KEY, remembered.into()).await?;
        if let Ok(value) = encode(&report) {
            self.table.put(HEALTH_KEY, value.into()).await?;
        }
        Ok(report)
    }

    async fn facts(&mut self, now: UnixMillis) -> Result<Facts, BusError> {
        let bus = &*self.common.context.bus;
        let (feeds, letters) = (&mut self.feeds, &mut self.letters);
        let mut facts = facts::of_bus(bus, &self.settings.limits, feeds, letters).await?;
        facts.absent = self.absent.borrow_and_update().clone().unwrap_or_default();
        facts.mistake.clone_from(&self.settings.mistake);
        facts.space = self.settings.disk.as_ref().and_then(|disk| disk.space());
        for records in &self.deliveries {
            let (name, off) = (records.delivery.clone(), records.gone(now).await?);
            let state = self.common.states.of(&name);
            facts.deliveries.push(DeliveryFact { name, off, state });
        }
        Ok(facts)
    }

    async fn open(&self) -> Result<Vec<HealthCondition>, BusError> {
        let entry = self.table.get(HEALTH_KEY).await?;
        let report = entry.and_then(|entry| decode::<HealthReport>(&entry.value?).ok());
        Ok(report.map(|report| report.conditions).unwrap_or_default())
    }
}

impl Memory {
    /// The conditions that are open by these facts, given the conditions that were open before.
    fn report(&mut self, open: &[HealthCondition], facts: &Facts, now: UnixMillis) -> HealthReport {
        let quiet = self.rhythm.look(facts.newest, now);
        let mut feeds = std::mem::take(&mut self.feeds);
        let silent = facts.feeds.iter().filter_map(|feed| {
            // The time takes the place of a sequence: it is another one after each new item.
            let last_new = unix_millis(feed.last_new?).0;
            let mut rhythm = feeds.remove(&feed.id).unwrap_or_default();
            let silence = rhythm.look(Some(last_new), now);
            self.feeds.insert(feed.id.clone(), rhythm);
            Some((feed, silence?))
        });
        let silent: Vec<(&FeedFact, Quiet)> = silent.collect();
        let last = facts.dead.map_or(0, |dead| dead.last);
        // Dead letters from before the first check are old. A stream that was created again begins again.
        let dead = self.dead.filter(|told| *told <= last).unwrap_or(last);
        let before = Before { now, open, dead };
        let mut found = conditions(facts, quiet, before);
        found.extend(silent.into_iter().map(|(feed, silence)| feed_silent(feed, silence, before)));
        let conditions = self.merge(open, found, now);
        let has_letters = conditions.iter().any(|it| it.kind == HealthKind::DeadLetters);
        self.dead = facts.dead.map(|_| if has_letters { dead } else { last }).or(self.dead);
        HealthReport { schema: Tag::new(), at: timestamp(now), conditions }
    }

    /// Combines the conditions that were open with those that were found.
    fn merge(
        &mut self,
        open: &[HealthCondition],
        mut found: Vec<HealthCondition>,
        now: UnixMillis,
    ) -> Vec<HealthCondition> {
        let mut calm_since = std::mem::take(&mut self.calm_since);
        for before in open {
            if let Some(still) = found.iter_mut().find(|it| it.is_same(before)) {
                still.since = before.since;
                continue;
            }
            // Settings do not come and go: where they were corrected, the condition is over.
            if matches!(before.kind, HealthKind::DeliveryAbsent | HealthKind::SettingsMistake) {
                continue;
            }
            let name = name(before);
            let since = calm_since.remove(&name).unwrap_or(now.0);
            if now.since(UnixMillis(since)) < CLEAR_AFTER {
                self.calm_since.insert(name, since);
                found.push(before.clone());
            }
        }
        found.sort_by(|one, other| (one.kind, &one.about).cmp(&(other.kind, &other.about)));
        found
    }
}

/// The key of a condition.
fn name(condition: &HealthCondition) -> String {
    format!("{} {}", condition.kind.as_str(), condition.about.as_deref().unwrap_or_default())
}

/// Logs which conditions opened and ended, and counts the open ones.
fn say_what_changed(before: &[HealthCondition], now: &[HealthCondition]) {
    for opened in now.iter().filter(|it| !before.iter().any(|other| other.is_same(it))) {
        let HealthCondition { words, advice, .. } = opened;
        tracing::warn!(condition = opened.kind.as_str(), advice, "{words}");
    }
    for over in before.iter().filter(|it| !now.iter().any(|other| other.is_same(it))) {
        tracing::warn!(condition = over.kind.as_str(), "over: {}", over.words);
    }
    for kind in HealthKind::ALL {
        let open = u32::try_from(now.iter().filter(|it| it.kind == kind).count());
        HEALTH_CONDITIONS.set(open.unwrap_or(u32::MAX).into(), &[kind.as_str()]);
    }
}

/// An older report says nothing about the present.
const STALE: Duration = Duration::from_secs(3 * LOOK.as_secs());
/// The time between two calls of the heartbeat's address.
const BEAT: Duration = Duration::from_mins(1);
/// How long a call may take.
const TOTAL: Duration = Duration::from_secs(10);
/// The most bytes that are read of an answer.
const MOST: u64 = 64 << 10;

/// Calls the address until it is stopped.
pub(crate) async fn beat(
    Common { context, stop, .. }: Common,
    heartbeat: Url,
    client: Client,
    mut report: Report,
) -> Result<(), AlerterError> {
    let mut failed = false;
    tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        first = report.wait_for(Option::is_some) => drop(first),
    }
    loop {
        let now = context.clock.now();
        let is_well = report.borrow().as_deref().is_some_and(|report| is_well(report, now));
        let outcome = match is_well {
            false => "withheld",
            true => match call(&client, &heartbeat).await {
                Ok(()) => {
                    failed = false;
                    "ok"
                }
                Err(why) => {
                    // The log reports it once: the called service notices by itself.
                    if !std::mem::replace(&mut failed, true) {
                        tracing::warn!(why, "the heartbeat was not accepted");
                    }
                    "failed"
                }
            },
        };
        HEARTBEATS.add(1, &[outcome]);
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = context.clock.sleep_until(now.plus(BEAT)) => {}
        }
    }
}

/// Whether no condition endangers news or data, as far as is known now.
fn is_well(report: &HealthReport, now: UnixMillis) -> bool {
    let age = now.since(unix_millis(report.at));
    age < STALE && !report.conditions.iter().any(|it| it.kind.endangers_data())
}

async fn call(client: &Client, heartbeat: &Url) -> Result<(), String> {
    let request = Request { total: TOTAL, max_body: MOST, ..Request::get(heartbeat.clone()) };
    match client.send(request).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(answer.status_label()),
        Err(error) => Err(error.to_string()),
    }
}
