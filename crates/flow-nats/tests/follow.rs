//! Following a subject of a foreign stream.

use std::time::Duration;

use serde_json::json;
use wirefold_flow::{Bus, BusError, StreamConfig};

use crate::server::Server;
use crate::waiting::{pass, within_reason};

/// A foreign program publishes without wirefold's headers.
async fn say(server: &Server, subject: &'static str, body: &'static str) {
    let client = async_nats::connect(server.url()).await.unwrap();
    client.publish(subject, body.into()).await.unwrap();
    client.flush().await.unwrap();
}

#[tokio::test]
async fn the_place_is_kept_and_nothing_of_ours_is_needed() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("NEWS", &["news.>"])).await.unwrap();
    for body in ["one", "two"] {
        say(&server, "news.desk", body).await;
    }
    let mut followed = bus.follow(None, "news.desk", "wirefold").await.unwrap();
    let first = within_reason(followed.next(1)).await.unwrap();
    let message = &first[0].message;
    assert_eq!((&message.body[..], message.stream.as_str()), (&b"one"[..], "NEWS"));
    assert_eq!(first[0].attempt, 1);
    followed.acknowledge().await.unwrap();
    drop(followed);
    let made = server.ask("CONSUMER.INFO.NEWS.wirefold", json!({})).await;
    assert_eq!(made["config"]["filter_subject"], "news.desk", "{made}");
    let mut again = bus.follow(Some("NEWS"), "news.desk", "wirefold").await.unwrap();
    say(&server, "news.other", "none of ours").await;
    say(&server, "news.desk", "three").await;
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        for delivered in within_reason(again.next(8)).await.unwrap() {
            bodies.push(String::from_utf8(delivered.message.body.to_vec()).unwrap());
        }
        again.acknowledge().await.unwrap();
    }
    bodies.sort();
    assert_eq!(bodies, ["three", "two"]);
}

#[tokio::test]
async fn errors_name_the_stream_or_consumer_that_cannot_be_followed() {
    let server = Server::start();
    let bus = server.bus().await;
    let none = bus.follow(None, "news.desk", "wirefold").await.err().unwrap();
    assert!(matches!(none, BusError::NoStreamFor(subject) if subject == "news.desk"));
    let unknown = bus.follow(Some("NEWS"), "news.desk", "wirefold").await.err().unwrap();
    assert!(matches!(unknown, BusError::NoStream(stream) if stream == "NEWS"));
    bus.create_stream(StreamConfig::new("NEWS", &["news.>"])).await.unwrap();
    let pushed = json!({
        "stream_name": "NEWS",
        "config": { "durable_name": "pushed", "ack_policy": "none", "deliver_subject": "elsewhere" },
    });
    server.ask("CONSUMER.DURABLE.CREATE.NEWS.pushed", pushed).await;
    let unfit = bus.follow(None, "news.desk", "pushed").await.err().unwrap();
    assert!(unfit.to_string().contains("pull consumer with explicit acks"), "{unfit}");
}

#[tokio::test]
async fn a_call_that_is_dropped_loses_no_message_and_a_deleted_consumer_is_told() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("NEWS", &["news.>"])).await.unwrap();
    let mut followed = bus.follow(None, "news.desk", "wirefold").await.unwrap();
    tokio::select! {
        biased;
        _ = followed.next(8) => panic!("there is nothing yet"),
        () = pass(Duration::from_millis(50)) => {}
    }
    say(&server, "news.desk", "one").await;
    assert_eq!(within_reason(followed.next(8)).await.unwrap().len(), 1);
    followed.acknowledge().await.unwrap();
    server.delete_consumer("NEWS", "wirefold").await;
    let error = within_reason(followed.next(8)).await.unwrap_err();
    let said = error.to_string();
    let is_told = said.contains("Consumer Deleted") || said.contains("consumer gone");
    assert!(error.may_pass() && is_told, "{said}");
}
