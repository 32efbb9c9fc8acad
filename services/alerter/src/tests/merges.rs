//! Alerts of events that become part of others.

use wirefold_proto::{AlertState, SubscriptionSettings, Volume};

use super::newsroom::{Given, five};
use super::running::{World, at_once, settings, told};

#[tokio::test(start_paused = true)]
async fn an_alert_that_opens_by_a_merge_has_the_numbers_of_both() {
    let mut world = World::new().await;
    let query = "cranes".to_owned();
    let running = world.start(&settings([SubscriptionSettings { query, ..at_once() }]));
    let other = |given| Given { text: "Nothing of that sort.", title: "Other", ..given };
    let [first, second, _, third, _] = five();
    world.newsroom.tell(other(first)).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.pass(1).await;
    world.newsroom.merge_by(other(third), ["port", "strike"]).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts[2].merged_into, Some(alerts[1].target));
    let survivor = &alerts[1];
    assert_eq!((survivor.volume, survivor.outlets, survivor.origins), (Volume::Silent, 3, 3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_absorbed_event_closes_silently_into_the_survivor() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    world.newsroom.tell(third).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let found: Vec<String> = alerts.iter().map(told).collect();
    assert_eq!(found.len(), 4, "{found:?}");
    assert_eq!(found[..2], ["loud: new", "loud: new"]);
    assert_eq!(alerts[2].merged_into, Some(alerts[0].target));
    assert_eq!((alerts[2].state, alerts[2].volume), (AlertState::Quiet, Volume::Silent));
    assert_eq!(alerts[3].id, alerts[0].id);
    // Nobody is told that two alerts are one.
    assert_eq!(world.paper.blocks().len(), 3, "{:?}", world.paper.blocks());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_survivor_that_never_notified_takes_over_silently() {
    let mut world = World::new().await;
    let query = "cranes OR ministers".to_owned();
    let running = world.start(&settings([SubscriptionSettings { query, ..at_once() }]));
    let quiet = Given { text: "Nothing of that sort.", ..five()[0] };
    world.newsroom.tell(quiet).await;
    world.newsroom.tell(Given { event: "port", ..five()[1] }).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    world.newsroom.tell(five()[4]).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let found: Vec<(u64, Volume)> =
        alerts.iter().map(|alert| (alert.revision, alert.volume)).collect();
    let (loud, silent) = (Volume::Loud, Volume::Silent);
    assert_eq!(found, [(1, loud), (1, silent), (2, silent), (2, loud)]);
    assert_eq!(alerts[2].merged_into, Some(alerts[1].target));
    running.stop().await;
}
