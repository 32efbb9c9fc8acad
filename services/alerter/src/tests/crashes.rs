//! Crashes at every point, and a bus that loses answers: no alert is lost or sent twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use wirefold_flow::sim::{FaultyBus, Odds, Random, SimBus, SimDisk, VirtualClock};
use wirefold_flow::{Bus, Clock as _, FailPoints, LoopError, Point, StageContext};
use wirefold_proto::{Alert, AlertId, GroupBy, Interval, SubscriptionSettings, Volume, streams};

use super::newsroom::{Given, Newsroom, article};
use super::running::{Paper, Running, at_once, everything, revisions, settings, wait_until_idle};
use crate::kinds::{DeliveryTarget, FileTarget};
use crate::{AlerterError, Delivery, Settings};

const OUTLETS: [&str; 5] = [
    "harborledger.example",
    "meridianpost.example",
    "northcurrent.example",
    "quaytimes.example",
    "valeherald.example",
];
const EVENTS: [&str; 3] = ["recall", "storm", "strike"];
const STORIES: [&str; 4] = ["a", "b", "c", "d"];

struct Crashing {
    random: Mutex<Random>,
    in_a_thousand: u64,
    is_over: AtomicBool,
}

impl Crashing {
    fn new(seed: u64, in_a_thousand: u64) -> Arc<Self> {
        let random = Mutex::new(Random::new(seed ^ 0xc0ffee));
        Arc::new(Self { random, in_a_thousand, is_over: AtomicBool::new(false) })
    }

    /// From here on nothing crashes, so that all work can end.
    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl FailPoints for Crashing {
    fn crashes_at(&self, _point: Point) -> bool {
        !self.is_over.load(Ordering::Relaxed)
            && self.random.lock().unwrap().happens(self.in_a_thousand)
    }
}

/// Subscriptions of every kind, with waits short enough to pass.
fn subscriptions() -> Settings {
    let seconds = |seconds| Some(Interval::from_seconds(seconds));
    let short = SubscriptionSettings {
        group_wait: seconds(5),
        update_interval: seconds(20),
        ..everything()
    };
    let named = |id: &str, given: SubscriptionSettings| SubscriptionSettings {
        id: id.parse().unwrap(),
        name: id.to_owned(),
        ..given
    };
    settings([
        named("slow", short.clone()),
        named("now", at_once()),
        named("stories", SubscriptionSettings { group_by: Some(GroupBy::Story), ..short.clone() }),
        named("many", SubscriptionSettings { min_outlets: Some(3), ..short.clone() }),
        named("few", SubscriptionSettings { max_per_day: Some(2), ..short.clone() }),
        named("some", SubscriptionSettings { query: "a OR b -storm".to_owned(), ..short }),
    ])
}

/// A sequence of events, the same for the same seed.
enum Step {
    /// These are published in any order, because there are several enrichers.
    Publish(Vec<Given>),
    Merge,
    Pass(u64),
}

fn steps(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut pick = |most: usize| usize::try_from(random.below(most as u64)).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for number in 0..14 {
        let batch = (0..=pick(3)).map(|_| {
            let given = article(STORIES[pick(4)], OUTLETS[pick(5)], "a b strike at sea");
            Given { event: EVENTS[pick(3)], comparable: pick(8) > 0, ..given }
        });
        steps.push(Step::Publish(batch.collect()));
        steps.push(Step::Pass(pick(12) as u64));
        if number == 9 {
            steps.push(Step::Merge);
        }
    }
    steps.push(Step::Pass(60));
    steps
}

struct Told {
    alerts: Vec<Alert>,
    /// The revisions whose message is that of another, with that one; with none, the silent ones that follow.
    together: BTreeMap<(AlertId, u64), Option<(AlertId, u64)>>,
    printed: Vec<String>,
}

/// Whether people get a message about it: not that an alert was merged.
fn is_told(alert: &Alert) -> bool {
    alert.held.is_none() && alert.merged_into.is_none()
}

impl Told {
    async fn of(bus: &dyn Bus, paper: &Paper) -> Self {
        let mut alerts = Vec::new();
        let mut together = BTreeMap::new();
        let mut follow: BTreeSet<AlertId> = BTreeSet::new();
        for (alert, metadata) in revisions(bus).await {
            let key = (alert.id.clone(), alert.revision);
            if let Some(by) = metadata.told_by {
                let leader = AlertId { subscription: by.subscription, target: alert.target };
                together.insert(key, Some((leader, by.revision)));
                follow.insert(alert.id.clone());
            } else if alert.volume == Volume::Loud && alert.held.is_none() {
                follow.remove(&alert.id);
            } else if alert.held.is_none() && follow.contains(&alert.id) {
                together.insert(key, None);
            }
            alerts.push(alert);
        }
        Self { alerts, together, printed: paper.blocks() }
    }

    /// The revisions that have a message of their own.
    fn due(&self) -> impl Iterator<Item = &Alert> {
        let is_own = |alert: &&Alert| {
            let key = (alert.id.clone(), alert.revision);
            is_told(alert) && !self.together.contains_key(&key)
        };
        self.alerts.iter().filter(is_own)
    }

