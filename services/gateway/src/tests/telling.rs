//! Feeds and subscriptions, commands about them, alerts, dead letters.

use axum::body::Body;
use axum::http::{Method, header};
use bytes::Bytes;
use serde_json::json;
use wirefold_proto::{
    Alert, Command, ControlCommand, DeadLetter, FeedRecord, HEALTH_KEY, HealthReport, ListRecord,
    Message, SubscriptionRecord, Volume, decode, encode, streams,
};

use super::world::{DEADLINE, World, minute, request};
use crate::Access;
use crate::shapes::{Accepted, AlertPage, DeadDetail, DeadPage, FeedList, SubscriptionList};

const FEED: &[u8] = include_bytes!("../../../../proto/samples/wirefold.feed.2.json");
const LIST: &[u8] = include_bytes!("../../../../proto/samples/wirefold.list.2.json");
const SUBSCRIPTION: &[u8] =
    include_bytes!("../../../../proto/samples/wirefold.subscription.2.json");
const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");
const DEAD: &[u8] = include_bytes!("../../../../proto/samples/wirefold.dead.1.json");

pub(super) async fn put<M: Message>(world: &World, bucket: &str, key: &str, record: &M) {
    let bucket = world.bus.key_value(bucket).unwrap();
    bucket.put(key, Bytes::from(encode(record).unwrap())).await.unwrap();
}

/// One feed from a file, one added by command.
async fn with_feeds() -> World {
    let world = World::new().await;
    let managed: FeedRecord = decode(FEED).unwrap();
    let mut added = managed.clone();
    added.managed_by = None;
    added.feed.id = "added".parse().unwrap();
    added.feed.url = "https://added.example/feed".to_owned();
    for record in [&managed, &added] {
        put(&world, "wf_feeds", &format!("feed.{}", record.feed.id), record).await;
    }
    // The fetcher's other entries are not read here.
    let bucket = world.bus.key_value("wf_feeds").unwrap();
    bucket.put("seen.added", Bytes::from_static(b"{}")).await.unwrap();
    world
}

pub(super) async fn commands(world: &World) -> Vec<Command> {
    let mut reader = world.bus.read(streams::CONTROL.name, ">", 1).await.unwrap();
    let messages = reader.ready(100).await.unwrap();
    messages.iter().map(|m| decode::<ControlCommand>(&m.body).unwrap().command).collect()
}

async fn delete(world: &World, path: &str) -> u16 {
    let mut request = request(Method::DELETE, path, Body::empty());
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    world.send(Access::Network, request).await.status.as_u16()
}

#[tokio::test]
async fn feeds_are_added_changed_and_removed_by_command() {
    let world = with_feeds().await;
    let list: FeedList = world.get("/api/v1/feeds").await.shape();
    let ids: Vec<_> = list.feeds.iter().map(|record| record.feed.id.to_string()).collect();
    assert_eq!(ids, ["added", "harbour-news"]);
    let added = world.post("/api/v1/feeds", &json!({"url": "https://new.example/rss"})).await;
    assert_eq!(added.status, 202);
    let accepted: Accepted = decode(&added.body).unwrap();
    assert_eq!(accepted.command.by, "api");
    let known = json!({"url": "https://added.example/feed", "title": "Added", "full_text": "off"});
    assert_eq!(world.post("/api/v1/feeds", &known).await.status, 202);
    assert_eq!(delete(&world, "/api/v1/feeds/added").await, 202);
    let commands = commands(&world).await;
    let [
        Command::FeedAdd { feed },
        Command::FeedChange { feed: changed },
        Command::FeedRemove { .. },
    ] = &commands[..]
    else {
        panic!("{commands:?}");
    };
    assert_eq!(feed.id.as_str(), "new-example-rss");
    assert_eq!((changed.id.as_str(), changed.title.as_deref()), ("added", Some("Added")));
}

