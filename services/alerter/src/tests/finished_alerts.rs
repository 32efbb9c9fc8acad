//! Alerts that are over are packed, and come back unchanged.

use std::collections::BTreeMap;
use std::time::Duration;

use wirefold_proto::{
    Alert, AlertId, AlertState, SubscriptionRecord, SubscriptionSettings, Target, streams,
};
use wirefold_query::Lists;

use super::newsroom::{Given, article, five};
use super::running::{World, at_once, settings, told};
use crate::engine::{Engine, IncomingArticle, RevisionMetadata};

const DAY: u64 = 24 * 3_600;

/// Each subscription reports everything at once, by event and by story.
fn subscriptions() -> crate::Settings {
    let velocity = vec!["new".to_owned(), "material".to_owned(), "velocity>1/10m".to_owned()];
    let fast = SubscriptionSettings { id: "fast".parse().unwrap(), on: velocity, ..at_once() };
    settings([at_once(), fast])
}

/// Fails if a revision occurs twice or is missing.
fn by_alert(alerts: &[Alert]) -> BTreeMap<AlertId, Vec<&Alert>> {
    let mut found: BTreeMap<AlertId, Vec<&Alert>> = BTreeMap::new();
    for alert in alerts {
        let revisions = found.entry(alert.id.clone()).or_default();
        revisions.push(alert);
        assert_eq!(alert.revision, revisions.len() as u64, "{}", alert.id);
    }
    found
}

