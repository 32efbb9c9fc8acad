//! Pushed articles.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::json;
use wirefold_proto::{ArticleFetched, OutputArticle, TextSource, decode, streams};

use super::samples::article;
use super::world::{World, request};
use crate::Access;
use crate::shapes::{PushAnswer, PushedOutcome};

const PATH: &str = "/api/v1/articles";

/// All messages in `WF_FETCHED`.
async fn stored(world: &World) -> Vec<ArticleFetched> {
    let mut reader = world.bus.read(streams::FETCHED.name, ">", 1).await.unwrap();
    let messages = reader.ready(1_000).await.unwrap();
    for message in &messages {
        assert_eq!(message.subject, "wirefold.v1.article.fetched.push");
        assert!(message.headers.get("ce-id").is_some());
    }
    messages.iter().map(|message| decode(&message.body).unwrap()).collect()
}

#[tokio::test]
async fn the_same_push_is_stored_once() {
    let world = World::new().await;
    let text = json!({
        "id": "desk-7", "title": "Ferry sails", "text": "The ferry sails again.",
        "author": "Rea Lindqvist", "url": "https://www.harbour.example/7?utm_source=x",
        "published": "2026-03-01T05:00:00Z", "lang": "en",
    });
    let first: PushAnswer = world.post(PATH, &text).await.shape();
    let again: PushAnswer = world.post(PATH, &text).await.shape();
    assert_eq!(first.articles[0].id, again.articles[0].id);
    assert_eq!(first.articles[0].given.as_deref(), Some("desk-7"));
    let outcomes = (first.articles[0].outcome, again.articles[0].outcome);
    assert_eq!(outcomes, (PushedOutcome::Stored, PushedOutcome::Known));
    let stored = stored(&world).await;
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].article.outlet.as_str(), "harbour.example");
    let hint = stored[0].article.language_hint.as_ref().map(|tag| tag.as_str());
    assert_eq!(hint, Some("en"), "as the JSON lines of files call it");
    assert_eq!((stored[0].text_source, stored[0].article.baseline), (TextSource::Given, false));
}

/// The output for a pushed article.
fn judged(pushed: &ArticleFetched) -> OutputArticle {
    let mut output = article(1, 1, 1);
    (output.id, output.article) = (pushed.id, pushed.article.clone());
    output
}

#[tokio::test]
async fn a_judged_article_is_never_stored_again() {
    let world = World::new().await;
    let text = json!({"text": "The ferry sails again.", "id": "desk-7"});
    world.post(PATH, &text).await;
    let last = world.publish(&judged(&stored(&world).await[0])).await;
    world.until_shown(last).await;
    // Longer than the bus remembers ids.
    world.clock.advance(std::time::Duration::from_hours(2));
    let late: PushAnswer = world.post(PATH, &text).await.shape();
    assert_eq!(late.articles[0].outcome, PushedOutcome::Known);
    let changed = json!({"text": "The ferry stays in port.", "id": "desk-7"});
    world.post(PATH, &changed).await;
    let stored = stored(&world).await;
    assert_eq!(stored.len(), 2);
    assert_eq!(stored[1].article.version_of, Some(stored[0].id));
}

#[tokio::test]
async fn arrays_and_lines_are_taken_in_order() {
    let world = World::new().await;
    let array = json!([{"text": "One."}, {"text": "Two."}, {"text": "One."}]);
    let answer: PushAnswer = world.post(PATH, &array).await.shape();
    assert_eq!(answer.articles.len(), 3);
    assert_eq!(answer.articles[0].id, answer.articles[2].id);
    let lines = "{\"text\": \"Three.\"}\n{\"text\": \"Four.\"}\n";
    let mut request = request(Method::POST, PATH, Body::from(lines));
    let kind = header::HeaderValue::from_static("application/x-ndjson");
    request.headers_mut().insert(header::CONTENT_TYPE, kind);
    let two: PushAnswer = world.send(Access::Network, request).await.shape();
    assert_eq!(two.articles.len(), 2);
    let texts: Vec<String> = stored(&world).await.into_iter().map(|a| a.text).collect();
    assert_eq!(texts, ["One.", "Two.", "Three.", "Four."]);
}

#[tokio::test]
async fn one_refused_article_refuses_the_whole_push() {
    let world = World::new().await;
    let good = json!({"text": "Good."});
    let bad = [
        (json!([good, {"text": ""}]), 422, "article 2: `text` and `title` are empty"),
        (json!([good, {"text": "x", "url": "javascript:alert(1)"}]), 422, "article 2: `url`"),
        (json!([good, {"txt": "x"}]), 400, "article 2: `txt`: unknown field"),
        (json!([good, {"text": "x".repeat(1_100_000)}]), 413, "article 2: over 1048576 bytes"),
        (json!([]), 200, ""),
        (json!("text"), 400, "article 1"),
    ];
    for (body, status, detail) in bad {
        let answer = world.post(PATH, &body).await;
        assert_eq!(answer.status, status, "{detail}");
        if status != 200 {
            let told = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(told.starts_with(detail), "{told} and not {detail}");
        }
    }
    let all = json!(vec![json!({"text": "x"}); 1_001]);
    assert_eq!(world.post(PATH, &all).await.status, 413);
    assert!(stored(&world).await.is_empty());
}
