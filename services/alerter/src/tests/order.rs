//! Revisions of one alert are delivered in their order, and do not wait for others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::dead_letters;
use wirefold_flow::{
    Answer, BusError, ConsumerConfig, Entry, Input, KeyValue, PulledMessage, Stage, StageError,
};
use wirefold_proto::{SubscriptionSettings, streams};

use super::newsroom::{Given, five};
use super::running::{World, at_once, settings, wait_until_idle};
use crate::delivery::DeliveryStates;
use crate::delivery::{Clients, Common, DeliveryStage};
use crate::kinds::{DeliveryTarget, StdoutTarget};
use crate::matcher::{self, Setup};
use crate::{Delivery, Printer};

/// The stored alerts, without any delivery.
async fn match_only(world: &World) {
    let deliveries = vec!["desk".to_owned()];
    let mut settings = settings([SubscriptionSettings { deliveries, ..at_once() }]);
    settings.deliveries[0].name = "desk".to_owned();
    let absent = tokio::sync::watch::Sender::default();
    let setup = Setup { context: world.context(), settings, absent };
    let stop = CancellationToken::new();
    let running = tokio::spawn(matcher::run(Arc::new(setup), stop.clone()));
    wait_until_idle().await;
    stop.cancel();
    running.await.unwrap().unwrap();
}

fn stage(world: &World) -> DeliveryStage {
    let delivery = Delivery {
        name: "desk".to_owned(),
        target: DeliveryTarget::Stdout(StdoutTarget),
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    };
    let mut clients = Clients { allow: Vec::new(), made: None, subjects: None };
    let printer: Arc<dyn Printer> = world.paper.clone();
    let common = Common {
        context: world.context(),
        page: None,
        demo: false,
        zone: jiff::tz::TimeZone::UTC,
        states: DeliveryStates::default(),
        absent: tokio::sync::watch::Sender::default(),
    };
    DeliveryStage::new(&delivery, &mut clients, &printer, &common).unwrap()
}

/// Pulls the messages of the stage like its loop.
async fn pull(stage: &DeliveryStage, world: &World, most: usize) -> Vec<PulledMessage> {
    let dead = dead_letters(streams::Stage::Alerter);
    let consumer = ConsumerConfig::new(streams::ALERTS.name, "alerter-desk", dead);
    let bus = world.context().bus;
    let taken = bus.subscribe(consumer).await.unwrap().next(most).await.unwrap();
    stage.note_order(&taken);
    taken
}

fn input(taken: &PulledMessage) -> Input {
    Input { message: taken.message.clone(), attempt: taken.attempt }
}

#[tokio::test(start_paused = true)]
async fn messages_pulled_together_are_sent_in_order() {
    let mut world = World::new().await;
    world.newsroom.tell_all(five()).await;
    match_only(&world).await;
    let stage = stage(&world);
    let taken = pull(&stage, &world, 5).await;
    assert_eq!(taken.len(), 5);
    // The last begins first.
    let handled = join_all(taken.iter().rev().map(|taken| stage.handle(input(taken)))).await;
    assert!(handled.iter().all(Result::is_ok), "{handled:?}");
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 5, "each revision is delivered: {blocks:#?}");
    for (block, revision) in blocks.iter().zip(1..) {
        assert!(block.contains(&format!("revision {revision}\n")), "{revision}: {block}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_alert_waits_for_none_of_them() {
    let mut world = World::new().await;
    let [first, second, ..] = five();
    world.newsroom.tell_all([first, second, Given { event: "other", ..second }]).await;
    match_only(&world).await;
    let stage = stage(&world);
    let taken = pull(&stage, &world, 3).await;
    let other = stage.handle(input(&taken[2]));
    assert!(other.await.is_ok(), "it waits for nobody");
    assert_eq!(world.paper.blocks().len(), 1);
}

/// A table that fails once.
struct FailingOnce {
    keys: Arc<dyn KeyValue>,
    has_failed: AtomicBool,
}

impl KeyValue for FailingOnce {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        match self.has_failed.swap(true, Ordering::Relaxed) {
            true => self.keys.get(key),
            false => Box::pin(async { Err(BusError::Unavailable("busy".to_owned())) }),
        }
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        self.keys.put(key, value)
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.keys.put_if(key, value, expected)
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.keys.delete(key)
    }

    fn changes(&self, after: u64) -> Answer<'_, Vec<Entry>> {
        self.keys.changes(after)
    }

    fn changes_under<'a>(&'a self, names: &'a [&'a str]) -> Answer<'a, Vec<Entry>> {
        self.keys.changes_under(names)
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_the_bus_failed_is_not_overtaken() {
    let mut world = World::new().await;
    let [first, second, ..] = five();
    world.newsroom.tell_all([first, second]).await;
    match_only(&world).await;
    let mut stage = stage(&world);
    let keys = stage.accepted.clone();
    stage.accepted = Arc::new(FailingOnce { keys, has_failed: AtomicBool::new(false) });
    let taken = pull(&stage, &world, 2).await;
    for one in &taken {
        let answer = stage.handle(input(one)).await;
        assert!(matches!(answer, Err(StageError::Retry { .. })), "{answer:?}");
    }
    for (one, count) in taken.iter().zip(1..) {
        let again = Input { attempt: 2, ..input(one) };
        assert!(stage.handle(again).await.is_ok());
        assert_eq!(world.paper.blocks().len(), count);
    }
}