#[tokio::test]
async fn a_command_shows_before_it_is_carried_out() {
    let world = with_feeds().await;
    for url in ["https://new.example/rss", "https://gone.example/rss"] {
        assert_eq!(world.post("/api/v1/feeds", &json!({"url": url})).await.status, 202);
    }
    let renamed = json!({"url": "https://added.example/feed", "title": "Renamed"});
    assert_eq!(world.post("/api/v1/feeds", &renamed).await.status, 202);
    assert_eq!(delete(&world, "/api/v1/feeds/gone-example-rss").await, 202);
    let twice = world.post("/api/v1/feeds", &json!({"url": "https://new.example/rss"})).await;
    let twice: Accepted = decode(&twice.body).unwrap();
    assert!(matches!(twice.command.command, Command::FeedChange { .. }), "it is known already");
    let list: FeedList = world.get("/api/v1/feeds").await.shape();
    let ids: Vec<&str> = list.feeds.iter().map(|record| record.feed.id.as_str()).collect();
    assert_eq!(ids, ["added", "harbour-news", "new-example-rss"]);
    assert_eq!(list.waiting, ["added", "new-example-rss"]);
    assert_eq!(list.feeds[0].feed.title.as_deref(), Some("Renamed"));
    assert!(list.feeds[0].last_good.is_some() && list.feeds[2].last_poll.is_none());
    // A command that is carried out no longer waits.
    let bucket = world.bus.key_value("wf_feeds").unwrap();
    bucket.put("control", Bytes::from_static(b"5")).await.unwrap();
    let done: FeedList = world.get("/api/v1/feeds").await.shape();
    assert_eq!((done.feeds.len(), done.waiting.len()), (2, 0));
}

#[tokio::test]
async fn a_subscription_is_known_before_its_command_is_carried_out() {
    let world = World::new().await;
    let put = json!({"id": "floods", "name": "Floods", "query": "flood*"});
    assert_eq!(world.post("/api/v1/subscriptions", &put).await.status, 202);
    let list: SubscriptionList = world.get("/api/v1/subscriptions").await.shape();
    assert_eq!(list.subscriptions[0].subscription.query, "flood*");
    assert_eq!(list.waiting, ["floods"]);
    assert_eq!(delete(&world, "/api/v1/subscriptions/floods").await, 202);
    let after: SubscriptionList = world.get("/api/v1/subscriptions").await.shape();
    assert!(after.subscriptions.is_empty() && after.waiting.is_empty());
}

#[tokio::test]
async fn settings_from_a_file_are_changed_in_the_file() {
    let world = with_feeds().await;
    let managed = [
        json!({"url": "https://harbour.example/feed.xml"}),
        json!({"id": "harbour-news", "url": "https://other.example/feed.xml"}),
    ];
    for body in managed {
        let answer = world.post("/api/v1/feeds", &body).await;
        assert_eq!(answer.status, 409);
        assert!(answer.json()["detail"].as_str().unwrap().contains("wirefold.toml:14"));
    }
    assert_eq!(delete(&world, "/api/v1/feeds/harbour-news").await, 409);
    assert_eq!(delete(&world, "/api/v1/feeds/nothing").await, 404);
    let local = json!({"url": "file:///etc/passwd"});
    assert_eq!(world.post("/api/v1/feeds", &local).await.status, 422);
    assert_eq!(world.post("/api/v1/feeds/probe", &local).await.status, 422);
    let bare = world.post("/api/v1/feeds", &json!({"url": "new.example/feed"})).await;
    let why = "`url` \"new.example/feed\": write https:// before it";
    assert_eq!((bare.status.as_u16(), &bare.json()["detail"]), (422, &json!(why)));
    let web = json!({"url": "https://new.example/"});
    assert_eq!(world.post("/api/v1/feeds/probe", &web).await.status, 422);
    assert!(commands(&world).await.is_empty());
}

#[tokio::test]
async fn lists_are_told_with_the_feeds() {
    let world = World::new().await;
    let list: ListRecord = decode(LIST).unwrap();
    put(&world, "wf_feeds", "list.any", &list).await;
    let feeds: FeedList = world.get("/api/v1/feeds").await.shape();
    assert_eq!(feeds.lists, [list]);
}

