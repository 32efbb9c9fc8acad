//! Revisions of one alert are delivered in their order, and do not wait for others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Answer, BusError, Entry, KeyValue};
use wirefold_proto::SubscriptionSettings;

use super::newsroom::{Given, five};
use super::positions::{Picky, last_alert, position};
use super::running::{World, at_once, settings, wait_until_idle};
use crate::delivery::{Common, DeliveryStage, DeliveryStates, Positions};
use crate::kinds::{DeliveryTarget, StdoutTarget};
use crate::matcher;
use crate::{Delivery, Printer};

/// The stored alerts, without any delivery.
async fn match_only(world: &World) {
    let deliveries = vec!["desk".to_owned()];
    let mut settings = settings([SubscriptionSettings { deliveries, ..at_once() }]);
    settings.deliveries[0].name = "desk".to_owned();
    let common = common(world);
    let stop = common.stop.clone();
    let running = tokio::spawn(matcher::run(common, settings));
    wait_until_idle().await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

fn common(world: &World) -> Common {
    Common {
        context: world.context(),
        stop: CancellationToken::new(),
        page: None,
        demo: false,
        zone: jiff::tz::TimeZone::UTC,
        states: DeliveryStates::default(),
        absent: tokio::sync::watch::Sender::default(),
        positions: Positions::of(vec!["desk".to_owned()]),
    }
}

async fn stage(world: &World, printer: &Arc<dyn Printer>) -> DeliveryStage {
    let common = common(world);
    common.positions.note_starts(&*world.bus).await.unwrap();
    let delivery = Delivery {
        name: "desk".to_owned(),
        target: DeliveryTarget::Stdout(StdoutTarget),
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    };
    let means = crate::Settings::default().means(printer.clone());
    DeliveryStage::new(&delivery, &means, &common).unwrap()
}

/// Lets a delivery work until it has nothing to do for so many seconds.
async fn deliver(world: &World, stage: DeliveryStage, seconds: u64) {
    let stop = stage.common.stop.clone();
    let running = tokio::spawn(stage.run());
    world.pass(seconds).await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// The revisions in the order in which they were printed.
fn revisions(blocks: &[String]) -> Vec<u64> {
    let revision = |block: &String| {
        let head = block.lines().next().unwrap();
        head.rsplit(' ').next().unwrap().parse().unwrap()
    };
    blocks.iter().map(revision).collect()
}

/// Publishes alerts behind the start of the delivery.
async fn tell(world: &mut World, given: impl IntoIterator<Item = Given>) {
    match_only(world).await;
    world.newsroom.tell_all(given).await;
    match_only(world).await;
}

#[tokio::test(start_paused = true)]
async fn messages_that_wait_are_sent_in_order() {
    let mut world = World::new().await;
    tell(&mut world, five()).await;
    let printer: Arc<dyn Printer> = world.paper.clone();
    deliver(&world, stage(&world, &printer).await, 1).await;
    assert_eq!(revisions(&world.paper.blocks()), [1, 2, 3, 4, 5], "each is delivered");
}

/// Alerts about other events than those of [`five`].
fn others() -> impl Iterator<Item = Given> {
    let [_, second, ..] = five();
    let names = ["other-1", "other-2", "other-3", "other-4", "other-5", "other-6"];
    names.map(|event| Given { event, ..second }).into_iter()
}

#[tokio::test(start_paused = true)]
async fn one_bad_message_holds_up_no_other_alert_and_comes_once_it_is_accepted() {
    let mut world = World::new().await;
    let bad = five()[0];
    tell(&mut world, [bad].into_iter().chain(others())).await;
    let picky = Picky::refusing("talks collapse");
    let printer: Arc<dyn Printer> = picky.clone();
    deliver(&world, stage(&world, &printer).await, 2).await;
    assert_eq!(picky.printed().len(), 6, "the others are delivered");
    assert_eq!(position(&world, "desk").await, 0, "the bad one is not finished");
    picky.is_mended.store(true, Ordering::SeqCst);
    // Another process goes on: it waits as long, and repeats none of the others.
    deliver(&world, stage(&world, &printer).await, 2).await;
    assert_eq!(picky.printed().len(), 6);
    deliver(&world, stage(&world, &printer).await, 6).await;
    let printed = picky.printed();
    assert!(printed.len() == 7 && printed[6].contains("talks collapse"), "{printed:#?}");
    assert_eq!(position(&world, "desk").await, last_alert(&world).await, "all are finished");
}

/// A table that fails once to read, or once to write.
struct FailingOnce {
    keys: Arc<dyn KeyValue>,
    reads: AtomicBool,
    writes: AtomicBool,
}

fn busy<T>() -> Answer<'static, T> {
    Box::pin(async { Err(BusError::Unavailable("busy".to_owned())) })
}

impl KeyValue for FailingOnce {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        let fails = !key.ends_with(".position") && self.reads.swap(false, Ordering::Relaxed);
        if fails { busy() } else { self.keys.get(key) }
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        let is_accepted = !key.ends_with(".position") && !key.ends_with(".attempts");
        let fails = is_accepted && self.writes.swap(false, Ordering::Relaxed);
        if fails { busy() } else { self.keys.put(key, value) }
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.keys.put_if(key, value, expected)
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.keys.delete(key)
    }

    fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>> {
        self.keys.changes(names, after)
    }
}

/// The revisions that are printed although the table of accepted revisions fails once.
async fn printed_with_failing(reads: bool, writes: bool) -> Vec<u64> {
    let mut world = World::new().await;
    let [first, second, ..] = five();
    tell(&mut world, [first, second]).await;
    let printer: Arc<dyn Printer> = world.paper.clone();
    let mut stage = stage(&world, &printer).await;
    let (reads, writes) = (AtomicBool::new(reads), AtomicBool::new(writes));
    let keys = stage.records.keys.clone();
    stage.records.keys = Arc::new(FailingOnce { keys, reads, writes });
    deliver(&world, stage, 3).await;
    revisions(&world.paper.blocks())
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_bus_failed_is_not_overtaken() {
    assert_eq!(printed_with_failing(true, false).await, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_not_sent_again_because_the_bus_failed_to_record_it() {
    assert_eq!(printed_with_failing(false, true).await, [1, 2]);
}
