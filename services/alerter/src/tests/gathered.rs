//! Alerts collected into digests, and repeated alerts.

use serde_json::Value;
use wirefold_proto::{Digest, HoldReason, Interval, QuietHours, SubscriptionSettings, Volume};

use super::http::{Answer, Receiver, webhook};
use super::newsroom::{Given, article, five};
use super::running::{World, at_once, everything, settings, told};
use crate::Settings;

const HOUR: u64 = 3_600;

fn gathering(digest: Digest) -> SubscriptionSettings {
    SubscriptionSettings { digest: Some(digest), ..at_once() }
}

/// Two happenings: a text and a copy about the first, one text about the second.
fn two() -> [Given; 3] {
    let [first, _, copy, ..] = five();
    let other = Given { event: "bridge", ..article("e", "ferrytimes.example", "Bridge closed") };
    [first, other, copy]
}

#[tokio::test(start_paused = true)]
async fn the_alerts_of_an_hour_are_one_message() {
    let mut world = World::new().await;
    let running = world.start(&settings([gathering(Digest::Hourly)]));
    world.newsroom.tell_all(two()).await;
    world.pass(HOUR - 1).await;
    assert!(world.paper.blocks().is_empty(), "{:?}", world.paper.blocks());
    let alerts = world.alerts().await;
    let held = |reason| move |hold: &wirefold_proto::Hold| hold.reason == reason;
    let is_held =
        |alert: &wirefold_proto::Alert| alert.held.as_ref().is_some_and(held(HoldReason::Digest));
    assert_eq!(alerts.iter().filter(|alert| is_held(alert)).count(), 2);
    world.pass(1).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    let lines: Vec<&str> = blocks[0].lines().collect();
    assert_eq!(lines[0], "DIGEST · Everything: 2 alerts");
    assert!(lines[1].starts_with("  Tarrowgate dock talks collapse · new"), "{}", lines[1]);
    assert!(lines[1].contains("2 outlets · 1 copy folded"), "{}", lines[1]);
    assert!(lines[2].starts_with("  Bridge closed · new · 1 outlet"), "{}", lines[2]);
    assert_eq!(lines[3], "  http://127.0.0.1:8787/alerts");
    world.pass(3 * HOUR).await;
    assert_eq!(world.paper.blocks().len(), 1, "nothing new, no digest");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_sent_once_whenever_the_alerter_is_restarted() {
    let mut world = World::new().await;
    let settings = settings([gathering(Digest::Hourly)]);
    let running = world.start(&settings);
    world.newsroom.tell_all(two()).await;
    world.pass(HOUR / 2).await;
    running.stop().await;
    // It is due while nothing runs.
    world.pass(HOUR).await;
    let again = world.start(&settings);
    world.pass(10).await;
    again.stop().await;
    let third = world.start(&settings);
    world.pass(HOUR).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    assert!(blocks[0].starts_with("DIGEST · Everything: 2 alerts\n"), "{}", blocks[0]);
    third.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_digest_of_a_day_comes_at_the_end_of_quiet_hours() {
    let mut world = World::new().await;
    let quiet_hours = Some(QuietHours {
        from: "22:00".to_owned(),
        to: "09:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let subscription = SubscriptionSettings { quiet_hours, ..gathering(Digest::Daily) };
    let running = world.start(&settings([subscription]));
    world.newsroom.tell_all(two()).await;
    world.pass(9 * HOUR - 1).await;
    assert!(world.paper.blocks().is_empty(), "{:?}", world.paper.blocks());
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_webhook_gets_the_alerts_of_a_digest_as_they_stood() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([Answer::Status(204)]).await;
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let deliveries = vec![webhook("hook", &receiver.url)];
    let subscription =
        SubscriptionSettings { deliveries: vec!["hook".into()], ..gathering(Digest::Hourly) };
    let settings = Settings { deliveries, allow, ..settings([subscription]) };
    let running = world.start(&settings);
    world.newsroom.tell_all(two()).await;
    let got = loop {
        world.clock.advance(std::time::Duration::from_secs(60));
        if let Ok(got) = receiver.got.try_recv() {
            break got;
        }
        tokio::task::yield_now().await;
    };
    let body: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["schema"], "wirefold.alert.digest/1");
    assert_eq!(Some(got.header("webhook-id")), body["id"].as_str());
    assert_eq!((&body["count"], &body["subscription"]), (&2.into(), &"all".into()));
    assert_eq!(body["alerts"][0]["headline"]["title"], "Tarrowgate dock talks collapse");
    assert_eq!(body["page"], "http://127.0.0.1:8787/alerts");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_open_alert_is_told_again_until_it_is_over() {
    let mut world = World::new().await;
    let repeat_interval = Some(Interval::from_seconds(10 * 3_600));
    let running =
        world.start(&settings([SubscriptionSettings { repeat_interval, ..everything() }]));
    let [first, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(30 * HOUR).await;
    let found: Vec<String> = world.alerts().await.iter().map(told).collect();
    let again = "loud: told again: nothing new since";
    assert_eq!(found, ["loud: new", again, again, "silent: no news for 24 hours"]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_to_corrections_and_the_end_gets_nothing_else() {
    let mut world = World::new().await;
    let on = vec!["correction".to_owned(), "quiet".to_owned()];
    let running = world.start(&settings([SubscriptionSettings { on, ..at_once() }]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(1).await;
    world.newsroom.tell(second).await;
    world.pass(1).await;
    world.newsroom.tell(Given { correction: Some("41 → 14"), ..third }).await;
    world.pass(25 * HOUR).await;
    let alerts = world.alerts().await;
    let loud: Vec<bool> = alerts.iter().map(|alert| alert.volume == Volume::Loud).collect();
    let found: Vec<String> = alerts.iter().map(told).collect();
    // Those who got the alert also learn that it is over.
    assert_eq!(loud, [false, false, true, true], "{found:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_site_is_one_message_at_the_end_of_the_hour() {
    let mut world = World::new().await;
    let settings = settings([at_once()]);
    let running = world.start(&settings);
    let [first, second, ..] = five();
    let named = |name: &str, number: u32| -> &'static str {
        Box::leak(format!("{name}-{number}").into_boxed_str())
    };
    for number in 0..70 {
        let (event, story) = (named("flood", number), named("text", number));
        world.newsroom.tell(Given { event, story, ..first }).await;
    }
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 60);
    running.stop().await;
    // The digest remembers its alerts after a restart. Another site is not part of it.
    let again = world.start(&settings);
    let (event, story) = (named("flood", 70), named("text", 70));
    world.newsroom.tell(Given { event, story, ..first }).await;
    world.newsroom.tell(Given { event: "other", ..second }).await;
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 61);
    world.pass(HOUR).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 62, "{:?}", blocks.last());
    assert!(blocks[61].contains("11 alerts"), "{}", blocks[61]);
    let held = world.alerts().await.iter().filter(|alert| alert.held.is_some()).count();
    assert_eq!(held, 11);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn articles_over_budget_are_held_and_others_are_not() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, ..] = five();
    for (event, story) in [("pier", "pier"), ("mole", "mole")] {
        world.newsroom.tell(Given { event, story, beyond_budget: true, ..first }).await;
        world.pass(1).await;
    }
    assert!(world.paper.blocks().is_empty(), "{:?}", world.paper.blocks());
    let held = world.alerts().await;
    let is_held = |alert: &&wirefold_proto::Alert| {
        alert.volume == Volume::Loud
            && alert.held.as_ref().is_some_and(|hold| hold.reason == HoldReason::Digest)
    };
    assert_eq!(held.iter().filter(is_held).count(), 2, "{held:?}");
    // Another feed reports one of them: that alert is sent at once.
    world.newsroom.tell(Given { event: "pier", story: "other", ..second }).await;
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 1, "{:?}", world.paper.blocks());
    world.pass(HOUR).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 2, "{blocks:?}");
    assert!(blocks[1].contains("1 alert"), "{}", blocks[1]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_alerts_by_site_is_a_setting() {
    let mut world = World::new().await;
    let site_alerts = crate::SiteAlerts { per_hour: 2, ..crate::SiteAlerts::default() };
    let running = world.start(&Settings { site_alerts, ..settings([at_once()]) });
    let [first, second, ..] = five();
    for event in ["pier", "mole", "lock", "dock"] {
        world.newsroom.tell(Given { event, story: event, ..first }).await;
    }
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 2, "{:?}", world.paper.blocks());
    // More articles of the flood send nothing. An article of another site about the same is sent at once.
    world.newsroom.tell(Given { event: "lock", story: "more", ..first }).await;
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 2, "{:?}", world.paper.blocks());
    world.newsroom.tell(Given { event: "lock", story: "other", ..second }).await;
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 3, "{:?}", world.paper.blocks());
    world.pass(HOUR).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 4, "{blocks:?}");
    assert!(blocks[3].contains("1 alert"), "{}", blocks[3]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_trusted_may_make_more_alerts() {
    let mut world = World::new().await;
    let [first, ..] = five();
    let sites = [(first.outlet.to_owned(), 2)].into();
    let site_alerts = crate::SiteAlerts { per_hour: 2, sites };
    let running = world.start(&Settings { site_alerts, ..settings([at_once()]) });
    for event in ["pier", "mole", "lock", "dock", "quay"] {
        world.newsroom.tell(Given { event, story: event, ..first }).await;
    }
    world.pass(1).await;
    assert_eq!(world.paper.blocks().len(), 4, "{:?}", world.paper.blocks());
    running.stop().await;
}
