//! Alerts that a second delivery gets because nobody acknowledged them.

use std::time::Duration;

use wirefold_envelope::timestamp;
use wirefold_flow::Clock as _;
use wirefold_proto::{Command, SubscriptionSettings, Target};
use wirefold_query::Lists;

use super::newsroom::{Given, five};
use super::running::{World, at_once, settings, told};
use crate::{Delivery, Settings, Templates};

const MINUTE: u64 = 60;

/// A subscription that escalates to `chief`.
fn escalating() -> SubscriptionSettings {
    SubscriptionSettings {
        deliveries: vec!["stdout".to_owned()],
        escalation: Some("chief after 15m".parse().unwrap()),
        ..at_once()
    }
}

/// Settings with a second terminal, `chief`, whose messages begin with its name.
fn with_chief(subscriptions: impl IntoIterator<Item = SubscriptionSettings>) -> Settings {
    let mut settings = settings(subscriptions);
    let templates = Templates { title: Some("CHIEF".to_owned()), ..Templates::default() };
    let first = settings.deliveries[0].clone();
    settings.deliveries.push(Delivery { name: "chief".to_owned(), templates, ..first });
    settings
}

/// The messages of `chief` since the last call: their volume, and why they come.
fn arrived(world: &World) -> Vec<String> {
    let blocks = std::mem::take(&mut *world.paper.0.lock().unwrap());
    let of_chief = blocks.iter().filter(|block| block.contains("\n  CHIEF\n"));
    let short = |block: &String| {
        let volume = if block.starts_with("ALERT LOUD") { "loud" } else { "silent" };
        let lines: Vec<&str> = block.lines().skip(2).map(str::trim).collect();
        format!("{volume}: {}", lines.join(" · "))
    };
    of_chief.map(short).collect()
}

/// Whether they are one message that escalates.
fn is_escalation(arrived: &[String]) -> bool {
    let [one] = arrived else { return false };
    one.starts_with("loud: ") && one.contains("not acknowledged in 15m: sent to chief")
}

