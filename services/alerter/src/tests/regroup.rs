//! Alerts of stories and events that people split or merge: silent, and correct afterwards.

use std::time::Duration;

use wirefold_proto::{
    Alert, AlertReason, AlertState, ArticleId, GroupBy, Interval, OutputArticle, ReasonKind,
    StoryId, SubscriptionSettings, Target, Volume,
};

use super::newsroom::{Given, article, five};
use super::running::{World, at_once, settings, told};

/// Volume, state and numbers of a revision.
fn numbers(alert: &Alert) -> (Volume, AlertState, [u32; 3]) {
    (alert.volume, alert.state, [alert.outlets, alert.origins, alert.copies])
}

const LOUD: Volume = Volume::Loud;
const SILENT: Volume = Volume::Silent;

#[tokio::test(start_paused = true)]
async fn a_split_is_counted_anew_and_notifies_no_sooner() {
    for is_restarted in [false, true] {
        let mut world = World::new().await;
        let mut running = world.start(&settings([at_once()]));
        let [first, second, copy, third, _] = five();
        world.newsroom.tell(first).await;
        let copied = world.newsroom.tell(copy).await;
        world.pass(1).await;
        world.newsroom.take_out(copy, &copied, "apart").await;
        world.pass(1).await;
        if is_restarted {
            running.stop().await;
            running = world.start(&settings([at_once()]));
            world.pass(1).await;
        }
        // Two origins more than at the last notification, one of them by an override; and a third.
        for given in [second, third] {
            world.newsroom.tell(given).await;
            world.pass(1).await;
        }
        let alerts = world.alerts().await;
        let found: Vec<_> = alerts.iter().map(numbers).collect();
        let expected = [
            (LOUD, AlertState::New, [1, 1, 0]),
            (SILENT, AlertState::Growing, [2, 1, 1]),
            (SILENT, AlertState::Growing, [2, 2, 0]),
            (SILENT, AlertState::Growing, [3, 3, 0]),
            (LOUD, AlertState::Growing, [4, 4, 0]),
        ];
        assert_eq!(found, expected, "restarted: {is_restarted}");
        assert_eq!(told(&alerts[2]), "silent: ");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_merge_is_counted_anew_and_notifies_no_later() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, _, third, fourth] = five();
    world.newsroom.tell_all([first, second]).await;
    world.pass(1).await;
    world.newsroom.unite("strike", ["b", "a"]).await;
    world.pass(1).await;
    for given in [third, fourth] {
        world.newsroom.tell(given).await;
        world.pass(1).await;
    }
    let alerts = world.alerts().await;
    let found: Vec<_> = alerts.iter().map(numbers).collect();
    let expected = [
        (LOUD, AlertState::New, [1, 1, 0]),
        (SILENT, AlertState::Growing, [2, 2, 0]),
        (SILENT, AlertState::Growing, [2, 1, 1]),
        (SILENT, AlertState::Growing, [3, 2, 1]),
        (LOUD, AlertState::Growing, [4, 3, 1]),
    ];
    assert_eq!(found, expected);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_story_taken_out_of_one_that_was_told_opens_silently() {
    let mut world = World::new().await;
    let by_story = SubscriptionSettings { group_by: Some(GroupBy::Story), ..at_once() };
    let running = world.start(&settings([by_story]));
    let [first, _, copy, ..] = five();
    let firstly = world.newsroom.tell(first).await;
    let copied = world.newsroom.tell(copy).await;
    world.pass(1).await;
    world.newsroom.take_out(copy, &copied, "apart").await;
    world.pass(1).await;
    let later = Given { story: "apart", outlet: "late.example", ..copy };
    world.newsroom.tell(later).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let of = |id| -> Vec<&Alert> {
        let target = Target::Story(StoryId::from(id));
        alerts.iter().filter(|alert| alert.target == target).collect()
    };
    let (old, new) = (of(firstly.id), of(copied.id));
    let volumes = |some: &[&Alert]| -> Vec<_> {
        some.iter().map(|alert| (alert.volume, alert.copies)).collect()
    };
    assert_eq!(volumes(&old), [(LOUD, 0), (SILENT, 1), (SILENT, 0)]);
    assert_eq!(volumes(&new), [(SILENT, 0), (SILENT, 1)]);
    let shown = |alert: &Alert| -> Vec<_> { alert.articles.iter().map(|it| it.id).collect() };
    assert_eq!((shown(old[2]), shown(new[0])), (vec![firstly.id], vec![copied.id]));
    assert_eq!(new[0].headline.title, copy.title);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_finished_alert_is_counted_anew_and_stays_finished() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, _, copy, ..] = five();
    world.newsroom.tell(first).await;
    let copied = world.newsroom.tell(copy).await;
    world.pass(1).await;
    world.clock.advance(Duration::from_hours(25));
    world.pass(1).await;
    world.newsroom.take_out(copy, &copied, "apart").await;
    world.pass(1).await;
    world.clock.advance(Duration::from_hours(25));
    world.pass(1).await;
    let alerts = world.alerts().await;
    let found: Vec<_> = alerts.iter().skip(2).map(numbers).collect();
    let quiet = |numbers| (SILENT, AlertState::Quiet, numbers);
    assert_eq!(found, [quiet([2, 1, 1]), quiet([2, 2, 0])]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alert_after_a_split_has_the_right_numbers() {
    let mut world = World::new().await;
    let patient = SubscriptionSettings { min_origins: Some(2), ..at_once() };
    let running = world.start(&settings([patient]));
    let [first, _, copy, ..] = five();
    world.newsroom.tell(first).await;
    let copied = world.newsroom.tell(copy).await;
    world.newsroom.take_out(copy, &copied, "apart").await;
    world.pass(1).await;
    assert!(world.alerts().await.is_empty(), "a manual override opens nothing");
    world.newsroom.tell(article("a", "third.example", "Dock talks")).await;
    world.pass(1).await;
    let found: Vec<_> = world.alerts().await.iter().map(numbers).collect();
    assert_eq!(found, [(LOUD, AlertState::New, [3, 2, 1])]);
    running.stop().await;
}

/// Two stories, the second with two articles. People merge them and split them again, except for its second
/// article.
async fn one_and_apart_again(world: &mut World) -> OutputArticle {
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    let other = world.newsroom.tell(second).await;
    world.pass(1).await;
    world.newsroom.tell(Given { outlet: "late.example", ..second }).await;
    world.pass(1).await;
    world.newsroom.unite("strike", ["b", "a"]).await;
    world.pass(1).await;
    world.newsroom.take_out(Given { story: "a", ..second }, &other, "b").await;
    world.pass(1).await;
    other
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_is_its_own_again_has_the_numbers_of_what_it_has_now() {
    let mut world = World::new().await;
    let by_story = SubscriptionSettings { group_by: Some(GroupBy::Story), ..at_once() };
    let running = world.start(&settings([by_story]));
    let other = one_and_apart_again(&mut world).await;
    let target = Target::Story(StoryId::from(other.id));
    let alerts = world.alerts().await;
    let own: Vec<_> = alerts.iter().filter(|alert| alert.target == target).collect();
    let found: Vec<_> = own.iter().map(|alert| numbers(alert)).collect();
    let expected = [
        (LOUD, AlertState::New, [1, 1, 0]),
        (SILENT, AlertState::Growing, [2, 1, 1]),
        (SILENT, AlertState::Quiet, [2, 1, 1]),
        (SILENT, AlertState::Growing, [1, 1, 0]),
    ];
    assert_eq!(found, expected);
    assert_eq!(own[3].articles.iter().map(|it| it.id).collect::<Vec<_>>(), [other.id]);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_event_without_its_first_story_is_corrected_in_place() {
    for is_restarted in [false, true] {
        let mut world = World::new().await;
        let mut running = world.start(&settings([at_once()]));
        let [first, second, ..] = five();
        let firstly = world.newsroom.tell(first).await;
        world.pass(10).await;
        let secondly = world.newsroom.tell(second).await;
        world.pass(1).await;
        if is_restarted {
            running.stop().await;
            running = world.start(&settings([at_once()]));
            world.pass(1).await;
        }
        world.newsroom.move_story(first, "apart").await;
        world.pass(1).await;
        let alerts = world.alerts().await;
        let shown = |alert: &Alert| -> Vec<_> { alert.articles.iter().map(|it| it.id).collect() };
        let [.., stays, leaves] = &alerts[..] else { panic!("{alerts:?}") };
        let (stays, leaves) = match stays.target == alerts[0].target {
            true => (stays, leaves),
            false => (leaves, stays),
        };
        assert_eq!((stays.volume, leaves.volume), (SILENT, SILENT));
        assert!(world.paper.blocks().iter().all(|block| !block.contains("by hand")));
        assert_eq!((shown(stays), shown(leaves)), (vec![secondly.id], vec![firstly.id]));
        assert_eq!(stays.headline.title, second.title);
        assert_eq!(stays.first_seen, secondly.article.seen);
        assert_eq!(stays.first.as_ref().unwrap().outlet.as_str(), second.outlet);
        assert_eq!(
            (&*leaves.headline.title, leaves.first_seen),
            (first.title, firstly.article.seen)
        );
        // The two are one again, as before.
        world.newsroom.join("apart", "strike").await;
        world.pass(1).await;
        let all = world.alerts().await;
        let back = all.iter().rev().find(|alert| alert.target == stays.target).unwrap();
        assert_eq!((back.volume, shown(back)), (SILENT, vec![firstly.id, secondly.id]));
        assert_eq!(back.first_seen, firstly.article.seen);
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_is_first_seen_with_the_earliest_article_of_its_event_alone() {
    let mut world = World::new().await;
    let query = "dock OR cranes".to_owned();
    let running = world.start(&settings([SubscriptionSettings { query, ..at_once() }]));
    let [first, second, third, ..] = five();
    // The event has a stranger, which the alert never shows.
    let stranger = Given {
        title: "Choir sings",
        text: "Nothing of that sort.",
        ..article("z", "choirs.example", "")
    };
    let strangely = world.newsroom.tell(stranger).await;
    world.pass(600).await;
    let firstly = world.newsroom.tell(first).await;
    world.pass(60).await;
    world.newsroom.tell(second).await;
    world.pass(1).await;
    let before = world.alerts().await.pop().unwrap();
    assert_eq!((before.first_seen, before.first), (strangely.article.seen, None));
    world.newsroom.move_story(stranger, "apart").await;
    world.pass(1).await;
    let after = world.alerts().await.pop().unwrap();
    let seen = |alert: &Alert| (alert.first_seen, alert.first.clone().unwrap().outlet.to_string());
    assert_eq!(seen(&after), (firstly.article.seen, first.outlet.to_owned()));
    assert_eq!(after.volume, SILENT);
    let lines = world.paper.blocks().pop().unwrap();
    assert!(lines.contains(" at harborledger.example, "), "{lines}");
    world.newsroom.tell(third).await;
    world.pass(1).await;
    let later = world.alerts().await.pop().unwrap();
    assert_eq!(seen(&later), (firstly.article.seen, first.outlet.to_owned()));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn news_that_waits_leaves_with_its_text() {
    let mut world = World::new().await;
    let update_interval = Some(Interval::from_seconds(600));
    let running = world.start(&settings([SubscriptionSettings { update_interval, ..at_once() }]));
    let first = world.newsroom.tell(article("a", "lanternpost.example", "Dockers strike")).await;
    world.pass(1).await;
    let text = "Fishermen of Wickstead demand money for their torn nets.";
    let fish = article("b", "farpost.example", "Fishermen of Wickstead demand money");
    let fish = Given { text, ..fish };
    world.newsroom.tell(fish).await;
    world.pass(1).await;
    world.newsroom.move_story(fish, "nets").await;
    world.pass(3_600).await;
    let all = world.alerts().await;
    let of_first = all.iter().filter(|alert| alert.target == Target::Event(first.verdict.event));
    let loud = of_first.filter(|alert| alert.volume == LOUD).count();
    assert_eq!(loud, 1, "{:?}", all.last());
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alert_whose_articles_left_hears_no_more_of_the_event() {
    let mut world = World::new().await;
    let bakers = SubscriptionSettings { query: "bakers".to_owned(), ..at_once() };
    let running = world.start(&settings([bakers]));
    let dockers = article("a", "lanternpost.example", "Dockers strike in Kell");
    world.newsroom.tell(dockers).await;
    let ovens = article("b", "farpost.example", "Bakers strike in Moor");
    let ovens = Given { text: "The ovens of Moor are cold.", ..ovens };
    world.newsroom.tell(ovens).await;
    world.pass(1).await;
    world.newsroom.move_story(ovens, "ovens").await;
    world.pass(1).await;
    let before = world.alerts().await.len();
    let blocks = world.paper.blocks();
    let left =
        blocks.iter().filter(|it| it.contains("its articles moved to another event")).count();
    assert_eq!(left, 1, "{blocks:#?}");
    let text = "A docker was killed in Kell on Friday, police said.";
    let death = article("c", "baypost.example", "Docker killed in Kell");
    world.newsroom.tell(Given { text, ..death }).await;
    world.pass(3_600).await;
    let all = world.alerts().await;
    assert_eq!(all.len(), before, "{:?}", all.last());
    running.stop().await;
}

/// The articles of the last revision about the event of this article.
fn last_about(alerts: &[Alert], first: &OutputArticle) -> (Alert, Vec<ArticleId>) {
    let target = Target::Event(first.verdict.event);
    let last = alerts.iter().rev().find(|alert| alert.target == target).unwrap();
    (last.clone(), last.articles.iter().map(|article| article.id).collect())
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_join_is_undone_has_its_alert_again() {
    // At once, or later and after a restart; if the other alert waits with news of its own, or for its first message;
    // after a join by people or by an article.
    for (passes, interval, wait, by_people) in [
        (0, 0, 0, true),
        (1, 0, 0, true),
        (1, 0, 0, false),
        (0, 900, 0, true),
        (1, 900, 0, true),
        (1, 900, 60, true),
    ] {
        let mut world = World::new().await;
        let seconds = |some| Some(Interval::from_seconds(some));
        let rules = SubscriptionSettings {
            update_interval: seconds(interval),
            group_wait: seconds(wait),
            ..at_once()
        };
        let rules = settings([rules]);
        let mut running = world.start(&rules);
        let [first, second, _, third, fourth] = five();
        let [second, fourth] = [second, fourth].map(|given| Given { event: "port", ..given });
        let port = world.newsroom.tell(second).await;
        world.pass(u64::from(wait) + 1).await;
        let strike = world.newsroom.tell(first).await;
        world.pass(1).await;
        let waiting = world.newsroom.tell(third).await;
        match by_people {
            true => world.newsroom.join("port", "strike").await,
            false => world.newsroom.merge("port", "strike").await,
        }
        world.pass(passes).await;
        if passes > 0 {
            running.stop().await;
            running = world.start(&rules);
        }
        world.newsroom.move_story(second, "port").await;
        world.pass(1_000).await;
        let case = (passes, interval, wait, by_people);
        let alerts = world.alerts().await;
        let (alert, of_port) = last_about(&alerts, &port);
        assert_eq!(alert.state, AlertState::Growing, "{case:?}");
        let is_again = |reason: &AlertReason| reason.kind == ReasonKind::Again;
        let is_counted = |reason: &AlertReason| reason.kind == ReasonKind::Outlets;
        assert!(!alert.reasons.iter().any(is_again), "{case:?}: {:?}", alert.reasons);
        assert!(!alert.reasons.iter().any(is_counted), "{case:?}: {:?}", alert.reasons);
        assert_eq!(
            (alert.merged_into, alert.volume, of_port),
            (None, SILENT, vec![port.id]),
            "{case:?}"
        );
        let (other, of_strike) = last_about(&alerts, &strike);
        assert_eq!(of_strike, [strike.id, waiting.id], "{case:?}");
        assert_eq!(
            [&alert, &other].map(|it| (it.outlets, it.origins)),
            [(1, 1), (2, 2)],
            "{case:?}"
        );
        let is_of_strike = |it: &&Alert| it.target == other.target;
        let opened = alerts.iter().find(is_of_strike).unwrap();
        assert_eq!((opened.volume, &*opened.headline.title), (LOUD, first.title), "{case:?}");
        // Its later news is its own.
        let later = world.newsroom.tell(fourth).await;
        world.pass(1_000).await;
        let (_, after) = last_about(&world.alerts().await, &port);
        assert_eq!(after, [port.id, later.id], "{case:?}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_is_its_own_again_lacks_what_stays_with_the_other() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, _, third, _] = five();
    let [second, third] = [second, third].map(|given| Given { event: "port", ..given });
    let strike = world.newsroom.tell(first).await;
    let port = world.newsroom.tell(second).await;
    let stays = world.newsroom.tell(third).await;
    world.pass(1).await;
    world.newsroom.join("port", "strike").await;
    world.pass(1).await;
    world.newsroom.move_story(second, "port").await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(last_about(&alerts, &port).1, [port.id]);
    assert_eq!(last_about(&alerts, &strike).1, [strike.id, stays.id]);
    running.stop().await;
}
