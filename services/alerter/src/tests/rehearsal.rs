//! The alerts that a subscription would have sent.

use wirefold_flow::{Clock as _, UnixMillis};
use wirefold_proto::{Digest, SubscriptionSettings};

use super::newsroom::{Given, five};
use super::running::{World, at_once, everything};
use crate::{AlerterError, Settings, rehearse};

#[tokio::test(start_paused = true)]
async fn a_rehearsal_counts_what_would_have_been_sent_and_saved() {
    let mut world = World::new().await;
    world.newsroom.tell(Given { event: "before", ..five()[0] }).await;
    world.pass(10).await;
    let since = world.clock.now();
    world.newsroom.tell_all(five()).await;
    world.newsroom.tell(Given { event: "other", text: "", title: "Football", ..five()[1] }).await;
    world.pass(60).await;
    let query = "tarrowgate".to_owned();
    let subscription = SubscriptionSettings { query, ..everything() };
    let now = world.clock.now();
    let found =
        rehearse(&*world.bus, &subscription, &Settings::default(), since, now).await.unwrap();
    assert_eq!((found.articles, found.matching, found.events, found.alerts), (6, 5, 1, 1));
    assert_eq!((found.loud, found.silent, found.copies_folded), (1, 0, 1));
    let message = &found.messages[0];
    assert_eq!(message.title, "Tarrowgate dock talks collapse");
    assert!(message.lines.iter().any(|line| line.contains("new for ")), "{message:?}");
    let all =
        rehearse(&*world.bus, &at_once(), &Settings::default(), UnixMillis(0), now).await.unwrap();
    assert_eq!((all.articles, all.alerts, all.loud, all.silent), (7, 3, 4, 3));
    assert!(world.alerts().await.is_empty(), "it sends nothing");
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_counts_only_matching_articles_as_copies_folded() {
    let mut world = World::new().await;
    let [first, _, copy, ..] = five();
    world.newsroom.tell(first).await;
    for outlet in ["morninglight.example", "tidewatch.example", "stonebridge.example"] {
        let other = Given { outlet, title: "Port strike", text: "No name of the port.", ..copy };
        world.newsroom.tell(other).await;
    }
    world.newsroom.tell(copy).await;
    world.pass(60).await;
    let query = "tarrowgate".to_owned();
    let subscription = SubscriptionSettings { query, ..everything() };
    let (settings, now) = (Settings::default(), world.clock.now());
    let found = rehearse(&*world.bus, &subscription, &settings, UnixMillis(0), now).await.unwrap();
    assert_eq!((found.articles, found.matching, found.alerts), (5, 2, 1));
    assert_eq!(found.copies_folded, 1, "of two matching articles, one is a copy");
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_of_a_broken_query_says_what_is_wrong() {
    let world = World::new().await;
    let subscription = SubscriptionSettings { query: "(".to_owned(), ..everything() };
    let error =
        rehearse(&*world.bus, &subscription, &Settings::default(), UnixMillis(0), UnixMillis(0))
            .await;
    let Err(AlerterError::Settings(why)) = error else {
        panic!("it is no subscription: {error:?}");
    };
    assert!(why.contains("column 2"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_says_what_is_held_and_what_has_not_enough() {
    let mut world = World::new().await;
    world.newsroom.tell_all(five()).await;
    world.newsroom.tell(Given { event: "other", text: "", title: "Football", ..five()[1] }).await;
    world.pass(60).await;
    let now = world.clock.now();
    let digest = SubscriptionSettings { digest: Some(Digest::Hourly), ..everything() };
    let found =
        rehearse(&*world.bus, &digest, &Settings::default(), UnixMillis(0), now).await.unwrap();
    assert_eq!((found.held, found.loud, found.messages.len()), (2, 0, 0));
    let many = SubscriptionSettings { min_outlets: Some(3), ..everything() };
    let short =
        rehearse(&*world.bus, &many, &Settings::default(), UnixMillis(0), now).await.unwrap();
    assert_eq!((short.alerts, short.unready), (1, 1));
    let unready = &short.unready_samples[0];
    assert_eq!((&*unready.title, &*unready.why), ("Football", "1 of 3 outlets"));
}

#[tokio::test(start_paused = true)]
async fn a_rehearsal_says_how_much_it_has_seen_and_shortens_titles() {
    let mut world = World::new().await;
    let title: &'static str = "Dredger ".repeat(1_300).leak();
    world.newsroom.tell(Given { event: "before", baseline: true, ..five()[0] }).await;
    world.pass(3_600).await;
    world.newsroom.tell(Given { event: "long", title, ..five()[1] }).await;
    world.pass(60).await;
    let now = world.clock.now();
    let many = SubscriptionSettings { min_outlets: Some(3), ..everything() };
    let found =
        rehearse(&*world.bus, &many, &Settings::default(), UnixMillis(0), now).await.unwrap();
    assert_eq!((found.articles, found.matching, found.matching_with_baseline), (2, 1, 2));
    assert_eq!(found.covered_seconds, Some(60), "the first poll is no news");
    assert_eq!(found.unready_samples[0].title.chars().count(), 501);
}
