//! An event that alerted is kept once it is quiet, and read after all else about it has expired.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use wirefold_envelope::unix_millis;
use wirefold_flow::{Clock as _, UnixMillis, write_object};
use wirefold_proto::{ReasonKind, streams};

use super::handover::{publish, revision};
use super::samples::{self, article, event, id};
use super::world::{DEADLINE, World, enriched, request};
use crate::Access;
use crate::api::kept::look;
use crate::shapes::{EventExport, KeptPage};

const YEAR: Duration = Duration::from_hours(365 * 24);
const DAY: Duration = Duration::from_hours(24);

async fn names(world: &World) -> Vec<String> {
    world.bus.objects(streams::KEPT.name).unwrap().names().await.unwrap()
}

fn name(number: u64, until: UnixMillis) -> String {
    format!("{}-{}", event(number), until.0)
}

/// Looks twice, because the second look deletes what the first replaced. Returns the names of all objects.
async fn after_looking(world: &World) -> Vec<String> {
    for _ in 0..2 {
        look(&world.gateway.app, YEAR).await.unwrap();
    }
    names(world).await
}

async fn export(world: &World, number: u64) -> EventExport {
    let path = format!("/api/v1/events/{}/export", event(number));
    world.send(Access::Socket, request(Method::GET, &path, Body::empty())).await.shape()
}

fn texts(export: &EventExport) -> Vec<usize> {
    export.articles.iter().map(|it| it.output.text.as_ref().map_or(0, String::len)).collect()
}

/// Two events alert, the second for a subscription whose events are not kept.
async fn world() -> World {
    let world = World::keeping().await;
    let quiet = json!({"id": "tides", "name": "Tides", "query": "tide", "keep": false});
    assert_eq!(world.post("/api/v1/subscriptions", &quiet).await.status, 202);
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let mut other = revision(2, 1, 10, ReasonKind::New);
    other.subscription = "tides".parse().unwrap();
    other.id.subscription = other.subscription.clone();
    publish(&world, &[revision(1, 1, 10, ReasonKind::New), other]).await;
    world
}

