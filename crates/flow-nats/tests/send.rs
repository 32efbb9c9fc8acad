//! Messages on subjects that other programs listen on.

use futures_util::StreamExt as _;
use wirefold_flow::{Bus, BusError, StreamConfig};

use crate::server::Server;
use crate::waiting::within_reason;

#[tokio::test]
async fn a_stream_keeps_it_once_under_its_id() {
    let server = Server::start();
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("DESK", &["news.alerts"])).await.unwrap();
    for _ in 0..2 {
        bus.send("news.alerts", "alert.desk.1", "{}".into()).await.unwrap();
    }
    bus.send("news.alerts", "alert.desk.2", "{}".into()).await.unwrap();
    assert_eq!(bus.stream_state("DESK").await.unwrap().messages, 2);
    assert_eq!(bus.get("DESK", 1).await.unwrap().id, "alert.desk.1");
}

#[tokio::test]
async fn a_plain_subscriber_gets_a_message_and_the_sender_learns_if_there_is_none() {
    let server = Server::start();
    let bus = server.bus().await;
    let nobody = bus.send("news.alerts", "alert.desk.1", "{}".into()).await.unwrap_err();
    assert!(
        matches!(&nobody, BusError::Unavailable(why) if why.contains("nobody listens")),
        "{nobody}"
    );
    let client = async_nats::connect(server.url()).await.unwrap();
    let mut heard = client.subscribe("news.>").await.unwrap();
    // An answer on its own connection shows that the server knows the subscription.
    client.publish("news.ready", "".into()).await.unwrap();
    within_reason(heard.next()).await.unwrap();
    bus.send("news.alerts", "alert.desk.1", "{\"revision\":1}".into()).await.unwrap();
    let message = within_reason(heard.next()).await.unwrap();
    let headers = message.headers.unwrap();
    assert_eq!(headers.get("Nats-Msg-Id").unwrap().as_str(), "alert.desk.1");
    assert_eq!(&message.payload[..], b"{\"revision\":1}");
}

#[tokio::test]
async fn a_subject_or_an_id_that_is_none_is_refused() {
    let server = Server::start();
    let bus = server.bus().await;
    for (subject, id) in [("news.*", "one"), ("", "one"), ("news.alerts", "one\r\ntwo")] {
        let refused = bus.send(subject, id, "{}".into()).await.unwrap_err();
        assert!(matches!(refused, BusError::BadName { .. }), "{subject} {id:?}: {refused}");
    }
}
