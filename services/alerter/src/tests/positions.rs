//! Deliveries read the alerts at positions of their own: after kills, outages of a target, and a stream that went
//! back in time, nothing is lost, and at most what was under way comes twice.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::decode;
use wirefold_flow::sim::{FaultyBus, Odds};
use wirefold_flow::{Clock as _, Event, Observer, StageContext};
use wirefold_proto::{DeadLetter, SubscriptionSettings, streams};

use super::channels::delivery;
use super::http::start;
use super::newsroom::{Given, five};
use super::receivers::chat::{Next, Service, Target};
use super::running::{Paper, Running, World, at_once, settings, wait_until_idle};
use crate::{Printer, Settings, run};

/// A terminal that refuses the blocks about one headline until it is repaired.
pub(super) struct Picky {
    refused: &'static str,
    pub(super) is_mended: AtomicBool,
    printed: Mutex<Vec<String>>,
    refusals: AtomicUsize,
}

impl Picky {
    pub(super) fn refusing(refused: &'static str) -> Arc<Self> {
        let (is_mended, refusals) = (AtomicBool::new(false), AtomicUsize::new(0));
        Arc::new(Self { refused, is_mended, printed: Mutex::default(), refusals })
    }

    pub(super) fn printed(&self) -> Vec<String> {
        self.printed.lock().unwrap().clone()
    }
}

impl Printer for Picky {
    fn print(&self, line: &str) -> std::io::Result<()> {
        if line.contains(self.refused) && !self.is_mended.load(Ordering::SeqCst) {
            self.refusals.fetch_add(1, Ordering::SeqCst);
            return Err(std::io::ErrorKind::BrokenPipe.into());
        }
        self.printed.lock().unwrap().push(line.to_owned());
        Ok(())
    }
}

fn start_on(context: StageContext, printer: Arc<dyn Printer>) -> Running {
    let stop = CancellationToken::new();
    let running = run(context, settings([at_once()]), printer, stop.clone());
    Running { stop, done: tokio::spawn(running) }
}

/// The sequence of the stored position of a delivery.
pub(super) async fn position(world: &World, delivery: &str) -> u64 {
    let keys = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let value = keys.get(&format!("{delivery}.position")).await.unwrap().unwrap().value.unwrap();
    let text = String::from_utf8(value.to_vec()).unwrap();
    text.split('/').next().unwrap().parse().unwrap()
}

/// The last sequence of the alerts.
pub(super) async fn last_alert(world: &World) -> u64 {
    world.bus.stream_state(streams::ALERTS.name).await.unwrap().last
}

/// A terminal behind which the bus is cut off once it has printed a block.
struct Cutting {
    way: Arc<FaultyBus>,
    paper: Arc<Paper>,
}