#[tokio::test]
async fn subscriptions_are_checked_before_they_are_stored() {
    let world = World::new().await;
    let mut record: SubscriptionRecord = decode(SUBSCRIPTION).unwrap();
    record.managed_by = Some("wirefold.toml:30".to_owned());
    let id = record.subscription.id.clone();
    put(&world, "wf_subscriptions", &format!("subscription.{id}"), &record).await;
    let list: SubscriptionList = world.get("/api/v1/subscriptions").await.shape();
    // This feed has no alerts; the total counts those of others.
    assert_eq!(list.subscriptions, [SubscriptionRecord { alerts: 0, copies_folded: 0, ..record }]);
    let path = "/api/v1/subscriptions";
    let taken = json!({"id": id, "name": "Mine", "query": "ferry"});
    assert_eq!(world.post(path, &taken).await.status, 409);
    let broken = json!({"id": "mine", "name": "Mine", "query": "ferry AND"});
    let answer = world.post(path, &broken).await;
    assert_eq!(answer.status, 422);
    assert!(answer.json()["detail"].as_str().unwrap().contains("column 10"), "{:?}", answer.json());
    let nowhere = json!({"id": "mine", "name": "Mine", "query": "ferry", "deliveries": ["pager"]});
    let refused = world.post(path, &nowhere).await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["detail"], "no delivery is called \"pager\"");
    let good = json!({"id": "mine", "name": "Mine", "query": "ferry"});
    assert_eq!(world.post(path, &good).await.status, 202);
    assert_eq!(delete(&world, &format!("{path}/{id}")).await, 409);
    assert_eq!(commands(&world).await.len(), 1);
    let test = json!({"subscription": good, "hours": 3});
    let rehearsed = world.post(&format!("{path}/test"), &test).await;
    assert_eq!(rehearsed.json()["report"]["articles"], 3);
}