    /// The place in the stream of the revision whose message tells this one: itself or another.
    fn message_of(&self, alert: &Alert) -> Option<usize> {
        let key = (alert.id.clone(), alert.revision);
        let (id, revision) = self.together.get(&key).cloned().flatten().unwrap_or(key);
        self.alerts.iter().position(|it| it.id == id && it.revision == revision)
    }

    /// The place of its message among those that were printed.
    fn message_place(&self, alert: &Alert) -> Option<usize> {
        let Alert { id, revision, .. } = &self.alerts[self.message_of(alert)?];
        self.printed.iter().position(|block| is_block_of(id, *revision, block))
    }

    /// The revisions that somebody must get.
    fn sent(&self) -> impl Iterator<Item = &Alert> {
        let key = |alert: &Alert| (alert.id.clone(), alert.revision);
        let sent = self.alerts.iter().filter(|alert| is_told(alert));
        sent.filter(move |alert| self.together.get(&key(alert)) != Some(&None))
    }
}

async fn tell(newsroom: &mut Newsroom, step: Step) {
    match step {
        Step::Publish(batch) => {
            for given in batch {
                newsroom.tell(given).await;
            }
        }
        Step::Merge => newsroom.merge("strike", "storm").await,
        Step::Pass(_) => {}
    }
}

/// Plays a seed. After every crash, alerter and bus restart.
async fn play(seed: u64, in_a_thousand: u64) -> Told {
    play_with(seed, in_a_thousand, &subscriptions()).await
}

async fn play_with(seed: u64, in_a_thousand: u64, settings: &Settings) -> Told {
    let clock = VirtualClock::default();
    let sim = SimBus::open(&SimDisk::default(), Arc::new(clock.clone()));
    let mut newsroom = Newsroom::new(sim.bus(), Arc::new(clock.clone())).await;
    let paper = Arc::<Paper>::default();
    let crashing = Crashing::new(seed, in_a_thousand);
    let context = StageContext {
        fail_points: crashing.clone(),
        ..StageContext::new(sim.bus(), Arc::new(clock.clone()))
    };
    let mut running = Running::start(&context, settings, &paper);
    for name in EVENTS {
        newsroom
            .tell(Given { event: name, baseline: true, ..article("z", "base.example", "base") })
            .await;
    }
    for step in steps(seed) {
        let seconds = if let Step::Pass(seconds) = step { seconds } else { 0 };
        tell(&mut newsroom, step).await;
        for second in 0..=seconds {
            if second > 0 {
                clock.advance(Duration::from_secs(1));
            }
            wait_until_idle().await;
            while running.done.is_finished() {
                let end = running.done.await.unwrap();
                assert!(
                    matches!(end, Err(AlerterError::Loop(LoopError::Crashed(_)))),
                    "seed {seed}: {end:?}"
                );
                sim.restart();
                running = Running::start(&context, settings, &paper);
                wait_until_idle().await;
            }
        }
    }
    crashing.end();
    for _ in 0..20 {
        clock.advance(Duration::from_secs(61));
        wait_until_idle().await;
        assert!(!running.done.is_finished(), "seed {seed}");
    }
    running.stop.cancel();
    Told::of(&*sim.bus(), &paper).await
}

fn assert_all_printed(seed: u64, told: &Told) {
    for alert in told.sent() {
        let head = format!("{} revision {}", alert.id, alert.revision);
        let was_printed = told.message_place(alert).is_some();
        let later = |other: &&Alert| other.id == alert.id && other.revision > alert.revision;
        // A revision that had to wait may have been overtaken.
        let was_overtaken = told.alerts.iter().filter(later).any(|other| other.held.is_none());
        assert!(was_printed || was_overtaken, "seed {seed}: {head} was not delivered");
    }
}

/// Whether a revision was printed like this: without ids, except in the link to the page.
fn is_block_of(id: &AlertId, revision: u64, block: &str) -> bool {
    let head = block.lines().next().unwrap_or_default();
    let page = format!("s/{}", id.target);
    let names = head.split(" · ").nth(2).and_then(|names| names.split(", ").next());
    names == Some(id.subscription.as_str())
        && head.ends_with(&format!(" revision {revision}"))
        && block.lines().any(|line| line.ends_with(&page))
}

/// Every revision was printed, those of each alert in this order.
fn assert_printed_in_order<K: Ord>(seed: u64, told: &Told, order: impl Fn(&Alert) -> K) {
    let mut by_alert: BTreeMap<&AlertId, BTreeMap<K, usize>> = BTreeMap::new();
    for alert in told.sent() {
        let head = format!("{} revision {}", alert.id, alert.revision);
        let place = told.message_place(alert);
        let place = place.unwrap_or_else(|| panic!("seed {seed}: {head} was not delivered"));
        by_alert.entry(&alert.id).or_default().insert(order(alert), place);
    }
    for (id, by_order) in by_alert {
        let places: Vec<usize> = by_order.into_values().collect();
        assert!(places.is_sorted_by(|a, b| a < b), "seed {seed}: {id} came as {places:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn crashes_at_every_point_change_no_alert() {
    for seed in 0..16 {
        let undisturbed = play(seed, 0).await;
        assert!(undisturbed.alerts.len() > 20, "seed {seed}: {}", undisturbed.alerts.len());
        let crashed = play(seed, 60).await;
        for (found, expected) in crashed.alerts.iter().zip(&undisturbed.alerts) {
            assert_eq!(found, expected, "seed {seed}");
        }
        assert_eq!(crashed.alerts.len(), undisturbed.alerts.len(), "seed {seed}");
        assert_printed_in_order(seed, &crashed, |alert| alert.revision);
        let due = undisturbed.due().count();
        assert_eq!(undisturbed.printed.len(), due, "seed {seed}");
    }
}

/// A file drops lines that it has already, so that a revision under way at a crash is one line.
#[tokio::test(start_paused = true)]
async fn crashes_write_each_revision_into_a_file_once() {
    for seed in 0..8 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let mut settings = subscriptions();
        let kind = DeliveryTarget::File(FileTarget { path: path.clone() });
        settings.deliveries.push(Delivery {
            name: "log".to_owned(),
            target: kind,
            feed_digest: false,
            health: false,
            templates: crate::Templates::default(),
        });
        for subscription in &mut settings.subscriptions {
            subscription.settings.deliveries = vec!["log".to_owned()];
        }
        // There are so many crashes that messages are delivered dozens of times.
        let told = play_with(seed, 150, &settings).await;
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: BTreeMap<(String, u64), u32> = BTreeMap::new();
        for line in text.lines() {
            let alert: Value = serde_json::from_str(line).unwrap();
            let id = alert["id"].as_str().unwrap().to_owned();
            *lines.entry((id, alert["revision"].as_u64().unwrap())).or_default() += 1;
        }
        let due = told.alerts.iter().filter(|alert| alert.held.is_none());
        let due = due.map(|alert| ((alert.id.to_string(), alert.revision), 1)).collect();
        assert_eq!(lines, due, "seed {seed}");
    }
}

/// The newest revision of each alert whose earlier revisions are all there.
fn newest(seed: u64, alerts: &[Alert]) -> BTreeMap<AlertId, &Alert> {
    let mut newest: BTreeMap<AlertId, &Alert> = BTreeMap::new();
    for alert in alerts {
        let before = newest.insert(alert.id.clone(), alert).map_or(0, |before| before.revision);
        assert_eq!(alert.revision, before + 1, "seed {seed}: {}", alert.id);
    }
    newest
}

/// Plays a seed over a bus with faults.
async fn play_faulty(seed: u64, odds: Odds) -> (Newsroom, Told) {
    let clock = VirtualClock::default();
    let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
    let mut newsroom = Newsroom::new(bus.clone(), Arc::new(clock.clone())).await;
    let paper = Arc::<Paper>::default();
    let faulty: Arc<dyn Bus> =
        Arc::new(FaultyBus::new(bus.clone(), Arc::new(clock.clone()), odds, seed));
    let context = StageContext::new(faulty, Arc::new(clock.clone()));
    let moving = tokio::spawn({
        let clock = clock.clone();
        async move { clock.run_when_idle().await }
    });
    let running = Running::start(&context, &subscriptions(), &paper);
    for step in steps(seed) {
        let seconds = if let Step::Pass(seconds) = step { seconds } else { 0 };
        tell(&mut newsroom, step).await;
        clock.sleep_until(clock.now().plus(Duration::from_secs(seconds))).await;
    }
    clock.sleep_until(clock.now().plus(Duration::from_mins(30))).await;
    running.stop.cancel();
    running.done.await.unwrap().unwrap();
    moving.abort();
    let told = Told::of(&*bus, &paper).await;
    (newsroom, told)
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_loses_answers_loses_and_doubles_nothing() {
    const ODDS: Odds =
        Odds { refused: 15, answer_lost: 15, stale: 50, ..Odds::slow(50, Duration::from_secs(2)) };
    for seed in 0..8 {
        let (newsroom, told) = play_faulty(seed, ODDS).await;
        for (id, alert) in newest(seed, &told.alerts) {
            let is_complete = alert.merged_into.is_some() || is_up_to_date(&newsroom, alert);
            assert!(is_complete, "seed {seed}: {id} is behind: {alert:?}");
        }
        assert_all_printed(seed, &told);
        assert!(newsroom.bus.last(streams::DEAD.name, ">").await.unwrap().is_none(), "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_refuses_calls_lets_no_revision_be_overtaken() {
    const ODDS: Odds = Odds { refused: 60, ..Odds::NONE };
    for seed in 0..24 {
        let (_, told) = play_faulty(seed, ODDS).await;
        // The bus may refuse a revision and store a later message of another alert that tells it, too.
        assert_printed_in_order(seed, &told, |alert| told.message_of(alert));
    }
}

/// Whether an alert about an event reports the current numbers of the event.
fn is_up_to_date(newsroom: &Newsroom, alert: &Alert) -> bool {
    newsroom.outlets(alert.target).is_none_or(|outlets| alert.outlets >= outlets)
}
