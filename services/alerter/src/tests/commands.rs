//! Subscriptions by command, and their records.

use wirefold_envelope::timestamp;
use wirefold_flow::Clock as _;
use wirefold_proto::{
    Command, ControlCommand, Digest, Interval, SubscriptionRecord, SubscriptionSettings, Tag,
    decode, streams,
};
use wirefold_query::Lists;

use super::newsroom::{Given, five};
use super::running::{World, at_once, everything, settings};
use crate::subscription::record_key;

impl World {
    pub(super) async fn command(&self, id: &str, command: Command) {
        let at = timestamp(self.clock.now());
        let (schema, by) = (Tag::new(), "test".to_owned());
        let command = ControlCommand { schema, id: id.to_owned(), at, by, command };
        self.newsroom.publish(&command).await;
        self.pass(1).await;
    }

    async fn record(&self, id: &str) -> Option<SubscriptionRecord> {
        let keys = self.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
        let entry = keys.get(&record_key(&id.parse().unwrap())).await.unwrap()?;
        Some(decode(&entry.value?).unwrap())
    }
}

fn put(settings: SubscriptionSettings) -> Command {
    Command::SubscriptionPut { subscription: Box::new(settings) }
}

#[tokio::test(start_paused = true)]
async fn records_say_what_is_in_force_and_what_is_wrong() {
    let world = World::new().await;
    let given = |id: &str, change: fn(&mut SubscriptionSettings)| {
        let mut settings = SubscriptionSettings { id: id.parse().unwrap(), ..everything() };
        change(&mut settings);
        settings
    };
    let plain = SubscriptionSettings::new("all".parse().unwrap(), "Everything", "*");
    let running = world.start(&settings([
        plain,
        given("broken", |settings| settings.query = "port AND".to_owned()),
        given("none", |settings| settings.max_per_day = Some(0)),
        given("nowhere", |settings| settings.deliveries = vec!["phone".to_owned()]),
        given("odd", |settings| settings.on = vec!["sometimes".to_owned()]),
    ]));
    world.pass(1).await;
    let record = world.record("all").await.unwrap();
    assert_eq!(record.problem, None);
    assert_eq!(record.managed_by.as_deref(), Some("test:1"));
    let filled = record.subscription;
    assert_eq!(filled.on, ["new", "material"]);
    assert_eq!(filled.group_wait.unwrap().to_string(), "30s");
    assert_eq!(filled.update_interval.unwrap().to_string(), "5m");
    assert_eq!(filled.deliveries, ["stdout"]);
    let problems = [
        ("broken", "query: column 9: expected a word, a phrase or \"(\", found the end"),
        ("none", "max_per_day: 0 would send nothing: give 1 or more, or mute the subscription"),
        ("nowhere", "no delivery is called \"phone\"; known are `stdout`"),
        (
            "odd",
            "on: \"sometimes\" is no trigger; expected new, material, correction, \
             retraction, quiet, origins+2, outlets+5 or velocity>5/10m",
        ),
    ];
    for (id, problem) in problems {
        assert_eq!(world.record(id).await.unwrap().problem.as_deref(), Some(problem));
    }
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn lists_are_read_for_whoever_names_them_and_a_missing_one_is_named() {
    let mut world = World::new().await;
    let given = |id: &str, query: &str| SubscriptionSettings {
        id: id.parse().unwrap(),
        query: query.to_owned(),
        ..at_once()
    };
    let mut lists = Lists::default();
    lists.insert("ports", "Gull Sound\nTarrowgate\n");
    let files = settings([given("all", "@ports"), given("astray", "port @ministers")]);
    let running = world.start(&crate::Settings { lists, ..files });
    world.command("put", put(given("mine", "@ports -football"))).await;
    world
        .command(
            "mute",
            Command::SubscriptionMute { subscription: "mine".parse().unwrap(), until: None },
        )
        .await;
    world.newsroom.tell(five()[0]).await;
    world.pass(60).await;
    let told = world.alerts().await;
    let of = |id: &str| told.iter().find(|alert| alert.subscription.as_str() == id);
    assert_eq!(of("all").unwrap().matched, ["Tarrowgate"]);
    assert!(of("mine").unwrap().held.is_some(), "it is muted, and matches");
    let problem = world.record("astray").await.unwrap().problem.unwrap();
    assert_eq!(
        problem,
        "query: column 6: expected a list in lists/ministers.txt, found no such file"
    );
    running.stop().await;
}

#[test]
fn invalid_subscriptions_are_refused_before_they_are_stored() {
    let deliveries = ["stdout", "phone"].map(str::to_owned);
    let check =
        |settings: SubscriptionSettings| crate::check(&settings, &deliveries, &Lists::default());
    let named = |name: &str| vec![name.to_owned()];
    assert_eq!(check(everything()), Ok(()));
    assert_eq!(check(SubscriptionSettings { deliveries: named("phone"), ..everything() }), Ok(()));
    let hours = |hours: u32| Some(Interval::from_seconds(hours * 3_600));
    let quiet_hours = Some(wirefold_proto::QuietHours {
        from: "22:00".to_owned(),
        to: "25:00".to_owned(),
        time_zone: "UTC".to_owned(),
    });
    let night = quiet_hours
        .clone()
        .map(|quiet| wirefold_proto::QuietHours { to: "07:00".to_owned(), ..quiet });
    let name = "a".repeat(200);
    assert_eq!(
        check(SubscriptionSettings { name, group_wait: hours(168), ..everything() }),
        Ok(())
    );
    let refused = [
        (SubscriptionSettings { query: "(".to_owned(), ..everything() }, "query: column 2"),
        (SubscriptionSettings { on: named("sometimes"), ..everything() }, "on: \"sometimes\""),
        (SubscriptionSettings { max_per_day: Some(0), ..everything() }, "max_per_day: 0"),
        (
            SubscriptionSettings { repeat_interval: hours(24), ..everything() },
            "repeat_interval: an alert is over after 24h",
        ),
        (
            SubscriptionSettings {
                digest: Some(Digest::Daily),
                repeat_interval: hours(6),
                ..everything()
            },
            "repeat_interval: a digest never repeats an alert",
        ),
        (SubscriptionSettings { quiet_hours, ..everything() }, "quiet_hours: \"25:00\""),
        (SubscriptionSettings { group_wait: hours(169), ..everything() }, "group_wait: the first"),
        (
            SubscriptionSettings { query: "ferry -ferry".to_owned(), ..everything() },
            "query: it requires",
        ),
        (
            SubscriptionSettings { on: named("velocity>5/0m"), ..everything() },
            "on: \"velocity>5/0m\": column 1: expected a number of articles and a time above 0",
        ),
        (
            SubscriptionSettings { name: "a\nb".to_owned(), ..everything() },
            "name: it has a control",
        ),
        (SubscriptionSettings { name: "a".repeat(201), ..everything() }, "name: it is longer"),
        (
            SubscriptionSettings { time_zone: Some("Sea/Side".to_owned()), ..everything() },
            "time_zone: no time zone \"Sea/Side\"",
        ),
        (
            SubscriptionSettings {
                quiet_hours: night,
                time_zone: Some("Asia/Tokyo".to_owned()),
                ..everything()
            },
            "time_zone: \"Asia/Tokyo\" is not \"UTC\" of the quiet hours",
        ),
        (
            SubscriptionSettings { deliveries: named("pager"), ..everything() },
            "no delivery is called \"pager\"",
        ),
    ];
    for (settings, problem) in refused {
        let said = check(settings).unwrap_err();
        assert!(said.contains(problem), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_counts_while_other_alerts_wait() {
    let mut world = World::new().await;
    let running = world.start(&settings([everything()]));
    let counts = async |place: &World| {
        let record = place.record("all").await.unwrap();
        (record.alerts, record.copies_folded)
    };
    let [first, second, copy, ..] = five();
    world.newsroom.tell_all([first, copy]).await;
    world.pass(31).await;
    assert_eq!(counts(&world).await, (1, 1));
    // This one waits for the next interval, and the old one stays until then.
    world.newsroom.tell(second).await;
    world.newsroom.tell(Given { event: "other", ..first }).await;
    world.pass(33).await;
    assert_eq!(world.alerts().await.len(), 2);
    assert_eq!(counts(&world).await, (2, 1));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_by_command_holds_from_the_next_article_on_and_through_restarts() {
    let mut world = World::new().await;
    let settings = settings([]);
    let running = world.start(&settings);
    let [first, second, ..] = five();
    world.newsroom.tell(first).await;
    world.pass(1).await;
    world.command("1", put(at_once())).await;
    assert!(world.alerts().await.is_empty(), "earlier articles open no alert");
    running.stop().await;
    let again = world.start(&settings);
    world.newsroom.tell(Given { event: "other", ..second }).await;
    world.pass(1).await;
    assert_eq!(world.alerts().await.len(), 1);
    let record = world.record("all").await.unwrap();
    assert_eq!((record.managed_by, record.alerts, record.copies_folded), (None, 1, 0));
    let remove = Command::SubscriptionRemove { subscription: "all".parse().unwrap() };
    world.command("2", remove).await;
    world.newsroom.tell(Given { event: "third", ..second }).await;
    world.pass(1).await;
    assert_eq!((world.alerts().await.len(), world.record("all").await), (1, None));
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn subscriptions_from_a_file_are_changed_only_there() {
    let world = World::new().await;
    let running = world.start(&settings([everything()]));
    let other = SubscriptionSettings { query: "other".to_owned(), ..everything() };
    world.command("1", put(other)).await;
    let remove = Command::SubscriptionRemove { subscription: "all".parse().unwrap() };
    world.command("2", remove).await;
    assert_eq!(world.record("all").await.unwrap().subscription.query, "*");
    running.stop().await;
    // It is gone once the file no longer defines it.
    let again = world.start(&settings([]));
    world.pass(1).await;
    assert_eq!(world.record("all").await, None);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_muted_subscription_sends_no_silent_revision_either() {
    let mut world = World::new().await;
    let running = world.start(&settings([at_once()]));
    let [first, _, copy, third, _] = five();
    world.newsroom.tell(first).await;
    world.pass(60).await;
    let mute = |until| Command::SubscriptionMute { subscription: "all".parse().unwrap(), until };
    world.command("1", mute(None)).await;
    world.newsroom.tell(copy).await;
    world.pass(3_600).await;
    let last = world.alerts().await.pop().unwrap();
    assert!(last.revision > 1 && last.held.is_none(), "it is silent, not held: {last:?}");
    assert_eq!(world.paper.blocks().len(), 1);
    world.command("2", mute(Some(timestamp(world.clock.now())))).await;
    world.newsroom.tell(third).await;
    world.pass(3_600).await;
    assert!(world.paper.blocks().len() > 1, "it sends again");
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_muted_subscription_tells_once_when_it_is_unmuted() {
    let mut world = World::new().await;
    let settings = settings([at_once()]);
    let running = world.start(&settings);
    let mute = |until| Command::SubscriptionMute { subscription: "all".parse().unwrap(), until };
    world.command("1", mute(None)).await;
    world.newsroom.tell_all(five()).await;
    world.pass(60).await;
    assert!(world.record("all").await.unwrap().muted_until.is_some());
    assert!(world.alerts().await.iter().all(|alert| alert.held.is_some()));
    assert!(world.paper.blocks().is_empty());
    running.stop().await;
    let again = world.start(&settings);
    world.command("2", mute(Some(timestamp(world.clock.now())))).await;
    world.pass(1).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1);
    assert!(blocks[0].contains("LOUD") && blocks[0].contains(" and 2 more · "), "{}", blocks[0]);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_put_as_it_was_is_muted_no_longer_also_after_a_restart() {
    let world = World::new().await;
    let running = world.start(&settings([]));
    let mute = Command::SubscriptionMute { subscription: "all".parse().unwrap(), until: None };
    for (id, command) in [("1", put(at_once())), ("2", mute), ("3", put(at_once()))] {
        world.command(id, command).await;
    }
    running.stop().await;
    let again = world.start(&settings([]));
    world.pass(1).await;
    assert_eq!(world.record("all").await.unwrap().muted_until, None);
    again.stop().await;
}