async fn acknowledge(world: &World, id: &str, of: Target, release: bool) {
    world.command(id, Command::AlertAcknowledge { of, note: None, release }).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_delivery_is_told_once_and_then_follows() {
    let mut world = World::new().await;
    let settings = with_chief([escalating()]);
    let running = world.start(&settings);
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(14 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0]);
    running.stop().await;
    // The due time is found again in the alerts.
    let again = world.start(&settings);
    world.pass(2 * MINUTE).await;
    let found = arrived(&world);
    assert!(is_escalation(&found), "{found:#?}");
    again.stop().await;
    let last = world.start(&settings);
    world.pass(60 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0], "it is told once");
    let retraction = Given {
        title: "Retraction: dock talks",
        text: "Retraction: The Harbor Ledger retracts this report. The talks did not collapse.",
        is_version: true,
        ..first
    };
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.newsroom.tell(retraction).await;
    world.pass(MINUTE).await;
    let [retracted] = <[String; 1]>::try_from(arrived(&world)).unwrap();
    assert!(retracted.starts_with("loud: ") && retracted.contains("retracted"), "{retracted}");
    // Nobody acknowledges anything in a rehearsal.
    let since = world.clock.now().minus(Duration::from_secs(120 * MINUTE));
    let silent = async |subscription| {
        let (bus, now) = (&*world.bus, world.clock.now());
        crate::rehearse(bus, &subscription, &settings, since, now).await.unwrap().silent
    };
    let without = SubscriptionSettings { escalation: None, ..escalating() };
    assert_eq!(silent(escalating()).await, silent(without).await);
    let alerts = world.alerts().await;
    let escalations = alerts.iter().filter(|alert| alert.is_escalation());
    assert_eq!(escalations.count(), 1);
    // The others see it as a silent revision.
    assert_eq!(told(&alerts[1]), "silent: not acknowledged in 15m: sent to chief");
    last.stop().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_escalated_that_somebody_has_or_that_was_retracted() {
    let mut world = World::new().await;
    let running = world.start(&with_chief([escalating()]));
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(10 * MINUTE).await;
    let of = world.alerts().await[0].target;
    acknowledge(&world, "1", of, false).await;
    world.pass(60 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0]);
    // From its release on, nobody has it.
    acknowledge(&world, "2", of, true).await;
    world.pass(14 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0]);
    world.pass(2 * MINUTE).await;
    let found = arrived(&world);
    assert!(is_escalation(&found), "{found:#?}");
    let other = Given { event: "port", ..second };
    world.newsroom.tell(other).await;
    world.pass(MINUTE).await;
    let retraction = Given {
        title: "Retraction: cranes",
        text: "Retraction: The Meridian Post retracts this report. The cranes did not stand still.",
        is_version: true,
        ..other
    };
    world.newsroom.tell(retraction).await;
    world.pass(60 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_is_escalated_once_for_several_subscriptions_and_through_a_merge() {
    let mut world = World::new().await;
    let id = "cranes".parse().unwrap();
    let cranes = SubscriptionSettings { id, query: "cranes".to_owned(), ..escalating() };
    let running = world.start(&with_chief([escalating(), cranes]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.pass(10 * MINUTE).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(60 * MINUTE).await;
    let found = arrived(&world);
    assert!(is_escalation(&found), "{found:#?}");
    // News of the event that became part of it reaches the second delivery.
    let text = "A docker was arrested at Tarrowgate on Friday.";
    world.newsroom.tell(Given { story: "e", text, title: "Arrest at the docks", ..third }).await;
    world.pass(MINUTE).await;
    assert!(!arrived(&world).is_empty());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_hold_goes_on_over_an_escalation_and_a_mute_delays_it() {
    let mut world = World::new().await;
    let max_per_day = Some(1);
    let subscription = SubscriptionSettings { max_per_day, ..escalating() };
    let settings = with_chief([subscription]);
    let running = world.start(&settings);
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(MINUTE).await;
    let text = "A docker was arrested at Tarrowgate on Friday.";
    world.newsroom.tell(Given { text, ..second }).await;
    world.pass(MINUTE).await;
    let (id, held) = (world.alerts().await[0].id.clone(), world.alerts().await.pop().unwrap().held);
    assert!(held.is_some());
    let until = timestamp(world.clock.now().plus(Duration::from_secs(30 * MINUTE)));
    let mute = Command::AlertMute { alert: id, until: Some(until), except_corrections: false };
    world.command("1", mute).await;
    world.pass(20 * MINUTE).await;
    assert_eq!(arrived(&world), [""; 0]);
    running.stop().await;
    let again = world.start(&settings);
    world.pass(11 * MINUTE).await;
    let found = arrived(&world);
    assert!(is_escalation(&found), "{found:#?}");
    // The held revision comes when the day is over.
    world.pass(24 * 60 * MINUTE).await;
    let alerts = world.alerts().await;
    let escalated = alerts.iter().position(|alert| alert.is_escalation()).unwrap();
    let after = &alerts[escalated + 1];
    assert_eq!((after.held.as_ref(), told(after).starts_with("loud: ")), (None, true), "{after:?}");
    again.stop().await;
}

#[test]
fn an_escalation_that_cannot_work_is_refused() {
    let cases = [
        ("stdout after 15m", "its delivery gets the alert anyway"),
        ("chief after 0s", "0 leaves nobody time"),
        ("chief after 1d", "an alert is over after 24h"),
    ];
    let names = ["stdout", "chief"].map(str::to_owned);
    for (written, expected) in cases {
        let escalation = Some(written.parse().unwrap());
        let settings = SubscriptionSettings { escalation, ..escalating() };
        let why = crate::check(&settings, &names, &Lists::default()).unwrap_err();
        assert!(why.starts_with("escalation: ") && why.contains(expected), "{why}");
    }
    assert_eq!(crate::check(&escalating(), &names, &Lists::default()), Ok(()));
    let why = crate::check(&escalating(), &names[..1], &Lists::default()).unwrap_err();
    assert!(why.contains("no delivery is called \"chief\""), "{why}");
}