/// Waits until the page shows the first revisions of `WF_ALERTS`, so many.
async fn until_alerts_are_shown(world: &World, count: u64) {
    let shown = async {
        // Alerts have no sequence to wait for: repeat until the last one is there.
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
}

#[tokio::test]
async fn alerts_show_their_last_revision_and_their_life() {
    let world = World::new().await;
    let mut alert: Alert = decode(ALERT).unwrap();
    for revision in [1, 2, 3] {
        alert.revision = revision;
        alert.origins = u32::try_from(revision).unwrap();
        world.publish(&alert).await;
    }
    until_alerts_are_shown(&world, 3).await;
    let page: AlertPage = world.get("/api/v1/alerts").await.shape();
    assert_eq!(page.alerts.len(), 1);
    assert_eq!(page.alerts[0].alert.origins, 3);
    let revisions: Vec<u64> = page.alerts[0].revisions.iter().map(|r| r.revision).collect();
    assert_eq!(revisions, [1, 2, 3]);
    let other: AlertPage = world.get("/api/v1/alerts?subscription=other").await.shape();
    assert!(other.alerts.is_empty());
    // One that was merged before anybody was told of it is not listed.
    let before = alert.target;
    alert.target = wirefold_proto::Target::Event(super::samples::event(7));
    alert.id.target = alert.target;
    (alert.revision, alert.volume, alert.merged_into) = (1, Volume::Silent, Some(before));
    world.publish(&alert).await;
    until_alerts_are_shown(&world, 4).await;
    let listed: AlertPage = world.get("/api/v1/alerts").await.shape();
    assert_eq!(listed.alerts.iter().map(|row| row.alert.target).collect::<Vec<_>>(), [before]);
}

#[tokio::test]
async fn dead_letters_are_listed_shown_and_replayed() {
    let world = World::new().await;
    let letter: DeadLetter = decode(DEAD).unwrap();
    for sequence in [7, 8] {
        world.publish(&DeadLetter { sequence, ..letter.clone() }).await;
    }
    let page: DeadPage = world.get("/api/v1/dead").await.shape();
    let listed: Vec<u64> = page.dead.iter().map(|row| row.sequence).collect();
    assert_eq!((listed, page.kept), (vec![2, 1], 2));
    assert!(page.dead.iter().all(|row| row.letter.message.is_none()));
    let one: DeadPage = world.get("/api/v1/dead?limit=1").await.shape();
    assert_eq!(one.dead[0].letter.sequence, 8);
    let detail: DeadDetail = world.get("/api/v1/dead/1").await.shape();
    assert_eq!(detail.letter.message, letter.message);
    let replayed = world.post("/api/v1/dead/1/replay", &json!({})).await.json();
    assert_eq!(replayed["outcome"], format!("{} 1", letter.stage.as_str()));
    let left: DeadPage = world.get("/api/v1/dead").await.shape();
    let still_listed: Vec<u64> = left.dead.iter().map(|row| row.sequence).collect();
    assert_eq!((still_listed, left.kept), (vec![2], 1), "a replayed letter is no longer listed");
    let older: DeadPage = world.get("/api/v1/dead?before=2").await.shape();
    assert!(older.dead.is_empty());
    assert_eq!(world.get("/api/v1/dead/3").await.status, 404);
    assert_eq!(world.post("/api/v1/dead/9/replay", &json!({})).await.status, 404);
    assert_eq!(world.get("/api/v1/dead/x").await.status, 400);
    let wrong = request(Method::PUT, "/api/v1/dead/1", Body::empty());
    assert_eq!(world.send(Access::Socket, wrong).await.status, 405);
}

#[tokio::test]
async fn a_feed_that_is_set_aside_stands_at_the_head_of_the_page() {
    let world = World::new().await;
    let mut record: FeedRecord = decode(FEED).unwrap();
    let id = record.feed.id.clone();
    put(&world, "wf_feeds", &format!("feed.{id}"), &record).await;
    let page = async || String::from_utf8(world.get("/").await.body).unwrap();
    assert!(!page().await.contains("set aside"));
    record.set_aside = Some(minute(1));
    put(&world, "wf_feeds", &format!("feed.{id}"), &record).await;
    let told = page().await;
    assert!(told.contains("set aside") && told.contains("wirefold feed retry"), "{told}");
    assert_eq!(world.get("/api/v1/status").await.json()["feeds"]["set_aside"], 1);
}

#[tokio::test]
async fn problems_show_in_the_status_and_at_the_top_of_the_page() {
    let world = World::new().await;
    let page = async || String::from_utf8(world.get("/").await.body).unwrap();
    assert!(!page().await.contains("no new article"));
    let none = world.get("/api/v1/status").await.json();
    assert_eq!(none["health"], json!({ "conditions": [] }));
    let sample = include_bytes!("../../../../proto/samples/wirefold.health.report.1.json");
    let report: HealthReport = decode(sample).unwrap();
    put(&world, "wf_deliveries", HEALTH_KEY, &report).await;
    let told = page().await;
    assert!(told.contains("no new article for 9 hours") && told.contains("feed ls --problems"));
    assert!(!told.contains("pier-news"), "feeds that are set aside are counted");
    let health = world.get("/api/v1/status").await.json()["health"].clone();
    assert_eq!(
        (&health["at"], health["conditions"].as_array().unwrap().len()),
        (&json!(report.at), 2)
    );
    assert_eq!(health["conditions"][0]["kind"], "nothing-new");
}

#[tokio::test]
async fn rehearsals_wait_for_each_other() {
    let world = World::new().await;
    let app = &world.gateway.app;
    let all = u32::try_from(app.comparisons.available_permits()).unwrap();
    let busy = app.comparisons.acquire_many(all).await.unwrap();
    let asked = json!({"subscription": {"id": "x", "name": "x", "query": "ferry"}});
    let mut asking = std::pin::pin!(world.post("/api/v1/subscriptions/test", &asked));
    for _ in 0..100 {
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(asking.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
        tokio::task::yield_now().await;
    }
    drop(busy);
    assert_eq!(asking.await.status, 200);
}