impl Printer for Cutting {
    fn print(&self, line: &str) -> std::io::Result<()> {
        self.way.cut();
        self.paper.print(line)
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_between_message_and_record_repeats_that_message_only() {
    let mut world = World::new().await;
    let first = world.start(&settings([at_once()]));
    world.newsroom.tell(five()[0]).await;
    world.pass(1).await;
    first.stop().await;
    let clock = Arc::new(world.clock.clone());
    let way = Arc::new(FaultyBus::new(world.bus.clone(), clock.clone(), Odds::NONE, 1));
    let cutting = Arc::new(Cutting { way: way.clone(), paper: world.paper.clone() });
    let killed = start_on(StageContext::new(way, clock), cutting);
    for given in [five()[1], Given { event: "other", ..five()[3] }] {
        world.newsroom.tell(given).await;
    }
    world.pass(1).await;
    killed.done.abort();
    let before = world.paper.blocks();
    assert_eq!(before.len(), 2, "the second was printed, and that is not recorded: {before:#?}");
    let running = world.start(&settings([at_once()]));
    world.pass(2).await;
    let after = world.paper.blocks();
    assert_eq!(after.len(), 4, "{after:#?}");
    assert_eq!(after[2], before[1], "it comes again as it was");
    running.stop().await;
    assert_eq!(position(&world, "stdout").await, last_alert(&world).await);
}

/// Lets the time pass in steps, and restarts the alerter after so many of them.
async fn pass_with_restarts(world: &World, picky: &Arc<Picky>, steps: u32, restart_every: u32) {
    let mut running = start_on(world.context(), picky.clone());
    for step in 1..=steps {
        wait_until_idle().await;
        world.clock.advance(Duration::from_mins(5));
        wait_until_idle().await;
        if step % restart_every == 0 {
            running.stop().await;
            running = start_on(world.context(), picky.clone());
        }
    }
    wait_until_idle().await;
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn restarts_try_a_dead_target_no_more_often_and_lose_nothing() {
    for restart_every in [u32::MAX, 9] {
        let mut world = World::new().await;
        let picky = Picky::refusing("");
        start_on(world.context(), picky.clone()).stop().await;
        world.newsroom.tell(five()[0]).await;
        // Four hours: at first, and after 5 s, 5 min, 30 min and 2 h.
        pass_with_restarts(&world, &picky, 48, restart_every).await;
        assert_eq!(picky.refusals.load(Ordering::SeqCst), 5, "{restart_every}");
        picky.is_mended.store(true, Ordering::SeqCst);
        pass_with_restarts(&world, &picky, 60, restart_every).await;
        assert_eq!(picky.printed().len(), 1, "{restart_every}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_nobody_accepts_for_days_is_given_up_and_holds_nothing() {
    let mut world = World::new().await;
    let picky = Picky::refusing("revision 1\n");
    start_on(world.context(), picky.clone()).stop().await;
    world.newsroom.tell(five()[0]).await;
    let days = |days: u32| days * 24 * 12;
    pass_with_restarts(&world, &picky, days(2), 100).await;
    assert_eq!(position(&world, "stdout").await, 0, "it is tried still");
    pass_with_restarts(&world, &picky, days(2), 100).await;
    assert_eq!(picky.refusals.load(Ordering::SeqCst), 12);
    let mut letters = world.bus.read(streams::DEAD.name, ">", 1).await.unwrap();
    let letters = letters.ready(10).await.unwrap();
    let letter: DeadLetter = decode(&letters[0]).unwrap();
    assert_eq!(
        (letters.len(), letter.attempts, letter.delivery.as_deref()),
        (1, 12, Some("stdout"))
    );
    assert_eq!(position(&world, "stdout").await, last_alert(&world).await);
    // A later revision, and the next alert, did not wait for it.
    picky.is_mended.store(true, Ordering::SeqCst);
    world.newsroom.tell(Given { event: "other", ..five()[3] }).await;
    pass_with_restarts(&world, &picky, 1, 100).await;
    let printed = picky.printed();
    assert!(printed.len() == 2 && printed[0].contains("revision 2\n"), "{printed:#?}");
}

/// Notes which loops report that a stream went back in time.
#[derive(Default)]
struct Watcher(Mutex<Vec<String>>);

impl Observer for Watcher {
    fn observe(&self, name: &str, event: Event<'_>) {
        if let Event::RolledBack { stream, .. } = event {
            self.0.lock().unwrap().push(format!("{name} {stream}"));
        }
    }
}

/// A world in which these articles were told, ten seconds apart.
async fn told(articles: &[Given]) -> World {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    for given in articles {
        world.newsroom.tell(*given).await;
        world.pass(10).await;
    }
    running.stop().await;
    world
}

#[tokio::test(start_paused = true)]
async fn alerts_of_a_stream_that_went_back_in_time_are_sent_and_none_twice() {
    let [first, second, _, third, _] = five();
    let before = told(&[first, second, third]).await;
    assert_eq!(before.paper.blocks().len(), 3);
    // An older copy of the streams, with the records of the deliveries as they are now.
    let mut world = told(&[first, second]).await;
    let keys = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let kept = before.bus.key_value(streams::DELIVERIES.name).unwrap();
    for entry in kept.changes(&[], 0).await.unwrap() {
        keys.put(&entry.key, entry.value.unwrap()).await.unwrap();
    }
    world.clock.advance(before.clock.now().since(world.clock.now()) + Duration::from_secs(1));
    let observer = Arc::new(Watcher::default());
    let context = StageContext { observer: observer.clone(), ..world.context() };
    let paper = Arc::<Paper>::default();
    let running = start_on(context, paper.clone());
    world.newsroom.tell(five()[4]).await;
    world.pass(10).await;
    let blocks = paper.blocks();
    assert_eq!(blocks.len(), 1, "only the new one: {blocks:#?}");
    assert!(blocks[0].lines().next().unwrap().ends_with("revision 3"), "{blocks:#?}");
    assert_eq!(*observer.0.lock().unwrap(), ["alerter-stdout WF_ALERTS"]);
    running.stop().await;
    assert_eq!(position(&world, "stdout").await, last_alert(&world).await);
}

/// Two subscriptions of one chat.
fn two_in_a_chat(target: &Target) -> Settings {
    let names = vec!["desk".to_owned()];
    let all = SubscriptionSettings { deliveries: names.clone(), ..at_once() };
    let docks = SubscriptionSettings {
        id: "docks".parse().unwrap(),
        name: "Docks".to_owned(),
        query: "dock OR dockers OR cranes".to_owned(),
        deliveries: names,
        ..at_once()
    };
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    Settings { deliveries: vec![delivery(target.kind())], allow, ..settings([all, docks]) }
}

#[tokio::test]
async fn a_message_for_two_subscriptions_that_waits_comes_once() {
    let mut world = World::new().await;
    let target = Target::start(Service::Slack).await;
    target.answer_next(Next::Garbage);
    let (running, mut log) = start(&world, &two_in_a_chat(&target));
    world.newsroom.tell(five()[0]).await;
    // The message, and the revision that it tells.
    log.wait_for("alerter-desk retried").await;
    log.wait_for("alerter-desk retried").await;
    world.clock.advance(Duration::from_secs(6));
    log.wait_for("alerter-desk done").await;
    log.wait_for("alerter-desk done").await;
    running.stop().await;
    let seen = target.seen();
    assert!(seen.len() == 1 && seen[0].text.contains("Everything, Docks"), "{seen:?}");
    assert_eq!(position(&world, "desk").await, last_alert(&world).await);
}

#[tokio::test]
async fn a_refused_message_takes_no_news_of_another_subscription_with_it() {
    let mut world = World::new().await;
    let target = Target::start(Service::Slack).await;
    target.answer_next(Next::Refused);
    let (running, mut log) = start(&world, &two_in_a_chat(&target));
    world.newsroom.tell(five()[0]).await;
    log.wait_for("alerter-desk rejected").await;
    log.wait_for("alerter-desk done").await;
    running.stop().await;
    let seen = target.seen();
    assert!(seen.len() == 1 && seen[0].text.contains("new for Docks"), "{seen:?}");
}
