//! One message for several subscriptions of one delivery.

use wirefold_flow::Clock as _;
use wirefold_proto::{SubscriptionSettings, Volume};
use wirefold_query::Lists;

use super::newsroom::{Given, article, five};
use super::running::{World, everything, settings};
use crate::engine::{Engine, IncomingArticle};
use crate::subscription::{Rules, with_defaults};
use crate::{Delivery, Settings};

fn docks(deliveries: &[&str]) -> SubscriptionSettings {
    SubscriptionSettings {
        deliveries: deliveries.iter().map(|name| (*name).to_owned()).collect(),
        ..SubscriptionSettings::new("docks".parse().unwrap(), "Docks", "dock OR dockers OR cranes")
    }
}

/// Two terminals.
fn two_deliveries(subscriptions: [SubscriptionSettings; 2]) -> Settings {
    let settings = settings(subscriptions);
    let second = Delivery { name: "second".to_owned(), ..settings.deliveries[0].clone() };
    Settings { deliveries: vec![settings.deliveries[0].clone(), second], ..settings }
}

fn all() -> SubscriptionSettings {
    SubscriptionSettings { deliveries: vec!["stdout".to_owned()], ..everything() }
}

/// The first lines of the messages, and what they say why they come.
fn heads(world: &World) -> Vec<String> {
    let blocks = world.paper.blocks();
    let why =
        |block: &String| block.lines().nth(3).unwrap().split(" · ").next().unwrap().to_owned();
    blocks.iter().map(why).collect()
}

#[tokio::test(start_paused = true)]
async fn one_message_names_both_subscriptions_of_a_delivery() {
    let mut world = World::new().await;
    let running = world.start(&settings([all(), docks(&["stdout"])]));
    world.newsroom.tell_all(five()).await;
    world.pass(60).await;
    assert_eq!(heads(&world), ["  new for Everything, Docks: matches dock, dockers, cranes"]);
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 2, "each keeps its alert");
    assert!(alerts.iter().all(|alert| alert.volume == Volume::Loud));
    let text = "A docker was arrested at Tarrowgate on Friday.";
    let given = article("e", "lanternpost.example", "Arrest at the docks");
    world.newsroom.tell(Given { text, ..given }).await;
    world.pass(60).await;
    assert_eq!(heads(&world)[1..], ["  update for Everything, Docks: 1 new statement"]);
    // A silent revision replaces no message that the second subscription never had.
    world.newsroom.tell(article("a", "farpost.example", "Tarrowgate dock talks collapse")).await;
    world.pass(3_600).await;
    assert_eq!(heads(&world)[2..].iter().filter(|why| why.contains("Docks")).count(), 0);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_headline_that_another_subscription_does_not_match_does_not_tell_its_alert() {
    let mut world = World::new().await;
    let query = "bakers";
    let bakers = SubscriptionSettings {
        id: "bakers".parse().unwrap(),
        name: "Bakers".to_owned(),
        query: query.to_owned(),
        ..docks(&["stdout"])
    };
    let running = world.start(&settings([bakers, docks(&["stdout"])]));
    world.newsroom.tell(article("a", "lanternpost.example", "Dockers strike in Kell")).await;
    let ovens = article("b", "farpost.example", "Bakers strike in Moor");
    world.newsroom.tell(Given { text: "The ovens of Moor are cold.", ..ovens }).await;
    world.pass(60).await;
    let mut found = heads(&world);
    found.sort();
    assert_eq!(
        found,
        ["  new for Bakers: matches bakers", "  new for Docks: matches dockers, cranes"]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_of_only_one_subscription_gets_its_own_message() {
    let mut world = World::new().await;
    let running = world.start(&two_deliveries([all(), docks(&["stdout", "second"])]));
    world.newsroom.tell_all(five()).await;
    world.pass(60).await;
    let mut found = heads(&world);
    found.sort();
    assert_eq!(
        found,
        [
            "  new for Docks: matches dock, dockers, cranes",
            "  new for Everything, Docks: matches dock, dockers, cranes",
        ]
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_says_only_words_of_the_subscriptions_that_it_names() {
    let mut world = World::new().await;
    let deliveries = ["stdout", "second"].map(str::to_owned).to_vec();
    let leader = SubscriptionSettings { deliveries, ..all() };
    let running = world.start(&two_deliveries([leader, docks(&["stdout"])]));
    world.newsroom.tell_all(five()).await;
    world.pass(60).await;
    let mut found = heads(&world);
    found.sort();
    let both = "  new for Everything, Docks: matches dock, dockers, cranes";
    assert_eq!(found, ["  new for Everything", both]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_kill_between_the_two_revisions_repeats_nothing() {
    let mut world = World::new().await;
    let output = world.newsroom.tell(five()[0]).await;
    let incoming = IncomingArticle::new(1, output, None);
    let engine = || {
        let mut engine = Engine::default();
        for subscription in [all(), docks(&["stdout"])] {
            let filled = with_defaults(&subscription, &[]);
            engine.put(Rules::read(&filled, &Lists::default()).unwrap());
        }
        engine
    };
    let (mut before, mut after) = (engine(), engine());
    before.apply(&incoming);
    let due = world.clock.now().plus(std::time::Duration::from_mins(1));
    let leader = before.next(due).expect("it is due");
    assert!(leader.metadata.also.keys().eq([&"docks".parse().unwrap()]));
    // The second process has only the first revision.
    after.accept(&leader.alert, &leader.metadata);
    after.apply(&incoming);
    let follower = after.next(due).expect("it is due");
    assert_eq!(follower.alert.subscription, "docks".parse().unwrap());
    let by = follower.metadata.told_by.expect("its message was the other's");
    assert_eq!((by.subscription.as_str(), by.revision), ("all", 1));
}
