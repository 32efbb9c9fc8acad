//! Problems of the installation: each is reported once to every delivery that wants them, whichever process
//! is killed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use wirefold_envelope::{dead_letters, timestamp};
use wirefold_flow::sim::CrashAt;
use wirefold_flow::{
    BoxFuture, Cause, Clock as _, DeadLetter, Headers, Outgoing, Point, Reason, StageContext,
    Stored,
};
use wirefold_proto::{
    FeedRecord, FeedSettings, HEALTH_KEY, HealthKind, HealthReport, decode, encode, streams,
};

use super::http::{Answer, Receiver, webhook, without_subscriptions};
use super::newsroom::{article, five};
use super::running::{Running, World, at_once, settings, wait_until_idle};
use super::watching::DEADLINE;
use crate::kinds::{DeliveryTarget, NatsTarget};
use crate::{
    AlerterError, Delivery, Disk, Failure, HealthSettings, Settings, Space, Subjects, Templates,
};

const MINUTE: Duration = Duration::from_mins(1);

/// Stores the record of a feed like the fetcher.
async fn put_feed(world: &World, id: &str, is_set_aside: bool) {
    let mut record = record(id);
    record.set_aside = is_set_aside.then(|| timestamp(world.clock.now()));
    put_record(world, &record).await;
}

fn record(id: &str) -> FeedRecord {
    let feed = FeedSettings::new(id.parse().unwrap(), format!("https://{id}.example/feed"));
    FeedRecord::waiting(feed, None, 900)
}

async fn put_record(world: &World, record: &FeedRecord) {
    let id = &record.feed.id;
    let feeds = world.bus.key_value(streams::FEEDS.name).unwrap();
    feeds.put(&format!("feed.{id}"), encode(record).unwrap().into()).await.unwrap();
}

async fn pass(world: &World, minutes: u32) {
    wait_until_idle().await;
    for _ in 0..minutes.div_ceil(5) {
        world.clock.advance(MINUTE * 5);
        wait_until_idle().await;
    }
}

/// The open conditions, as page and API read them.
async fn open(world: &World) -> Vec<HealthKind> {
    let kept = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let report = kept.get(HEALTH_KEY).await.unwrap().unwrap().value.unwrap();
    let report: HealthReport = decode(&report).unwrap();
    report.conditions.into_iter().map(|condition| condition.kind).collect()
}

fn telling() -> Settings {
    let mut settings = settings([]);
    settings.deliveries[0].health = true;
    settings
}

const SET_ASIDE: &str = "HEALTH · wirefold: feed pier is set aside: wirefold crashed twice while it read it\n  \
    feed pier is set aside: wirefold crashed twice while it read it. `wirefold feed retry pier` brings it back\n  \
    http://127.0.0.1:8787";

