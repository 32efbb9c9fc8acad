//! Following a subject of a foreign stream.

use serde_json::json;
use wirefold_flow::{AckKind, Bus, BusError, StreamConfig};

use crate::server::Server;
use crate::waiting::within_reason;

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
    assert_eq!(
        (&first[0].message.body[..], first[0].message.stream.as_str()),
        (&b"one"[..], "NEWS")
    );
    first[0].acker.ack_with(AckKind::Ack).await.unwrap();
    drop(followed);
    let made = server.ask("CONSUMER.INFO.NEWS.wirefold", json!({})).await;
    assert_eq!(made["config"]["filter_subject"], "news.desk", "{made}");
    let mut again = bus.follow(Some("NEWS"), "news.desk", "wirefold").await.unwrap();
    say(&server, "news.other", "none of ours").await;
    say(&server, "news.desk", "three").await;
    let mut bodies = Vec::new();
    while bodies.len() < 2 {
        for delivery in within_reason(again.next(8)).await.unwrap() {
            bodies.push(String::from_utf8(delivery.message.body.to_vec()).unwrap());
            delivery.acker.ack_with(AckKind::Ack).await.unwrap();
        }
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
