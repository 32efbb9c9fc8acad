//! The messages after the alerter was away for long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{FailPoints, LoopError, Point, StageContext};
use wirefold_proto::{HoldReason, QuietHours, SubscriptionSettings, Volume};

use super::newsroom::{Given, article};
use super::running::{Running, World, at_once, everything, settings};
use crate::AlerterError;

const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;

/// A happening of its own.
fn happening(event: &'static str, title: &'static str) -> Given {
    Given { event, ..article(event, "ferrytimes.example", title) }
}

const LATE: [(&str, &str); 4] = [
    ("bridge", "Bridge closed"),
    ("ferry", "Ferry runs aground"),
    ("market", "Fish market burns"),
    ("mast", "Mast falls on quay"),
];

/// Three hours without an alerter: four happenings in the first, and one in the last minutes.
async fn away(world: &mut World) {
    for (event, title) in LATE {
        world.newsroom.tell(happening(event, title)).await;
        world.pass(10 * MINUTE).await;
    }
    world.pass(130 * MINUTE).await;
    world.newsroom.tell(happening("storm", "Storm over Gull Sound")).await;
    world.pass(10 * MINUTE).await;
}

fn digests(blocks: &[String]) -> Vec<&String> {
    blocks.iter().filter(|block| block.starts_with("DIGEST")).collect()
}

#[tokio::test(start_paused = true)]
async fn missed_alerts_are_one_message_and_fresh_ones_notify() {
    let mut world = World::new().await;
    away(&mut world).await;
    let running = world.start(&settings([at_once()]));
    world.pass(1).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    assert!(blocks[0].contains("Storm over Gull Sound"), "{}", blocks[0]);
    world.pass(5 * MINUTE).await;
    let told = world.paper.blocks();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("DIGEST · Everything: 4 alerts\n"), "{}", told[1]);
    assert!(LATE.iter().all(|(_, title)| told[1].contains(title)), "{}", told[1]);
    world.pass(HOUR).await;
    assert_eq!(world.paper.blocks().len(), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn news_about_an_old_event_notifies() {
    let mut world = World::new().await;
    away(&mut world).await;
    let opens = article("opened", "quaytimes.example", "Bridge opens again");
    world.newsroom.tell(Given { event: "bridge", ..opens }).await;
    world.pass(MINUTE).await;
    let running = world.start(&settings([at_once()]));
    world.pass(5 * MINUTE).await;
    let blocks = world.paper.blocks();
    let loud: Vec<&String> =
        blocks.iter().filter(|block| block.contains("quaytimes.example")).collect();
    assert_eq!(loud.len(), 1, "{blocks:?}");
    assert!(loud[0].starts_with("ALERT LOUD"), "{}", loud[0]);
    let [digest] = digests(&blocks)[..] else { panic!("{blocks:?}") };
    assert!(digest.starts_with("DIGEST · Everything: 3 alerts\n"), "{digest}");
    assert!(!digest.contains("Bridge"), "{digest}");
    running.stop().await;
}

/// Crashes where the batch of this number, from 1, is handled.
struct AtBatch(u64, AtomicU64);

impl FailPoints for AtBatch {
    fn crashes_at(&self, point: Point) -> bool {
        point == Point::Delivered && self.1.fetch_add(1, Ordering::Relaxed) + 1 == self.0
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_during_catch_up_still_sends_one_message() {
    const MANY: usize = 200;
    let mut world = World::new().await;
    for number in 0..MANY {
        let event: &'static str = Box::leak(format!("event-{number}").into_boxed_str());
        world.newsroom.tell(happening(event, "Bridge closed")).await;
    }
    world.pass(3 * HOUR).await;
    let crashing =
        StageContext { fail_points: Arc::new(AtBatch(2, AtomicU64::new(0))), ..world.context() };
    let killed = Running::start(&crashing, &settings([at_once()]), &world.paper);
    world.pass(0).await;
    let end = killed.done.await.unwrap();
    assert!(matches!(end, Err(AlerterError::Loop(LoopError::Crashed(_)))), "{end:?}");
    let told = world.alerts().await.len();
    assert!(0 < told && told < MANY, "{told} stand, the others are still to come");
    // It starts again within the time that the first process planned its message for, but later.
    world.pass(2 * MINUTE).await;
    let running = world.start(&settings([at_once()]));
    world.pass(10 * MINUTE).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    assert!(
        blocks[0].starts_with(&format!("DIGEST · Everything: {MANY} alerts\n")),
        "{}",
        blocks[0]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_subscription_gets_a_message_of_its_own_and_no_quiet_hour_is_broken() {
    let mut world = World::new().await;
    away(&mut world).await;
    let quiet_hours = Some(QuietHours {
        from: "00:00".to_owned(),
        to: "06:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let named = |id: &str, name: &str| SubscriptionSettings {
        id: id.parse().unwrap(),
        name: name.to_owned(),
        ..at_once()
    };
    let asleep = SubscriptionSettings { quiet_hours, ..named("asleep", "Asleep") };
    let running = world.start(&settings([named("desk", "Desk"), named("night", "Night"), asleep]));
    world.pass(10 * MINUTE).await;
    let blocks = world.paper.blocks();
    let told: Vec<&str> =
        digests(&blocks).iter().filter_map(|block| block.lines().next()).collect();
    assert_eq!(told, ["DIGEST · Desk: 4 alerts", "DIGEST · Night: 4 alerts"]);
    assert!(blocks.iter().all(|block| !block.contains("Asleep")), "{blocks:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_of_the_bus_delays_nothing() {
    let mut world = World::new().await;
    let wrong = VirtualClock::default();
    wrong.advance(Duration::from_hours(2));
    let context = StageContext::new(world.bus.clone(), Arc::new(wrong.clone()));
    let running = Running::start(&context, &settings([at_once()]), &world.paper);
    world.pass(1).await;
    for (told, (event, title)) in LATE.into_iter().enumerate() {
        world.newsroom.tell(happening(event, title)).await;
        wrong.advance(Duration::from_secs(1));
        world.pass(1).await;
        assert_eq!(world.paper.blocks().len(), told + 1, "{title}");
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn half_an_hour_is_no_outage() {
    let mut world = World::new().await;
    for (event, title) in LATE {
        world.newsroom.tell(happening(event, title)).await;
    }
    world.pass(HOUR / 2).await;
    let running = world.start(&settings([everything()]));
    world.pass(MINUTE).await;
    assert_eq!(world.paper.blocks().len(), 4);
    let alerts = world.alerts().await;
    let has_notified = |alert: &wirefold_proto::Alert| {
        alert.volume == Volume::Loud
            && alert.held.as_ref().is_none_or(|hold| hold.reason != HoldReason::Digest)
    };
    assert!(alerts.iter().all(has_notified));
    running.stop().await;
}
