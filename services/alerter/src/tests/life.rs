//! The life of an alert.

use std::collections::BTreeSet;
use std::time::Duration;

use wirefold_proto::{
    AlertState, Hold, HoldReason, Interval, QuietHours, SubscriptionSettings, Target,
};

use super::newsroom::{Given, article, five};
use super::running::{World, at_once, everything, settings, told};

const DAY: u64 = 24 * 3_600;

#[tokio::test(start_paused = true)]
async fn five_articles_of_one_event_make_one_alert_with_one_message() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    world.newsroom.tell_all(five()).await;
    world.pass(29).await;
    assert!(world.alerts().await.is_empty(), "group_wait is 30 s");
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_eq!(told(alert), "loud: new");
    assert_eq!((alert.articles.len(), alert.origins, alert.outlets, alert.copies), (5, 4, 5, 1));
    assert_eq!(alert.headline.title, "Tarrowgate dock talks collapse");
    let url = alert.articles[0].url.as_deref();
    assert_eq!(url, Some("https://www.harborledger.example/strike/0"), "as the feed gave it");
    world.pass(3_600).await;
    assert_eq!(world.alerts().await.len(), 1);
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1);
    let expected = [
        "ALERT LOUD · new · Everything · revision 1\n  Tarrowgate dock talks collapse\n",
        "\n  Dockers of the fictional port of Tarrowgate stayed away from the cranes.\n",
        "\n  new for Everything · harborledger.example, ",
        " and 2 more · first seen 00:00 UTC, just now\n",
        "\n  Open: http://127.0.0.1:8787/events/e-",
    ];
    for part in expected {
        assert!(blocks[0].contains(part), "{part} in {}", blocks[0]);
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn without_waits_every_article_makes_a_revision_loud_or_silent() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    world.newsroom.tell_all(five()).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let ids: BTreeSet<_> = alerts.iter().map(|alert| &alert.id).collect();
    assert_eq!(ids.len(), 1);
    let found: Vec<String> = alerts.iter().map(told).collect();
    assert_eq!(
        found,
        [
            "loud: new",
            "silent: +1 outlet",
            "silent: +1 outlet",
            // Since the first message, which was the last that notified.
            "loud: +3 outlets since the last alert",
            "silent: +1 outlet",
        ]
    );
    let revisions: Vec<u64> = alerts.iter().map(|alert| alert.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    assert_eq!(world.paper.blocks().len(), 5);
    running.stop().await;
}

/// Five articles that are decided on in another order than they were seen in, as after an outage of the bus.
/// Returns their messages when they are read one by one or all at once.
async fn told_of_unordered(pause: u64) -> Vec<String> {
    let mut world = World::new().await;
    world.pass(5).await;
    let now = world.context().clock.now();
    let running = (pause > 0).then(|| world.start(&settings([at_once()])));
    for (given, back) in five().into_iter().zip([0, 3, 1, 4, 2]) {
        let mut output = world.newsroom.judge(given).await;
        output.article.seen = wirefold_envelope::timestamp(now.minus(Duration::from_secs(back)));
        world.newsroom.publish(&output).await;
        world.pass(pause).await;
    }
    let running = running.unwrap_or_else(|| world.start(&settings([at_once()])));
    world.pass(1).await;
    let told = world.alerts().await.iter().map(told).collect();
    running.stop().await;
    told
}

#[tokio::test(start_paused = true)]
async fn the_order_of_being_seen_changes_nothing_however_late_it_is_read() {
    let late = told_of_unordered(0).await;
    assert_eq!(late.len(), 5, "{late:?}");
    assert_eq!(told_of_unordered(1).await, late);
}

#[tokio::test(start_paused = true)]
async fn a_restart_repeats_nothing_and_goes_on() {
    let mut world = World::new().await;
    for given in five() {
        let running = world.start(&settings([at_once()]));
        world.newsroom.tell(given).await;
        world.pass(1).await;
        running.stop().await;
    }
    let before = world.alerts().await;
    assert_eq!(before.len(), 5);
    let running = world.start(&settings([at_once()]));
    world.pass(10).await;
    assert_eq!(world.alerts().await, before);
    assert_eq!(world.paper.blocks().len(), 5);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn counts_wait_for_the_interval_and_a_decisive_turn_does_not() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let [first, second, copy, third, _] = five();
    world.newsroom.tell(first).await;
    world.pass(31).await;
    world.newsroom.tell_all([second, copy]).await;
    world.pass(5 * 60).await;
    assert_eq!(world.alerts().await.len(), 1);
    let text = "A docker was arrested at Tarrowgate on Friday.";
    world.newsroom.tell(Given { text, ..third }).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 2);
    assert_eq!(
        told(&alerts[1]),
        "loud: A docker was arrested at Tarrowgate on Friday. · +3 outlets"
    );
    assert_eq!(alerts[1].state, AlertState::Updated);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alert_goes_quiet_and_may_speak_again() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(30).await;
    world.clock.advance(Duration::from_secs(DAY));
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts[1].state, AlertState::Quiet);
    assert_eq!(told(&alerts[1]), "silent: no news for 24 hours");
    world.newsroom.tell(second).await;
    world.pass(15 * 60).await;
    assert_eq!(told(&world.alerts().await[2]), "silent: again, day 2 · +1 outlet");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_baseline_never_alerts_and_a_short_text_does() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, second, third, ..] = five();
    world.newsroom.tell(Given { baseline: true, ..first }).await;
    world.pass(60).await;
    assert!(world.alerts().await.is_empty());
    world.newsroom.tell(Given { comparable: false, text: "", ..second }).await;
    world.pass(1).await;
    world.newsroom.tell(Given { comparable: false, ..third }).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let found: Vec<String> = alerts.iter().map(told).collect();
    assert_eq!(found, ["loud: new", "silent: +1 outlet"]);
    let are_headlines: Vec<bool> = alerts[1].articles.iter().map(|it| it.headline_only).collect();
    assert_eq!(are_headlines, [true, false], "the last has sentences, although too few to compare");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_edit_of_a_baseline_article_opens_an_alert_only_if_it_adds_a_turn() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, ..] = five();
    world.newsroom.tell(Given { baseline: true, ..first }).await;
    let edit = Given { updates_baseline: true, is_version: true, ..first };
    let headline = Given { novelty: "0.0", title: "Tarrowgate dock talks collapse again", ..edit };
    world.newsroom.tell(headline).await;
    world.pass(60).await;
    assert!(world.alerts().await.is_empty(), "another headline is not news");
    let quiet =
        Given { novelty: "0.3", title: "Cranes stand still", text: "No crane moved.", ..edit };
    world.newsroom.tell(quiet).await;
    world.pass(60).await;
    assert!(world.alerts().await.is_empty(), "it adds no turn");
    let died = "Crane driver dies in Tarrowgate dock";
    world.newsroom.tell(Given { novelty: "0.3", title: died, ..edit }).await;
    world.pass(1).await;
    let found: Vec<String> = world.alerts().await.iter().map(told).collect();
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("loud: new"), "{found:?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_baseline_article_counts_in_an_open_alert_and_neither_opens_nor_notifies() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let [first, second, copy, third, fourth] = five();
    world.newsroom.tell(first).await;
    world.pass(30).await;
    let baseline = |given| Given { baseline: true, ..given };
    world.newsroom.tell(baseline(second)).await;
    world.newsroom.tell_all([copy, third].map(baseline)).await;
    world.newsroom.tell(Given { event: "other", ..baseline(fourth) }).await;
    world.pass(15 * 60).await;
    let alerts = world.alerts().await;
    let found: Vec<String> = alerts.iter().map(told).collect();
    assert_eq!(found, ["loud: new", "silent: +3 outlets"]);
    let last = &alerts[1];
    assert_eq!((last.articles.len(), last.outlets, last.origins, last.copies), (4, 4, 3, 1));
    world.newsroom.tell(Given { outlet: "fifth.example", ..baseline(third) }).await;
    world.pass(15 * 60).await;
    assert_eq!(told(&world.alerts().await[2]), "silent: +1 outlet");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_baseline_article_opens_no_alert_that_waits_for_more() {
    let mut world = World::new().await;
    let subscription = SubscriptionSettings { min_outlets: Some(2), ..everything() };
    let running = world.start(&settings([subscription]));
    let [first, second, _, third, _] = five();
    world.newsroom.tell(first).await;
    world.newsroom.tell(Given { baseline: true, ..second }).await;
    world.pass(60).await;
    assert!(world.alerts().await.is_empty());
    world.newsroom.tell(third).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!((alerts.len(), alerts[0].outlets, alerts[0].articles.len()), (1, 3, 3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn thresholds_are_waited_for_and_all_articles_so_far_are_named() {
    let mut world = World::new().await;
    let subscription =
        SubscriptionSettings { min_outlets: Some(3), min_origins: Some(2), ..everything() };
    let running = world.start(&settings([subscription]));
    let [first, second, copy, ..] = five();
    world.newsroom.tell_all([first, second]).await;
    world.pass(3_600).await;
    assert!(world.alerts().await.is_empty());
    world.newsroom.tell(copy).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!((alerts.len(), alerts[0].articles.len()), (1, 3));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn by_story_each_text_has_an_alert_of_its_own() {
    let mut world = World::new().await;
    let by_story = Some(wirefold_proto::GroupBy::Story);
    let running =
        world.start(&settings([SubscriptionSettings { group_by: by_story, ..at_once() }]));
    world.newsroom.tell_all(five()).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    let targets: BTreeSet<_> = alerts.iter().map(|alert| alert.target).collect();
    assert_eq!((alerts.len(), targets.len()), (5, 4));
    assert!(
        alerts.iter().all(|alert| matches!(alert.target, Target::Story(_)) && alert.origins == 1)
    );
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_query_notifies_of_its_matches_and_updates_follow_the_event() {
    let mut world = World::new().await;
    let query = "title:ministers \"stayed away\"".to_owned();
    let running = world.start(&settings([SubscriptionSettings { query, ..at_once() }]));
    let [first, second, _, third, ministers] = five();
    world.newsroom.tell_all([first, second, ministers, third]).await;
    world.pass(1).await;
    let alerts = world.alerts().await;
    assert_eq!(alerts.len(), 2);
    assert_eq!(alerts[0].matched, ["title:ministers", "stayed away"]);
    assert_eq!(alerts[0].headline.title, "Ministers to meet over Tarrowgate");
    assert_eq!(told(&alerts[1]), "silent: +1 outlet");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_alert_names_as_first_only_the_article_that_was_decided_first() {
    let [first, second, ..] = five();
    for (query, expected) in [("tarrowgate", Some(first.outlet)), ("cranes", None)] {
        let mut world = World::new().await;
        let asked = SubscriptionSettings { query: query.to_owned(), ..at_once() };
        let running = world.start(&settings([asked]));
        let first = Given { text: "Dockers of Tarrowgate stayed at home.", ..first };
        // Both are seen in the same millisecond.
        world.newsroom.tell_all([first, second]).await;
        world.pass(1).await;
        let last = world.alerts().await.pop().unwrap();
        let found = last.first.map(|it| it.outlet.to_string());
        assert_eq!(found.as_deref(), expected, "{query}");
        running.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn quiet_hours_hold_and_one_message_with_the_latest_state_follows() {
    let mut world = World::new().await;
    // The virtual clock starts at midnight.
    let quiet_hours = Some(QuietHours {
        from: "22:00".to_owned(),
        to: "00:10".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let break_quiet = Some("outlets>=5".to_owned());
    let subscription = SubscriptionSettings { quiet_hours, break_quiet, ..at_once() };
    let running = world.start(&settings([subscription]));
    let [first, second, copy, ..] = five();
    world.newsroom.tell_all([first, second, copy]).await;
    world.pass(60).await;
    let alerts = world.alerts().await;
    let held =
        |alert: &wirefold_proto::Alert| alert.held.as_ref().map(|Hold { reason, .. }| *reason);
    assert_eq!(alerts.len(), 3);
    assert!(alerts.iter().all(|alert| held(alert) == Some(HoldReason::QuietHours)));
    assert!(world.paper.blocks().is_empty());
    world.pass(9 * 60).await;
    let after = world.alerts().await;
    assert_eq!(after.len(), 4);
    assert_eq!(
        (told(&after[3]).as_str(), after[3].origins),
        ("loud: new, held back during quiet hours", 2)
    );
    assert_eq!(world.paper.blocks().len(), 1);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_breaks_quiet_hours_is_not_held() {
    let mut world = World::new().await;
    let quiet_hours = Some(QuietHours {
        from: "22:00".to_owned(),
        to: "07:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let break_quiet = Some("outlets>=4".to_owned());
    let subscription = SubscriptionSettings { quiet_hours, break_quiet, ..at_once() };
    let running = world.start(&settings([subscription]));
    world.newsroom.tell_all(five()).await;
    world.pass(1).await;
    let held: Vec<bool> = world.alerts().await.iter().map(|alert| alert.held.is_some()).collect();
    assert_eq!(held, [true, true, true, false, false]);
    assert_eq!(world.paper.blocks().len(), 2);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn more_than_enough_a_day_waits_for_the_next() {
    let mut world = World::new().await;
    let subscription = SubscriptionSettings {
        max_per_day: Some(2),
        group_wait: Some(Interval::from_seconds(0)),
        ..everything()
    };
    let running = world.start(&settings([subscription]));
    for event in ["one", "two", "three"] {
        world.newsroom.tell(Given { event, ..five()[0] }).await;
    }
    world.pass(1).await;
    let alerts = world.alerts().await;
    let held: Vec<Option<HoldReason>> =
        alerts.iter().map(|alert| alert.held.as_ref().map(|held| held.reason)).collect();
    assert_eq!(held, [None, None, Some(HoldReason::MaxPerDay)]);
    world.clock.advance(Duration::from_secs(DAY - 1));
    world.pass(1).await;
    let loud = world.paper.blocks().iter().filter(|block| block.contains("LOUD")).count();
    assert_eq!(loud, 3);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_article_from_a_clock_years_ahead_hurries_no_other_alert() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let [first, second, ..] = five();
    let mut ahead = world.newsroom.judge(first).await;
    ahead.article.seen += Duration::from_hours(10 * 365 * 24);
    world.newsroom.publish(&ahead).await;
    world.newsroom.tell(Given { event: "other", ..second }).await;
    world.pass(29).await;
    assert!(world.alerts().await.is_empty(), "group_wait is 30 s");
    world.pass(1).await;
    assert_eq!(world.alerts().await.len(), 2);
    running.stop().await;
}

/// Texts that each state another decisive turn.
const TURNS: [&str; 7] = [
    "A docker was arrested at Tarrowgate on Friday.",
    "The harbour master of Tarrowgate resigned on Friday.",
    "A crane at Tarrowgate exploded on Friday.",
    "Four sailors were rescued off Tarrowgate on Friday.",
    "People near Tarrowgate are to stay indoors.",
    "A court acquitted the owner of the Tarrowgate docks.",
    "Trading in Tarrowgate shares was suspended.",
];

#[tokio::test(start_paused = true)]
async fn six_messages_in_an_hour_are_enough_and_the_rest_comes_together() {
    let mut world = World::new().await;
    // The message with which another subscription of the delivery begins is one of them.
    let resigned = SubscriptionSettings {
        query: "resigned".to_owned(),
        id: "resigned".parse().unwrap(),
        ..everything()
    };
    let running = world.start(&settings([everything(), resigned]));
    world.newsroom.tell(five()[0]).await;
    world.pass(31).await;
    let outlets =
        ["a.example", "b.example", "c.example", "d.example", "e.example", "f.example", "g.example"];
    let titles = ["Arrest", "Resignation", "Crane", "Sailors", "Order", "Court", "Shares"];
    let stories = ["s1", "s2", "s3", "s4", "s5", "s6", "s7"];
    for (place, text) in TURNS.into_iter().enumerate() {
        let given = article(stories[place], outlets[place], titles[place]);
        world.newsroom.tell(Given { text, ..given }).await;
        world.pass(60).await;
    }
    assert_eq!(world.paper.blocks().len(), 6, "{:#?}", world.paper.blocks());
    // A correction waits for nothing, and what waits goes with it. It is none of the six.
    let correction = Given { correction: Some("4 → 3"), ..five()[1] };
    world.newsroom.tell(correction).await;
    world.pass(1).await;
    let blocks = world.paper.blocks();
    assert!(blocks.len() == 7 && blocks[6].contains("Trading in Tarrowgate shares"), "{blocks:#?}");
    world.pass(1_800).await;
    world
        .newsroom
        .tell(Given {
            text: "Trading went on; two were killed.",
            ..article("s8", "h.example", "Two dead")
        })
        .await;
    world.pass(1_200).await;
    assert_eq!(world.paper.blocks().len(), 7);
    world.pass(600).await;
    let last = world.paper.blocks();
    assert!(last.len() == 8 && last[7].contains("  Two dead\n"), "{last:#?}");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn titles_of_other_events_join_an_alert_also_after_a_restart() {
    let mut world = World::new().await;
    let bare = |event, outlet, title| Given {
        event,
        text: "",
        comparable: false,
        ..article(event, outlet, title)
    };
    let running = world.start(&settings([everything()]));
    world
        .newsroom
        .tell_all([
            bare("one", "ostrandpost.example", "Fire at paint factory in Ostrand"),
            bare(
                "two",
                "deltacourier.example",
                "Blaze at paint factory in Ostrand - Delta Courier",
            ),
            bare("three", "radiodyke.example", "Fire at paint factory in Tessel"),
        ])
        .await;
    world.pass(31).await;
    let alerts = world.alerts().await;
    let headlines: Vec<&str> = alerts.iter().map(|alert| alert.headline.title.as_str()).collect();
    assert_eq!(headlines, ["Fire at paint factory in Ostrand", "Fire at paint factory in Tessel"]);
    assert_eq!((alerts[0].outlets, alerts[0].articles.len()), (2, 2));
    running.stop().await;
    let restarted = world.start(&settings([everything()]));
    // The events that joined stay together, and what is known stays silent.
    let again = "Paint factory fire in Ostrand";
    world.newsroom.tell(bare("two", "canalnews.example", again)).await;
    world.newsroom.tell(bare("four", "kanalbote.example", again)).await;
    world.pass(3_600).await;
    let all = world.alerts().await;
    let later: Vec<String> = all[2..].iter().map(told).collect();
    assert_eq!(later, ["silent: +2 outlets"]);
    assert_eq!(all[2].id, all[0].id);
    restarted.stop().await;
}
