//! The server's streams and tables, as other clients see them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use wirefold_flow::{
    Bus, BusError, DeadLetter, DeadLetters, Outgoing, Reason, StageContext, StreamConfig,
    SystemClock,
};

use crate::server::Server;

#[tokio::test]
async fn a_stream_is_bounded_and_what_an_operator_set_is_kept() {
    let server = Server::start();
    let bus = server.bus().await;
    let day = Duration::from_hours(24);
    let readers = vec!["one".to_owned(), "other".to_owned()];
    let read = StreamConfig { max_age: day, readers, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(read.clone()).await.unwrap();
    let config = server.ask("STREAM.INFO.WORK", json!({})).await["config"].clone();
    let expected = [
        ("retention", json!("limits")),
        ("discard", json!("new")),
        ("storage", json!("file")),
        ("max_age", json!(86_400_000_000_000_u64)),
        ("max_bytes", json!(1 << 30)),
        ("duplicate_window", json!(120_000_000_000_u64)),
        ("allow_direct", json!(true)),
        ("allow_atomic", json!(true)),
    ];
    for (name, value) in expected {
        assert_eq!(config[name], value, "{name}");
    }
    assert_eq!(config["metadata"]["wirefold-readers"], "one other");

    let mut by_operator = config.clone();
    by_operator["description"] = json!("the operator's");
    let updated = server.ask("STREAM.UPDATE.WORK", by_operator).await;
    assert_eq!(updated["error"], json!(null));
    bus.create_stream(read.clone()).await.unwrap();
    bus.create_stream(StreamConfig { readers: Vec::new(), ..read }).await.unwrap();
    let later = server.ask("STREAM.INFO.WORK", json!({})).await["config"].clone();
    assert_eq!(later["description"], "the operator's");
    assert_eq!(later["discard"], "old");
}

#[tokio::test]
async fn streams_that_cannot_be_so_are_told() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let overlapping = bus.create_stream(StreamConfig::new("PLAY", &["work.play"])).await;
    assert!(matches!(overlapping, Err(BusError::BadStream { .. })), "{overlapping:?}");
    let vast = StreamConfig { max_bytes: 1 << 50, ..StreamConfig::new("PLAY", &["play.>"]) };
    let advice = bus.create_stream(vast).await.unwrap_err().to_string();
    assert!(advice.contains("lower it, or raise max_file_store"), "{advice}");
    let misnamed = bus.create_stream(StreamConfig::new("PL.AY", &["play.>"])).await;
    assert!(matches!(misnamed, Err(BusError::BadName { .. })), "{misnamed:?}");
}

#[tokio::test]
async fn tables_are_those_of_every_nats_client() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_bucket("wf_feeds", None).await.unwrap();
    let keys = bus.key_value("wf_feeds").unwrap();
    for key in ["plain", "https://a.example/feed?x=1", "ä.b"] {
        let value = Bytes::from(format!("value of {key}"));
        keys.put(key, value.clone()).await.unwrap();
        assert_eq!(keys.get(key).await.unwrap().unwrap().value, Some(value));
    }
    let names: Vec<String> =
        keys.changes(&[], 0).await.unwrap().into_iter().map(|entry| entry.key).collect();
    assert_eq!(names, ["plain", "https://a.example/feed?x=1", "ä.b"]);
    let config = server.ask("STREAM.INFO.KV_wf_feeds", json!({})).await["config"].clone();
    assert_eq!(config["subjects"], json!(["$KV.wf_feeds.>"]));
    assert_eq!(config["max_msgs_per_subject"], 1);
    let by_subject = json!({ "last_by_subj": "$KV.wf_feeds.plain" });
    let found = server.ask("STREAM.MSG.GET.KV_wf_feeds", by_subject).await;
    assert_eq!(found["message"]["subject"], "$KV.wf_feeds.plain");
}

#[tokio::test]
async fn a_dead_letter_too_large_for_its_stream_stands_there_without_the_body() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let small = StreamConfig { max_message: 600, ..StreamConfig::new("DEAD", &["dead.>"]) };
    bus.create_stream(small).await.unwrap();
    bus.publish(Outgoing::new("work.a", "a", vec![b'x'; 1000])).await.unwrap();
    let message = bus.get("WORK", 1).await.unwrap();
    let letter = DeadLetter {
        stage: "reader",
        reason: &Reason::rejected("too much"),
        attempts: 1,
        at: message.at,
        message: &message,
        body: Some(&message.body),
    };
    let context = StageContext::new(Arc::new(bus.clone()), Arc::new(SystemClock));
    context.publish_letter(&DeadLetters::plain("dead.reader"), &letter).await.unwrap();
    let stored = bus.last("DEAD", ">").await.unwrap().unwrap();
    assert_eq!(stored.headers.get("Wf-Dead-Reason"), Some("too much"));
    assert!(stored.body.is_empty());
}
