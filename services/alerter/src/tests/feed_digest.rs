//! The weekly digest of feeds with problems.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wirefold_flow::sim::CrashAt;
use wirefold_flow::{Point, StageContext};
use wirefold_proto::{FeedFinding, FeedHealth, FeedRecord, FeedSettings, encode, streams};

use super::http::{Answer, Receiver, webhook, without_subscriptions};
use super::running::{Running, World, settings, wait_until_idle};
use crate::{AlerterError, Delivery, Settings};

const HOUR: Duration = Duration::from_hours(1);

/// Stores the record of a feed like the fetcher.
async fn put(world: &World, id: &str, findings: &[FeedFinding]) {
    let feed = FeedSettings::new(id.parse().unwrap(), format!("https://{id}.example/feed"));
    let mut record = FeedRecord::waiting(feed, None, 900);
    record.health = FeedHealth::Good;
    record.findings = findings.to_vec();
    let feeds = world.bus.key_value(streams::FEEDS.name).unwrap();
    feeds.put(&format!("feed.{id}"), encode(&record).unwrap().into()).await.unwrap();
    feeds.put(&format!("seen.{id}"), "whatever".into()).await.unwrap();
}

async fn pass(world: &World, hours: u32) {
    wait_until_idle().await;
    for _ in 0..hours {
        world.clock.advance(HOUR);
        wait_until_idle().await;
    }
}

fn telling() -> Settings {
    let mut settings = settings([]);
    settings.deliveries[0].feed_digest = true;
    settings
}

#[tokio::test(start_paused = true)]
async fn the_digest_comes_once_a_week_despite_restarts_and_only_with_problems() {
    let world = World::new().await;
    put(&world, "harbour", &[FeedFinding::Silent]).await;
    put(&world, "pier", &[]).await;
    let running = world.start(&telling());
    pass(&world, 23).await;
    assert_eq!(world.paper.blocks(), <[String; 0]>::default(), "none before each feed was polled");
    running.stop().await;
    let again = world.start(&telling());
    pass(&world, 2).await;
    let silent = "harbour: silent for far longer than usual: check whether it has moved";
    let first =
        format!("DIGEST · 1 of 2 feeds needs a look\n  {silent}\n  http://127.0.0.1:8787/feeds");
    assert_eq!(world.paper.blocks(), std::slice::from_ref(&first));
    again.stop().await;
    let third = world.start(&telling());
    pass(&world, 6 * 24).await;
    assert_eq!(world.paper.blocks().len(), 1, "not twice in a week");
    pass(&world, 24).await;
    assert_eq!(world.paper.blocks(), [first.clone(), first]);
    put(&world, "harbour", &[]).await;
    pass(&world, 8 * 24).await;
    assert_eq!(world.paper.blocks().len(), 2, "all is well");
    third.stop().await;
    // The alerter sends no digest for a week in which nothing ran.
    put(&world, "pier", &[FeedFinding::Undated]).await;
    world.clock.advance(HOUR * 24 * 30);
    let last = world.start(&telling());
    pass(&world, 24).await;
    assert_eq!(world.paper.blocks().len(), 3);
    last.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_delivery_without_the_setting_gets_no_feed_digest() {
    let world = World::new().await;
    put(&world, "harbour", &[FeedFinding::Silent]).await;
    let running = world.start(&settings([]));
    pass(&world, 10 * 24).await;
    assert_eq!(world.paper.blocks().len(), 0);
    running.stop().await;
}

fn hook(receiver: &Receiver) -> Settings {
    without_subscriptions(Delivery { feed_digest: true, ..webhook("hook", &receiver.url) })
}

#[tokio::test]
async fn killed_over_it_the_same_goes_out_again_under_the_same_id() {
    let world = World::new().await;
    put(&world, "harbour", &[FeedFinding::Silent]).await;
    let mut receiver = Receiver::start([Answer::Status(204), Answer::Status(500)]).await;
    // It has been switched on for a day.
    let key = "hook.feed-digest";
    let kept = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    kept.put(key, "{\"due\": 1}".into()).await.unwrap();
    for point in [Point::Handled, Point::Published] {
        let fail_points = Arc::new(CrashAt(point));
        let context = StageContext { fail_points, ..world.context() };
        let killed = Running::start(&context, &hook(&receiver), &world.paper);
        let ended = killed.done.await.unwrap();
        assert!(matches!(ended, Err(AlerterError::Loop(_))), "{ended:?}");
        // Problems that appear meanwhile are for the next week.
        put(&world, "pier", &[FeedFinding::Silent]).await;
    }
    let first = receiver.next().await;
    let running = world.start(&hook(&receiver));
    let refused = receiver.next().await;
    let third = loop {
        world.clock.advance(Duration::from_secs(1));
        if let Ok(got) = receiver.got.try_recv() {
            break got;
        }
        tokio::task::yield_now().await;
    };
    for got in [&refused, &third] {
        assert_eq!(got.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(got.body, first.body);
    }
    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!(body["schema"], "wirefold.feed.digest/2");
    assert_eq!((&body["feeds"], &body["problems"][0]["feed"]), (&1.into(), &"harbour".into()));
    assert_eq!(body["page"], "http://127.0.0.1:8787/feeds");
    running.stop().await;
    let state = kept.get(key).await.unwrap().unwrap().value.unwrap();
    assert!(!String::from_utf8_lossy(&state).contains("sending"), "it is done");
}
