//! A mention in passing does not notify.

use wirefold_proto::{AlertState, Interval, SubscriptionSettings, Volume};

use super::newsroom::{Given, article};
use super::running::{World, at_once, settings, told};

/// A report with a lede about a budget; the ferry is in the last sentence.
const MENTIONS: &str = "The council of Tarrowgate voted on Monday for a budget of nine million crowns, \
    after a debate of four hours in which eleven members spoke and two left the hall before the end.\n\
    Schools get most of it, and roads the rest. The pier of the old ferry is to be painted.";
/// The same in other words.
const ALSO: &str = "Nine million crowns will be spent next year in Tarrowgate, said the head of its \
    council on Monday evening, who thanked the members for their patience and for a long debate.\n\
    Nobody spoke against the paint for the pier of the ferry.";
const TELLS: &str = "The ferry of Tarrowgate ran aground on Monday night.";

fn mention(story: &'static str, outlet: &'static str, text: &'static str) -> Given {
    Given { text, ..article(story, outlet, "Council of Tarrowgate votes for its budget") }
}

async fn told_of(query: &str, given: &[Given]) -> Vec<String> {
    let mut world = World::new().await;
    let subscription = SubscriptionSettings { query: query.to_owned(), ..at_once() };
    let settings = settings([subscription]);
    for one in given {
        // Each article meets an alerter that knows the alerts from their revisions alone.
        let running = world.start(&settings);
        world.newsroom.tell(*one).await;
        world.pass(1).await;
        running.stop().await;
    }
    world.alerts().await.iter().map(told).collect()
}

const ONE: &str = "harborledger.example";
const TWO: &str = "meridianpost.example";
const THREE: &str = "valeherald.example";

#[tokio::test(start_paused = true)]
async fn a_mention_is_silent_until_a_text_tells_of_it() {
    let given = [
        mention("a", ONE, MENTIONS),
        mention("b", TWO, "Nothing of it stands here on 9 metres."),
        mention("c", THREE, TELLS),
        mention("d", "northcurrent.example", "Nor here, nor on 9 metres."),
    ];
    let expected = [
        "silent: mentioned in passing",
        "silent: mentioned in passing · +1 outlet",
        "loud: new",
        "silent: +1 outlet",
    ];
    assert_eq!(told_of("ferry", &given).await, expected);
}

#[tokio::test(start_paused = true)]
async fn an_event_opens_as_new_after_group_wait_whichever_text_comes_first() {
    let subscription = SubscriptionSettings {
        query: "ferry".to_owned(),
        group_wait: Some(Interval::from_seconds(30)),
        update_interval: Some(Interval::from_seconds(300)),
        ..at_once()
    };
    let (says, tells) = (mention("a", ONE, MENTIONS), mention("b", TWO, TELLS));
    for (given, until) in [([says, tells], 90), ([tells, says], 30)] {
        let mut world = World::new().await;
        let running = world.start(&settings([subscription.clone()]));
        for one in given {
            world.newsroom.tell(one).await;
            world.pass(60).await;
        }
        let alerts = world.alerts().await;
        let loud = alerts.iter().find(|alert| alert.volume == Volume::Loud).expect("a loud one");
        assert_eq!(loud.state, AlertState::New);
        assert!(told(loud).starts_with("loud: new"), "{}", told(loud));
        assert_eq!(loud.at.duration_since(alerts[0].first_seen).as_secs(), until);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_mention_of_an_event_that_merges_does_not_silence_the_text_about_it() {
    let mut world = World::new().await;
    let subscription = SubscriptionSettings {
        query: "ferry".to_owned(),
        group_wait: Some(Interval::from_seconds(30)),
        ..at_once()
    };
    let running = world.start(&settings([subscription]));
    world.newsroom.tell(mention("a", ONE, MENTIONS)).await;
    world.pass(40).await;
    world.newsroom.tell(Given { event: "port", ..mention("b", TWO, TELLS) }).await;
    world.newsroom.merge("strike", "port").await;
    world.pass(40).await;
    let alerts = world.alerts().await;
    let volumes: Vec<Volume> = alerts.iter().map(|alert| alert.volume).collect();
    assert_eq!(volumes, [Volume::Silent, Volume::Silent, Volume::Loud], "{alerts:#?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn mentions_alone_never_notify() {
    let given =
        [mention("a", ONE, MENTIONS), mention("a", TWO, MENTIONS), mention("b", THREE, ALSO)];
    let expected = [
        "silent: mentioned in passing",
        "silent: mentioned in passing · +1 outlet",
        "silent: mentioned in passing · +1 outlet",
    ];
    assert_eq!(told_of("ferry", &given).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_query_for_anywhere_notifies_of_a_mention() {
    let given = [mention("a", ONE, MENTIONS)];
    assert_eq!(told_of("anywhere:ferry", &given).await, ["loud: new"]);
    assert_eq!(told_of("council anywhere:ferry", &given).await, ["loud: new"]);
    assert_eq!(told_of("council ferry", &given).await, ["silent: mentioned in passing"]);
}

#[tokio::test(start_paused = true)]
async fn a_mention_that_nothing_follows_stays_one_when_it_is_over() {
    let mut world = World::new().await;
    let subscription = SubscriptionSettings { query: "ferry".to_owned(), ..at_once() };
    let running = world.start(&settings([subscription]));
    world.newsroom.tell(mention("a", ONE, MENTIONS)).await;
    world.pass(1).await;
    world.clock.advance(std::time::Duration::from_hours(24));
    world.pass(1).await;
    world.newsroom.tell(mention("b", TWO, "Nothing of it stands here on 9 metres.")).await;
    world.pass(1).await;
    let found: Vec<String> = world.alerts().await.iter().map(told).collect();
    let expected = [
        "silent: mentioned in passing",
        "silent: mentioned in passing · no news for 24 hours",
        "silent: mentioned in passing · again, day 2 · +1 outlet",
    ];
    assert_eq!(found, expected);
    running.stop().await;
}
