//! An event as it was known at a moment, as JSON and as one file of HTML.

use std::time::Duration;

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use wirefold_flow::Clock as _;
use wirefold_proto::{
    Containment, Figure, FigureRole, FoundBy, OutputArticle, ReasonKind, TextMatch,
};

use super::handover::{publish, revision};
use super::samples::{article, commanded, event, id};
use super::world::{World, minute, request};
use crate::Access;
use crate::shapes::EventExport;

fn figure(article: &mut OutputArticle, words: &str) {
    article.findings.numbers = vec![Figure {
        value: 14.into(),
        value_to: None,
        words: words.to_owned(),
        unit: None,
        role: Some(FigureRole::Killed),
        qualifier: None,
        claim: true,
        how: FoundBy::Rule,
    }];
}

/// An event with a text and its copy at a page that is not free, an alert, a note and an override. An hour later come a
/// new version, another revision, and the release of the event. The first moment is that in between.
async fn world() -> (World, String) {
    let world = World::new().await;
    let (mut first, mut copy) = (article(1, 1, 1), article(2, 1, 1));
    figure(&mut first, "1");
    copy.article.paywalled = true;
    let shared = |share| Containment::new(share).unwrap();
    let (contained, containing) = (shared(0.62), shared(0.4));
    copy.verdict.matches =
        vec![TextMatch { id: id(1), contained, containing, passages: 3, longest: 47 }];
    world.publish_articles(&[first, copy]).await;
    publish(&world, &[revision(1, 1, 10, ReasonKind::New)]).await;
    let path = format!("/api/v1/events/{}/acknowledge", event(1));
    assert_eq!(world.post(&path, &json!({"note": "calls the <port>"})).await.status, 202);
    let split = commanded(59, Vec::new(), (&[1], 1));
    world.publish(&split.command).await;
    let decided = world.publish(&split).await;
    world.until_shown(decided).await;
    let between = wirefold_envelope::timestamp(world.clock.now()).to_string();
    world.clock.advance(Duration::from_hours(1));
    let mut version = article(3, 1, 1);
    version.article.version_of = Some(id(1));
    version.article.title = "Ferry sank".to_owned();
    world.publish_articles(&[version]).await;
    publish(&world, &[revision(1, 2, 110, ReasonKind::Correction)]).await;
    assert_eq!(world.post(&path, &json!({"release": true})).await.status, 202);
    (world, between)
}

async fn export(world: &World, access: Access, query: &str) -> EventExport {
    let path = format!("/api/v1/events/{}/export{query}", event(1));
    world.send(access, request(Method::GET, &path, Body::empty())).await.shape()
}

#[tokio::test]
async fn an_export_has_only_what_was_known_at_its_moment() {
    let (world, between) = world().await;
    let before = export(&world, Access::Socket, &format!("?as_of={between}")).await;
    let ids: Vec<_> = before.articles.iter().map(|it| it.output.id).collect();
    assert_eq!((ids, before.title.as_str()), (vec![id(1), id(2)], "Ferry number 1 sails"));
    let revisions: Vec<u64> =
        before.alerts[0].revisions.iter().map(|it| it.alert.revision).collect();
    assert_eq!(revisions, [1]);
    let words: Vec<&str> = before.commands.iter().map(|it| it.words.as_str()).collect();
    let noted = "Acknowledge the event with the note “calls the <port>”";
    assert_eq!(words, [noted, "Take 0 articles out of the story"]);
    assert_eq!(before.commands[1].sender(), "test");
    let figure = &before.statements.figures[0].values[0];
    assert_eq!(figure.sentences[0].words, "This is what ferry 1 did on its way to the island.");
    let later = |it: &String| it.contains("later articles and people may have changed it");
    assert!(before.remarks.iter().any(later), "{:?}", before.remarks);

    let now = export(&world, Access::Socket, "").await;
    let counts = (now.articles.len(), now.alerts[0].revisions.len(), now.commands.len());
    assert_eq!((counts, now.title.as_str()), ((3, 2, 3), "Ferry sank"));
    assert!(now.as_of == now.exported && !now.remarks.iter().any(later), "{:?}", now.remarks);
    let path = format!("/api/v1/events/{}/export?as_of=", event(1));
    assert_eq!(world.get(&format!("{path}{}", minute(59))).await.status, 404);
    assert_eq!(world.get(&format!("{path}soon")).await.status, 400);
}

#[tokio::test]
async fn texts_are_whole_as_far_as_readers_may_have_them() {
    let (world, _) = world().await;
    let whole = "This is what ferry 1 did on its way to the island. ".repeat(20);
    let lengths = |export: &EventExport| {
        export.articles.iter().map(|it| it.output.text.as_ref().map_or(0, String::len)).collect()
    };
    let own: Vec<usize> = lengths(&export(&world, Access::Socket, "").await);
    let lead = own[1];
    assert!(own[0] == whole.len() && lead < whole.len() / 2, "{own:?}");
    let over_network = export(&world, Access::Network, "").await;
    assert_eq!(lengths(&over_network), [lead; 3]);
    let is_told = over_network.remarks.iter().any(|it| it.contains("`text_policy` is `lead`"));
    assert!(is_told, "{:?}", over_network.remarks);
}

#[tokio::test]
async fn the_file_needs_nothing_else_and_its_form_is_on_the_page_of_the_event() {
    let (world, between) = world().await;
    let path = format!("/events/{}/export?as_of={between}", event(1));
    let answer = world.get(&path).await;
    let stored = answer.headers["content-disposition"].to_str().unwrap();
    let name = format!("attachment; filename=\"{}-20260301T070000Z.html\"", event(1));
    assert_eq!(stored, name);
    let file = String::from_utf8(answer.body).unwrap().replace('\u{a0}', " ");
    for part in [
        "62 % of it is in article",
        "1 (outlet1.example)",
        "longest run 47 words",
        "not free",
        "calls the &lt;port&gt;",
        "“<span dir=\"auto\">This is what ferry 1 did",
        "notified",
        "2026-03-01 06:02:00 UTC",
        "Take 0 articles out of the story",
    ] {
        assert!(file.contains(part), "{part}: {file}");
    }
    for part in ["Ferry sank", "Release", "<script", "<link", "src="] {
        assert!(!file.contains(part), "{part}: {file}");
    }
    let page = world.get(&format!("/events/{}", event(1))).await;
    let page = String::from_utf8(page.body).unwrap();
    assert!(page.contains(&format!("action=\"/events/{}/export\"", event(1))), "{page}");
    assert_eq!(world.get(&format!("/events/{}/export?as_of=soon", event(1))).await.status, 422);
}