async fn quiet(world: &World, days: u64) {
    world.pass(1).await;
    for _ in 0..days {
        world.clock.advance(Duration::from_secs(DAY));
        world.pass(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_packed_alert_continues_with_its_next_revision_also_after_a_restart() {
    for (days, restarts) in [(2, false), (2, true), (20, false), (20, true)] {
        let mut world = World::new().await;
        let settings = subscriptions();
        let mut running = world.start(&settings);
        let [first, second, third, ..] = five();
        let text = "A docker died at Tarrowgate on Friday, the harbour office said.";
        let number = Given { text, ..second };
        world.newsroom.tell_all([first, number]).await;
        quiet(&world, days).await;
        let before = world.alerts().await;
        assert!(by_alert(&before).values().all(|all| {
            all.last().is_some_and(|last| last.revision == 3 && last.state == AlertState::Quiet)
        }));
        if restarts {
            running.stop().await;
            running = world.start(&settings);
            world.pass(6).await;
        }
        world.newsroom.tell(third).await;
        world.pass(1).await;
        let alerts = world.alerts().await;
        let found = by_alert(&alerts);
        assert_eq!(found.len(), 2);
        for (id, revisions) in found {
            let last = revisions[3];
            let again = format!("silent: again, day {} · +1 outlet", days + 1);
            assert_eq!(told(last), again, "{id}, {days} days, {restarts}");
            assert_eq!(last.headline.title, number.title, "it brought what was told last");
            let titles: Vec<&str> = last.articles.iter().map(|it| it.title.as_str()).collect();
            assert_eq!(titles, [first.title, second.title, third.title]);
            assert_eq!(last.first_seen, revisions[0].first_seen);
        }
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_merge_is_followed_after_both_alerts_are_packed() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.newsroom.merge("port", "strike").await;
    quiet(&world, 3).await;
    let late = world.newsroom.judge(third).await;
    // An enricher publishes late an article that was decided on before the merge: it belongs to the absorbed
    // event.
    let merged = world.alerts().await.into_iter().find(|alert| alert.merged_into.is_some());
    let merged = merged.expect("the one became part of the other");
    let Target::Event(absorbed) = merged.target else { panic!("{}", merged.target) };
    let mut output = late;
    output.verdict.event = absorbed;
    world.newsroom.publish(&output).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    by_alert(&alerts);
    let last = alerts.last().expect("there are some");
    assert_eq!(Some(last.target), merged.merged_into);
    assert_eq!(last.state, AlertState::Growing);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn two_packed_alerts_are_merged() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    quiet(&world, 3).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let found = by_alert(&alerts);
    let absorbed = found.values().find(|all| all[0].headline.title == second.title).unwrap();
    let closing = absorbed.last().unwrap();
    assert_eq!((closing.revision, closing.merged_into.is_some()), (3, true));
    assert_eq!(closing.articles.len(), 1, "it shows what it showed");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_survivor_inherits_what_an_absorbed_alert_showed() {
    let mut world = World::new().await;
    let query = "cranes".to_owned();
    let running = world.start(&settings([SubscriptionSettings { query, ..at_once() }]));
    let [first, second, ..] = five();
    world.newsroom.tell(Given { text: "Nothing of that sort.", ..first }).await;
    world.newsroom.tell(Given { event: "port", ..second }).await;
    world.pass(2).await;
    world.newsroom.merge("port", "strike").await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let survivor = alerts.iter().find(|alert| Some(alert.target) == alerts[2].merged_into);
    let survivor = survivor.expect("it takes over");
    assert_eq!(survivor.articles, alerts[0].articles);
    assert_eq!((&survivor.headline, &survivor.matched), (&alerts[0].headline, &alerts[0].matched));
    running.stop().await;
}

/// How many alerts the subscription `all` has opened by its record.
async fn opened(world: &World) -> u64 {
    let keys = world.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
    let key = crate::subscription::record_key(&"all".parse().unwrap());
    let value = keys.get(&key).await.unwrap().unwrap().value.unwrap();
    wirefold_proto::decode::<SubscriptionRecord>(&value).unwrap().alerts
}

#[tokio::test(start_paused = true)]
async fn unloaded_alerts_are_counted_once_also_after_a_restart() {
    let mut world = World::new().await;
    let settings = settings([at_once()]);
    let running = world.start(&settings);
    let [first, second, third, ..] = five();
    world.newsroom.tell_all([first, Given { event: "port", ..second }]).await;
    quiet(&world, 12).await;
    // More than a start reads at once.
    for number in 0..150 {
        let event: &'static str = format!("event {number}").leak();
        world.newsroom.tell(Given { event, ..second }).await;
    }
    world.newsroom.tell(third).await;
    world.pass(3).await;
    assert_eq!(opened(&world).await, 152);
    running.stop().await;
    let again = world.start(&settings);
    world.newsroom.tell(Given { event: "last", ..second }).await;
    world.pass(3).await;
    assert_eq!(opened(&world).await, 153);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_the_sequence_of_a_packed_alert_is_stored() {
    let mut world = World::new().await;
    let given = article("a", "harborledger.example", "Tarrowgate dock talks collapse");
    let output = world.newsroom.tell(given).await;
    let (mut engine, incoming) = (Engine::default(), IncomingArticle::new(1, output, None));
    engine.put(crate::subscription::Rules::read(&at_once(), &Lists::default()).unwrap());
    engine.apply(&incoming);
    let target = incoming.targets()[0];
    for (sequence, hours) in [(1, 0), (2, 24)] {
        let limit = incoming.seen.plus(Duration::from_hours(hours));
        let draft = engine.next(limit).expect("it is due");
        engine.accept(&draft.alert, &draft.metadata);
        engine.unload(Duration::from_hours(192));
        assert!(engine.is_loaded(&draft.alert.id), "nothing is put away before it stands");
        engine.note_last_revision(&draft.alert.id, sequence);
        // Alerts are checked once an hour.
        let later = crate::by_hand::sample("phone", limit.plus(Duration::from_hours(1)));
        engine.accept(&later, &RevisionMetadata::default());
        engine.unload(Duration::from_hours(192));
        assert_eq!(engine.is_loaded(&draft.alert.id), sequence == 1);
    }
    assert_eq!(engine.finished_alerts.about(target), [2]);
}