#[tokio::test(start_paused = true)]
async fn a_condition_is_told_once_reminded_of_daily_and_told_when_it_is_over() {
    let world = World::new().await;
    put_feed(&world, "harbour", false).await;
    let running = world.start(&telling());
    pass(&world, 60).await;
    assert_eq!(world.paper.blocks(), <[String; 0]>::default(), "all is well");
    put_feed(&world, "pier", true).await;
    pass(&world, 5).await;
    assert_eq!(world.paper.blocks(), [SET_ASIDE]);
    // Not again after a restart, and once a day while it lasts.
    running.stop().await;
    let again = world.start(&telling());
    pass(&world, 23 * 60).await;
    assert_eq!(world.paper.blocks().len(), 1);
    pass(&world, 70).await;
    assert_eq!(world.paper.blocks().len(), 2);
    let reminder = &world.paper.blocks()[1];
    assert!(reminder.starts_with("HEALTH · wirefold: still: feed pier"), "{reminder}");
    assert_eq!(open(&world).await, [HealthKind::FeedSetAside]);
    // A problem that comes and goes within minutes is one condition.
    put_feed(&world, "pier", false).await;
    pass(&world, 5).await;
    put_feed(&world, "pier", true).await;
    pass(&world, 30).await;
    assert_eq!(world.paper.blocks().len(), 2);
    put_feed(&world, "pier", false).await;
    pass(&world, 25).await;
    let over = &world.paper.blocks()[2];
    assert!(over.starts_with("HEALTH · wirefold: over: feed pier"), "{over}");
    assert_eq!(open(&world).await, []);
    pass(&world, 26 * 60).await;
    assert_eq!(world.paper.blocks().len(), 3);
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_feed_with_priority_is_told_of_if_it_is_silent_beyond_its_own_rhythm() {
    let world = World::new().await;
    let running = world.start(&telling());
    let [mut wire, mut other] = ["wire", "other"].map(record);
    wire.feed.priority = true;
    let bring = async |feed: &mut FeedRecord| {
        feed.last_new = Some(timestamp(world.clock.now()));
        put_record(&world, feed).await;
    };
    for _ in 0..20 {
        bring(&mut wire).await;
        bring(&mut other).await;
        pass(&world, 4 * 60).await;
    }
    pass(&world, 4 * 60 - 10).await;
    assert_eq!(open(&world).await, [], "twice its own four hours are not over");
    pass(&world, 40).await;
    assert_eq!(open(&world).await, [HealthKind::FeedSilent], "the other one has no priority");
    let words = "feed wire has brought nothing new for 8 hours; its longest quiet time of the last week was 4 hours";
    let told = &world.paper.blocks()[0];
    assert!(told.contains(words) && told.contains("`wirefold feed poll wire`"), "{told}");
    bring(&mut wire).await;
    pass(&world, 30).await;
    assert_eq!(open(&world).await, []);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_does_not_ask_is_not_told() {
    let world = World::new().await;
    put_feed(&world, "pier", true).await;
    let running = world.start(&settings([]));
    pass(&world, 26 * 60).await;
    assert_eq!((world.paper.blocks().len(), open(&world).await.len()), (0, 1));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn silence_against_the_usual_rhythm_is_told_until_an_article_comes() {
    let mut world = World::new().await;
    let running = world.start(&telling());
    for _ in 0..30 {
        world.newsroom.tell(article("a", "harborledger.example", "Tarrowgate dock talks")).await;
        pass(&world, 2 * 60).await;
    }
    assert_eq!(world.paper.blocks(), <[String; 0]>::default());
    pass(&world, 4 * 60 + 10).await;
    let blocks = world.paper.blocks();
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    let words = "no new article for 6 hours; the longest quiet time of the last week was 2 hours";
    assert!(blocks[0].starts_with(&format!("HEALTH · wirefold: {words}")), "{}", blocks[0]);
    assert_eq!(open(&world).await, [HealthKind::NothingNew]);
    world.newsroom.tell(article("b", "quaytimes.example", "Cranes move again")).await;
    pass(&world, 25).await;
    assert_eq!((world.paper.blocks().len(), open(&world).await.len()), (2, 0));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_told_once_and_not_those_of_before() {
    let world = World::new().await;
    let letter = |id: &str| Outgoing::new("wirefold.v1.dead.enricher", id, "{}");
    world.bus.publish(letter("old")).await.unwrap();
    let running = world.start(&telling());
    pass(&world, 60).await;
    assert_eq!(world.paper.blocks().len(), 0);
    for id in ["one", "two"] {
        world.bus.publish(letter(id)).await.unwrap();
    }
    pass(&world, 60).await;
    let told = "HEALTH · wirefold: 2 messages could not be handled and go to the dead letters";
    assert!(world.paper.blocks()[0].starts_with(told), "{:?}", world.paper.blocks());
    // It is over a day after the last of them.
    pass(&world, 25 * 60).await;
    let last = world.paper.blocks().pop().unwrap();
    assert!(last.starts_with("HEALTH · wirefold: over: 2 messages"), "{last}");
    let told_so_far = world.paper.blocks().len();
    pass(&world, 48 * 60).await;
    assert_eq!(world.paper.blocks().len(), told_so_far);
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_forged_decision_is_told_for_a_day() {
    let world = World::new().await;
    let running = world.start(&telling());
    pass(&world, 10).await;
    let at = world.clock.now();
    let message = Stored {
        stream: streams::OUTPUT.name.to_owned(),
        sequence: 7,
        at,
        subject: "wirefold.v1.output.article.new.en".to_owned(),
        id: String::new(),
        headers: Headers::default(),
        body: Bytes::new(),
    };
    let reason = Reason { cause: Cause::Forged, text: "no writer wrote it".to_owned() };
    let (stage, body) = ("enricher", None);
    let letter = DeadLetter { stage, reason: &reason, attempts: 1, at, message: &message, body };
    world.bus.publish(dead_letters(streams::Stage::Enricher).outgoing(&letter)).await.unwrap();
    pass(&world, 10).await;
    assert_eq!(open(&world).await, [HealthKind::DeadLetters, HealthKind::ForgedRecords]);
    let told = world.paper.blocks().pop().unwrap();
    assert!(told.contains("a decision that no detector wrote (WF_OUTPUT/7)"), "{told}");
    // After a restart it is known, and not reported twice.
    running.stop().await;
    let again = world.start(&telling());
    pass(&world, 60).await;
    assert_eq!((open(&world).await.len(), world.paper.blocks().len()), (2, 1));
    pass(&world, 25 * 60).await;
    assert_eq!(open(&world).await, []);
    again.stop().await;
}

/// Subjects, some of which refuse messages.
#[derive(Debug, Default)]
struct Wires {
    broken: Mutex<BTreeSet<String>>,
    /// Delivery and body.
    published: Mutex<Vec<(String, Value)>>,
}

impl Subjects for Wires {
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        _subject: &'a str,
        _id: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            if self.broken.lock().unwrap().contains(delivery) {
                return Err(Failure::later("no server"));
            }
            let body = serde_json::from_slice(&body).unwrap();
            self.published.lock().unwrap().push((delivery.to_owned(), body));
            Ok(())
        })
    }
}

impl Wires {
    /// The number of revisions that a delivery got.
    fn alerts_of(&self, delivery: &str) -> usize {
        let published = self.published.lock().unwrap();
        let is_alert = |body: &Value| body["schema"] != "wirefold.health.notice/1";
        published.iter().filter(|(name, body)| name == delivery && is_alert(body)).count()
    }

    /// The words of the conditions that opened, as a delivery was told.
    fn words_of(&self, delivery: &str) -> Vec<String> {
        let published = self.published.lock().unwrap();
        let opened = published.iter().filter(|(name, _)| name == delivery);
        let words =
            opened.filter_map(|(_, body)| Some(body["opened"][0]["words"].as_str()?.to_owned()));
        words.collect()
    }

    /// The health alerts of a delivery: opened and closed conditions.
    fn health_of(&self, delivery: &str) -> Vec<(usize, usize)> {
        let count = |body: &Value, key: &str| body[key].as_array().map_or(0, Vec::len);
        let published = self.published.lock().unwrap();
        let of_delivery = published.iter().filter(|(name, body)| {
            name == delivery && body["schema"] == "wirefold.health.notice/1"
        });
        of_delivery.map(|(_, body)| (count(body, "opened"), count(body, "over"))).collect()
    }
}

fn wire(name: &str) -> Delivery {
    Delivery {
        name: name.to_owned(),
        target: DeliveryTarget::Nats(NatsTarget { subject: format!("news.{name}") }),
        feed_digest: false,
        health: true,
        templates: Templates::default(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_fails_for_an_hour_is_told_through_the_others() {
    let mut world = World::new().await;
    let wires = Arc::new(Wires::default());
    wires.broken.lock().unwrap().insert("desk".to_owned());
    let subscription =
        wirefold_proto::SubscriptionSettings { deliveries: vec!["desk".to_owned()], ..at_once() };
    let settings = Settings {
        deliveries: vec![wire("desk"), wire("phone")],
        subjects: Some(wires.clone()),
        ..settings([subscription])
    };
    let running = world.start(&settings);
    wait_until_idle().await;
    world.newsroom.tell(five()[0]).await;
    pass(&world, 55).await;
    assert_eq!((wires.health_of("phone").len(), open(&world).await.len()), (0, 0));
    pass(&world, 3 * 60).await;
    assert_eq!(open(&world).await, [HealthKind::DeliveryFailing]);
    // After a restart this is known only once something is sent.
    running.stop().await;
    let again = world.start(&settings);
    pass(&world, 30).await;
    assert_eq!((wires.health_of("phone"), wires.health_of("desk")), (vec![(1, 0)], vec![]));
    wires.broken.lock().unwrap().clear();
    pass(&world, 12 * 60).await;
    assert_eq!(open(&world).await, []);
    assert_eq!((wires.health_of("phone"), wires.health_of("desk")), (vec![(1, 0), (0, 1)], vec![]));
    again.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_is_off_is_told_through_the_others() {
    let world = World::new().await;
    let wires = Arc::new(Wires::default());
    let kept = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let target = {
        use sha2::{Digest as _, Sha256};
        let hash = Sha256::digest("");
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let mark = format!("{target} {} 410: the target is gone for good", world.clock.now().0);
    kept.put("desk.gone", mark.into()).await.unwrap();
    put_feed(&world, "pier", true).await;
    let settings = Settings {
        deliveries: vec![wire("desk"), wire("phone")],
        subjects: Some(wires.clone()),
        ..settings([])
    };
    let running = world.start(&settings);
    pass(&world, 30).await;
    assert_eq!(open(&world).await, [HealthKind::DeliveryOff, HealthKind::FeedSetAside]);
    assert_eq!((wires.health_of("phone"), wires.health_of("desk")), (vec![(2, 0)], vec![]));
    running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_does_not_exist_is_told_and_silences_no_other() {
    let mut world = World::new().await;
    let wires = Arc::new(Wires::default());
    let naming = |name: &str| {
        let deliveries = vec![name.to_owned(), "desk".to_owned()];
        let subscription = wirefold_proto::SubscriptionSettings { deliveries, ..at_once() };
        Settings {
            deliveries: vec![wire("desk"), wire("phone")],
            subjects: Some(wires.clone()),
            ..settings([subscription])
        }
    };
    let running = world.start(&naming("fone"));
    wait_until_idle().await;
    assert_eq!(open(&world).await, [HealthKind::DeliveryAbsent], "at once");
    world.newsroom.tell(five()[0]).await;
    pass(&world, 5).await;
    assert_eq!((wires.alerts_of("desk"), wires.alerts_of("phone")), (1, 0));
    assert_eq!((wires.health_of("desk"), wires.health_of("phone")), (vec![(1, 0)], vec![(1, 0)]));
    let told = wires.words_of("phone");
    let words = "subscription all names a delivery that does not exist: \"fone\" (did you mean `phone`?); \
                 nothing goes there";
    assert_eq!(told, [words]);
    running.stop().await;
    // The name is corrected, and another delivery is new: it is told of nothing that is over.
    let corrected = Settings {
        deliveries: vec![wire("desk"), wire("phone"), wire("night")],
        ..naming("phone")
    };
    let corrected = world.start(&corrected);
    wait_until_idle().await;
    assert_eq!(open(&world).await, [], "at once");
    pass(&world, 25).await;
    assert_eq!((wires.health_of("desk"), wires.health_of("night")), (vec![(1, 0), (0, 1)], vec![]));
    corrected.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_a_rename_nothing_told_is_told_again() {
    let mut world = World::new().await;
    let wires = Arc::new(Wires::default());
    let named = |name: &str| {
        let deliveries = vec![name.to_owned()];
        let subscription = wirefold_proto::SubscriptionSettings { deliveries, ..at_once() };
        Settings {
            deliveries: vec![wire(name)],
            subjects: Some(wires.clone()),
            ..settings([subscription])
        }
    };
    for (name, article) in ["desk", "night", "desk"].into_iter().zip(five()) {
        let running = world.start(&named(name));
        wait_until_idle().await;
        world.newsroom.tell(article).await;
        pass(&world, 5).await;
        running.stop().await;
    }
    assert_eq!((wires.alerts_of("desk"), wires.alerts_of("night")), (2, 1));
}

fn hook(receiver: &Receiver) -> Settings {
    without_subscriptions(Delivery { health: true, ..webhook("hook", &receiver.url) })
}

#[tokio::test]
async fn killed_over_it_the_same_goes_out_again_under_the_same_id() {
    let world = World::new().await;
    put_feed(&world, "pier", true).await;
    let mut receiver = Receiver::start([Answer::Status(204), Answer::Status(500)]).await;
    for point in [Point::Handled, Point::Published] {
        let fail_points = Arc::new(CrashAt(point));
        let context = StageContext { fail_points, ..world.context() };
        let killed = Running::start(&context, &hook(&receiver), &world.paper);
        let ended = killed.done.await.unwrap();
        assert!(matches!(ended, Err(AlerterError::Loop(_))), "{ended:?}");
        // A condition that opens meanwhile goes with the next report.
        put_feed(&world, "quay", true).await;
        world.clock.advance(MINUTE);
    }
    let first = receiver.next().await;
    let running = world.start(&hook(&receiver));
    let refused = receiver.next().await;
    let mut later = Vec::new();
    while later.len() < 2 {
        world.clock.advance(Duration::from_secs(1));
        later.extend(receiver.got.try_recv().ok());
        tokio::task::yield_now().await;
    }
    for got in [&refused, &later[0]] {
        assert_eq!(got.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(got.body, first.body);
    }
    let of = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    let (body, next) = (of(&first.body), of(&later[1].body));
    assert_eq!(body["schema"], "wirefold.health.notice/1");
    assert_eq!(body["opened"][0]["about"], "pier");
    assert_eq!(body["opened"][0]["advice"], "`wirefold feed retry pier` brings it back");
    assert_eq!((&next["opened"][0]["about"], &next["opened"][1]), (&"quay".into(), &Value::Null));
    running.stop().await;
}

/// A disk with this many bytes free of 100 GiB.
#[derive(Debug)]
struct Small(Mutex<u64>);

impl Disk for Small {
    fn space(&self) -> Option<Space> {
        Some(Space { free: *self.0.lock().unwrap(), total: 100 << 30 })
    }
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_edited_settings_is_told_while_it_lasts() {
    let world = World::new().await;
    let mistake = Some("wirefold.toml:1: unknown setting `windw`".to_owned());
    let health = HealthSettings { mistake, ..HealthSettings::default() };
    let running = world.start(&Settings { health, ..telling() });
    wait_until_idle().await;
    assert_eq!(open(&world).await, [HealthKind::SettingsMistake], "at once");
    running.stop().await;
    let corrected = world.start(&telling());
    wait_until_idle().await;
    assert_eq!(open(&world).await, [], "at once");
    corrected.stop().await;
}

#[tokio::test]
async fn the_heartbeat_stops_while_a_condition_endangers_data() {
    let world = World::new().await;
    let mut called = Receiver::start([Answer::Status(200), Answer::Status(500)]).await;
    let disk = Arc::new(Small(Mutex::new(50 << 30)));
    let heartbeat = called.url.clone();
    let health = HealthSettings {
        disk: Some(disk.clone()),
        heartbeat: Some(heartbeat),
        ..HealthSettings::default()
    };
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let running = world.start(&Settings { health, allow, ..telling() });
    for _ in 0..3 {
        called.next().await;
        tokio::task::yield_now().await;
        while called.got.is_empty() && world.paper.blocks().is_empty() {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    }
    *disk.0.lock().unwrap() = 500 << 20;
    let told = async {
        while world.paper.blocks().is_empty() {
            world.clock.advance(Duration::from_secs(1));
            while called.got.try_recv().is_ok() {}
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, told).await.expect("it is told");
    let words = "HEALTH · wirefold: only 500 MiB (0 %) are free on the disk of the data folder";
    assert!(world.paper.blocks()[0].starts_with(words), "{:?}", world.paper.blocks());
    let calm = async {
        for _ in 0..30 * 60 {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    calm.await;
    // One may have been under way at the time of the report.
    assert!(called.got.len() <= 1, "{}", called.got.len());
    while called.got.try_recv().is_ok() {}
    *disk.0.lock().unwrap() = 50 << 30;
    let back = async {
        while called.got.is_empty() {
            world.clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, back).await.expect("it is called again");
    running.stop().await;
}
