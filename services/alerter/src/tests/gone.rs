//! Targets that answer 410: they get no more messages.

use std::time::Duration;

use wirefold_envelope::decode;
use wirefold_proto::{AttemptOutcome, DeadLetter, streams};

use super::http::{Answer, Receiver, attempts, start, webhook, with};
use super::newsroom::five;
use super::running::{Running, World};
use super::watching::Log;
use crate::switch_on;

/// A receiver that has answered an alert with 410.
async fn gone(world: &mut World) -> (Receiver, Running, Log) {
    let mut receiver = Receiver::start([Answer::Status(410)]).await;
    let (running, mut log) = start(world, &with(vec![webhook("hook", &receiver.url)]));
    world.newsroom.tell(five()[0]).await;
    receiver.next().await;
    log.wait_for("alerter-hook rejected").await;
    (receiver, running, log)
}

#[tokio::test]
async fn a_target_that_is_gone_gets_nothing_more_and_the_letter_is_dead() {
    let mut world = World::new().await;
    let (mut receiver, running, mut log) = gone(&mut world).await;
    world.newsroom.tell(five()[1]).await;
    log.wait_for("alerter-hook rejected").await;
    running.stop().await;
    assert!(receiver.got.try_recv().is_err(), "it is asked once only");
    let mut letters = world.bus.read(streams::DEAD.name, ">", 1).await.unwrap();
    let letters = letters.ready(10).await.unwrap();
    assert_eq!(letters.len(), 2);
    for letter in &letters {
        let dead: DeadLetter = decode(letter).unwrap();
        assert_eq!(dead.reason, "410: the target is gone for good");
        assert_eq!(dead.stage, streams::Stage::Alerter);
        assert_eq!(dead.delivery.as_deref(), Some("hook"));
    }
    let kept = attempts(&world, &world.alerts().await[0]).await;
    let outcomes: Vec<AttemptOutcome> = kept.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::GivenUp], "the second was not tried");
    // Another start sends no request there, …
    let (again, mut seen) = start(&world, &with(vec![webhook("hook", &receiver.url)]));
    world.newsroom.tell(five()[2]).await;
    seen.wait_for("alerter-hook rejected").await;
    again.stop().await;
    assert!(receiver.got.try_recv().is_err(), "it has been told");
    // … but it sends one to a target at another address.
    let mut elsewhere = receiver.url.clone();
    elsewhere.set_path("/elsewhere");
    let (moved, mut log_of_moved) = start(&world, &with(vec![webhook("hook", &elsewhere)]));
    world.newsroom.tell(five()[3]).await;
    receiver.next().await;
    log_of_moved.wait_for("alerter-hook done").await;
    moved.stop().await;
}

#[tokio::test]
async fn a_delivery_that_is_switched_on_sends_again_in_the_running_process() {
    let mut world = World::new().await;
    let (mut receiver, running, mut log) = gone(&mut world).await;
    assert!(switch_on(&*world.bus, "hook").await.unwrap());
    assert!(!switch_on(&*world.bus, "hook").await.unwrap(), "it is on");
    world.newsroom.tell(five()[1]).await;
    receiver.next().await;
    log.wait_for("alerter-hook done").await;
    running.stop().await;
}

#[tokio::test]
async fn a_target_that_was_gone_is_asked_again_after_a_week() {
    let mut world = World::new().await;
    let (mut receiver, running, _log) = gone(&mut world).await;
    running.stop().await;
    world.clock.advance(Duration::from_hours(8 * 24));
    let (again, mut seen) = start(&world, &with(vec![webhook("hook", &receiver.url)]));
    world.newsroom.tell(five()[1]).await;
    receiver.next().await;
    seen.wait_for("alerter-hook done").await;
    again.stop().await;
}
