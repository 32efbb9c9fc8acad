//! Of two alerters one works, and the other takes over when it is gone.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wirefold_flow::sim::{FaultyBus, Odds};
use wirefold_flow::{Lease, LeaseConfig, LoopError, StageContext};
use wirefold_proto::SubscriptionSettings;

use super::newsroom::{Given, article};
use super::running::{World, at_once, settings};
use crate::{AlerterError, Settings, run_under};

/// An alerter with a connection of its own to the bus.
struct Replica {
    way: Arc<FaultyBus>,
    stop: CancellationToken,
    /// Gives it other settings.
    again: watch::Sender<Settings>,
    done: JoinHandle<Result<(), AlerterError>>,
}

fn start(world: &World, name: &str) -> Replica {
    let clock = Arc::new(world.clock.clone());
    let way = Arc::new(FaultyBus::new(world.bus.clone(), clock.clone(), Odds::NONE, 1));
    let context = StageContext::new(way.clone(), clock);
    let config = LeaseConfig {
        name: "alerter".to_owned(),
        keys: context.bus.key_value("wf_leases").unwrap(),
        key: "alerter".to_owned(),
        holder: name.to_owned(),
        unique: name.to_owned(),
    };
    let lease = Lease::spawn(&context, config);
    let stop = CancellationToken::new();
    let (again, settings) = watch::channel(settings([at_once()]));
    let running = run_under(context, settings, world.paper.clone(), lease, stop.clone());
    Replica { way, stop, again, done: tokio::spawn(running) }
}

#[tokio::test(start_paused = true)]
async fn the_standby_alerts_once_the_leader_is_killed() {
    let mut world = World::new().await;
    let first = start(&world, "first");
    world.pass(2).await;
    let second = start(&world, "second");
    world.newsroom.tell(article("a", "harborledger.example", "a strike at sea")).await;
    world.pass(20).await;
    assert_eq!(world.paper.blocks().len(), 1, "one of them alerts");
    first.way.cut();
    first.done.abort();
    world.newsroom.tell(article("b", "quaytimes.example", "a fire on the quay")).await;
    world.pass(20).await;
    assert_eq!(world.paper.blocks().len(), 2, "the other goes on, and repeats nothing");
    second.stop.cancel();
    world.pass(2).await;
    second.done.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paused_and_replaced_leader_ends_without_alerts() {
    let mut world = World::new().await;
    let first = start(&world, "first");
    world.pass(2).await;
    let second = start(&world, "second");
    first.way.cut();
    world.pass(20).await;
    world.newsroom.tell(article("a", "harborledger.example", "a strike at sea")).await;
    world.pass(20).await;
    first.way.heal();
    world.pass(20).await;
    let ended = first.done.await.unwrap();
    assert!(matches!(ended, Err(AlerterError::Loop(LoopError::Fenced(_)))), "{ended:?}");
    assert_eq!((world.alerts().await.len(), world.paper.blocks().len()), (1, 1));
    second.stop.cancel();
    world.pass(2).await;
    second.done.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn new_settings_apply_in_place_and_repeat_nothing() {
    let mut world = World::new().await;
    let alerter = start(&world, "only");
    world.pass(2).await;
    world.newsroom.tell(article("a", "harborledger.example", "a strike at sea")).await;
    world.pass(5).await;
    let other = SubscriptionSettings { query: "fire".to_owned(), ..at_once() };
    alerter.again.send_replace(settings([other]));
    world.pass(5).await;
    assert_eq!(world.paper.blocks().len(), 1, "told once");
    world
        .newsroom
        .tell(Given { event: "b", ..article("b", "quaytimes.example", "a fire on the quay") })
        .await;
    world
        .newsroom
        .tell(Given { event: "c", ..article("c", "quaytimes.example", "a calm night") })
        .await;
    world.pass(5).await;
    let told = world.paper.blocks();
    assert!(told.len() == 2 && told[1].contains("a fire on the quay"), "{told:?}");
    alerter.stop.cancel();
    world.pass(2).await;
    alerter.done.await.unwrap().unwrap();
}