#[tokio::test]
async fn an_event_that_alerted_is_kept_once_quiet_and_read_after_all_else_has_expired() {
    let world = world().await;
    let whole = texts(&export(&world, 1).await);
    assert!(whole[0] > 900, "{whole:?}");
    let begun = samples::begin();
    world.clock.advance(DAY);
    // A note an hour later changes it, so that it is quiet a day later.
    note(&world).await;
    let noted = world.clock.now();
    world.clock.advance(Duration::from_hours(47));
    assert_eq!(after_looking(&world).await, Vec::<String>::new());
    world.clock.advance(Duration::from_hours(2));
    // The gateway looks by itself.
    let is_kept = async {
        while names(&world).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, is_kept).await.unwrap();
    assert_eq!(after_looking(&world).await, [name(1, noted)]);

    // Its texts have expired, and it changes.
    world.clock.advance(DAY * 17);
    let mut later = article(3, 1, 1);
    later.article.seen = wirefold_envelope::timestamp(world.clock.now());
    later.input.enriched = world.publish(&enriched(&later)).await;
    let decided = world.publish(&later).await;
    world.until_shown(decided).await;
    world.clock.advance(DAY * 3);
    let changed = unix_millis(later.article.seen);
    assert_eq!(after_looking(&world).await, [name(1, changed)]);
    let now = export(&world, 1).await;
    assert_eq!((now.articles.len(), now.left_out), (2, 0), "{:?}", now.remarks);
    assert_eq!(texts(&now)[0], whole[0]);

    // All of it has expired.
    assert!(world.clock.now().since(begun) < DAY * 25);
    world.clock.advance(DAY * 130);
    let before = world.clock.now().minus(DAY * 30);
    while world.gateway.app.projection.expire(before).await.unwrap() > 0 {}
    let kept = export(&world, 1).await;
    let ids: Vec<_> = kept.articles.iter().map(|it| it.output.id).collect();
    assert_eq!((ids, texts(&kept)[0]), (vec![id(1), id(3)], whole[0]));
    assert_eq!((kept.alerts.len(), kept.commands.len()), (1, 1));
    assert!(kept.remarks[0].starts_with("The event has expired here"), "{:?}", kept.remarks);
    let cut: EventExport = world.get(&format!("/api/v1/events/{}/export", event(1))).await.shape();
    assert!(texts(&cut)[0] < whole[0] / 2, "{:?}", texts(&cut));
    assert_eq!(world.get(&format!("/api/v1/events/{}/export", event(2))).await.status, 404);

    let listed: KeptPage = world.get("/api/v1/kept").await.shape();
    let rows: Vec<_> = listed.kept.iter().map(|it| (it.event, it.subscriptions.clone())).collect();
    assert_eq!(rows, [(event(1), vec!["floods".to_owned()])]);
    let page = String::from_utf8(world.get("/kept").await.body).unwrap();
    assert!(page.contains(&format!("/events/{}/export", event(1))), "{page}");

    // It is past its time.
    world.clock.advance(DAY * 365);
    assert_eq!(after_looking(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn the_list_has_pages_and_an_earlier_object_of_an_event_is_deleted() {
    let world = world().await;
    publish(&world, &[revision(2, 1, 11, ReasonKind::New)]).await;
    world.clock.advance(DAY * 3);
    let both = after_looking(&world).await;
    assert_eq!(both.len(), 2, "{both:?}");
    let first: KeptPage = world.get("/api/v1/kept?limit=1").await.shape();
    let next = first.next.unwrap();
    let second: KeptPage = world.get(&format!("/api/v1/kept?limit=1&cursor={next}")).await.shape();
    assert_eq!((first.kept[0].event, second.kept[0].event), (event(2), event(1)));
    assert_eq!(second.next, None);
    // As after a kill between the write and the deletion.
    let store = world.bus.objects(streams::KEPT.name).unwrap();
    write_object(&*store, &name(1, samples::begin()), "{}".into()).await.unwrap();
    assert_eq!(names(&world).await.len(), 3);
    assert_eq!(after_looking(&world).await, both);
}

/// Acknowledges the first event with a note, which changes it.
async fn note(world: &World) {
    let path = format!("/api/v1/events/{}/acknowledge", event(1));
    assert_eq!(world.post(&path, &json!({"note": "calls the port"})).await.status, 202);
}

#[tokio::test]
async fn an_event_that_is_never_quiet_is_kept_before_its_texts_expire() {
    let world = world().await;
    let whole = texts(&export(&world, 1).await);
    world.clock.advance(Duration::from_hours(1));
    for _ in 0..9 {
        assert_eq!(after_looking(&world).await, Vec::<String>::new());
        note(&world).await;
        world.clock.advance(DAY);
    }
    let first = after_looking(&world).await;
    assert_eq!(first, [name(1, world.clock.now().minus(DAY * 2))]);
    for _ in 0..6 {
        note(&world).await;
        world.clock.advance(DAY);
        assert_eq!(after_looking(&world).await, first);
    }
    note(&world).await;
    world.clock.advance(DAY);
    assert_eq!(after_looking(&world).await, [name(1, world.clock.now().minus(DAY * 2))]);

    // As of a moment before it was kept: the commands of that time, and the texts, which are stored nowhere else.
    let third_day = wirefold_envelope::timestamp(samples::begin().plus(DAY * 3));
    let path = format!("/api/v1/events/{}/export?as_of={third_day}", event(1));
    let get = || world.send(Access::Socket, request(Method::GET, &path, Body::empty()));
    let then: EventExport = get().await.shape();
    assert_eq!((then.commands.len(), texts(&then)), (3, whole.clone()));
    let before = world.clock.now();
    while world.gateway.app.projection.expire(before).await.unwrap() > 0 {}
    let refused = get().await;
    let words = String::from_utf8(refused.body).unwrap();
    assert!(refused.status == 404 && words.contains("only its export as of"), "{words}");
    assert_eq!(texts(&export(&world, 1).await), whole);
}

#[tokio::test]
async fn two_gateways_that_look_at_once_keep_one_export() {
    let world = world().await;
    let other = world.another_keeping().await;
    for _ in 0..2 {
        note(&world).await;
        let until = world.clock.now();
        world.clock.advance(DAY * 3);
        let (one, another) = (&world.gateway.app, &other.gateway.app);
        for _ in 0..2 {
            let (done, done_too) = tokio::join!(look(one, YEAR), look(another, YEAR));
            done.and(done_too).unwrap();
        }
        assert_eq!(names(&world).await, [name(1, until)]);
        for of in [&world, &other] {
            assert_eq!(export(of, 1).await.articles.len(), 1);
        }
    }
}
