//! Reports that are retracted before anybody was told, and what the record of a subscription says of news that waits.

use wirefold_proto::{
    Interval, QuietHours, SubscriptionRecord, SubscriptionSettings, Volume, decode,
};

use super::newsroom::{Given, article};
use super::running::{World, at_once, everything, settings, told};

fn report(story: &'static str, outlet: &'static str) -> Given {
    let text =
        "Police arrested the chief engineer of the Orla dam, two people told this newspaper.";
    Given { text, ..article(story, outlet, "Orla dam engineer arrested, sources say") }
}

fn retraction() -> Given {
    let text = "We withdraw our report on the engineer of the Orla dam. It rested on one call.";
    let title = "Retraction: Orla dam engineer was not arrested";
    Given { text, is_version: true, ..article("a", "meridianpost.example", title) }
}

fn at_night() -> SubscriptionSettings {
    let quiet_hours = serde_json::json!({"from": "00:00", "to": "06:00", "time_zone": "UTC"});
    let quiet_hours: QuietHours = serde_json::from_value(quiet_hours).unwrap();
    SubscriptionSettings { quiet_hours: Some(quiet_hours), ..everything() }
}

async fn loud(world: &World) -> Vec<String> {
    let all = world.alerts().await;
    let sent = all.iter().filter(|it| it.volume == Volume::Loud && it.held.is_none());
    sent.map(told).collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_that_is_retracted_before_it_was_told_is_silent_with_its_copies() {
    for (subscription, wait) in [(everything(), 5), (at_night(), 60)] {
        let mut world = World::new().await;
        let running = world.start(&settings([subscription]));
        world.newsroom.tell(report("a", "meridianpost.example")).await;
        world.newsroom.tell(report("a", "valeherald.example")).await;
        world.pass(wait).await;
        world.newsroom.tell(retraction()).await;
        world.pass(8 * 3_600).await;
        assert_eq!(loud(&world).await, [""; 0]);
        // Another outlet has the same by itself.
        world.newsroom.tell(report("b", "lanternpost.example")).await;
        world.pass(3_600).await;
        let sent = loud(&world).await;
        assert!(matches!(&sent[..], [one] if one.starts_with("loud: new")), "{sent:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_of_another_outlet_stands() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    world.newsroom.tell(report("a", "meridianpost.example")).await;
    world.newsroom.tell(report("b", "lanternpost.example")).await;
    world.newsroom.tell(retraction()).await;
    world.pass(3_600).await;
    let sent = loud(&world).await;
    assert!(matches!(&sent[..], [one] if one.contains("retracted by its outlet")), "{sent:?}");
    running.stop().await;
}

/// Why the news of the only subscription waits, and for how many seconds.
async fn waiting(world: &World) -> Vec<(String, i64)> {
    let keys = world.bus.key_value("wf_subscriptions").unwrap();
    let value = keys.get("subscription.all").await.unwrap().and_then(|entry| entry.value);
    let record: SubscriptionRecord = decode(&value.unwrap()).unwrap();
    let now = wirefold_envelope::timestamp(wirefold_flow::Clock::now(&world.clock));
    let left = |until: jiff::Timestamp| until.as_second() - now.as_second();
    record.waiting.into_iter().map(|it| (it.why, left(it.until))).collect()
}

#[tokio::test(start_paused = true)]
async fn a_record_says_why_news_waits_and_until_when() {
    let mut world = World::new().await;
    let update_interval = Some(Interval::from_seconds(1));
    let running =
        world.start(&settings([SubscriptionSettings { update_interval, ..everything() }]));
    let turns = [
        "Two people were killed at Tarrowgate on Friday, police said.",
        "Police arrested a docker at Tarrowgate on Friday.",
        "The harbour master of Tarrowgate resigned on Friday.",
        "A docker was charged at Tarrowgate on Friday.",
        "All dockers of Tarrowgate were rescued on Friday.",
        "A tank exploded at Tarrowgate on Friday.",
        "The crane of Tarrowgate collapsed on Friday.",
    ];
    for (place, text) in turns.into_iter().enumerate() {
        let story = ["a", "b", "c", "d", "e", "f", "g"][place];
        let given = article(story, "lanternpost.example", text);
        world.newsroom.tell(Given { text, ..given }).await;
        world.pass(5).await;
        if place == 0 {
            assert_eq!(waiting(&world).await, [("its group_wait is not over".to_owned(), 25)]);
        }
        world.pass(55).await;
    }
    let (why, left) = waiting(&world).await.pop().expect("it waits");
    assert_eq!(why, "at most six loud messages about an event come in an hour");
    assert!((1..3_600).contains(&left), "{left}");
    world.pass(3_600).await;
    assert_eq!(waiting(&world).await, []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_retraction_of_what_was_told_notifies() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    world.newsroom.tell(report("a", "meridianpost.example")).await;
    world.pass(1).await;
    world.newsroom.tell(retraction()).await;
    world.pass(1).await;
    assert_eq!(loud(&world).await.len(), 2);
    running.stop().await;
}
