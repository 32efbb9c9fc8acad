//! A refused permission is the error of its call, with user and subject.

use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::{Bus, BusError, Outgoing, Published, StreamConfig, SystemClock};
use wirefold_flow_nats::{ConnectError, Consumer, Login, MARKS, NatsBus, Options, connect};

use crate::server::Server;
use crate::waiting::within_reason;

/// An answer counts as lost after this time. No test waits this long, so every error in a test is the
/// server's answer.
const LOST: Duration = Duration::from_hours(1);

/// An owner who may do everything, a writer who may publish on one subject, and a reader who may use one
/// durable consumer and acknowledge nothing.
const USERS: &str = r#"
accounts {
  WF {
    jetstream: enabled
    users: [
      { user: owner, password: owner-password }
      { user: writer, password: writer-password, permissions: {
          publish: ["work.own.>"]
          subscribe: ["_INBOX_writer.>"] } }
      { user: reader, password: reader-password, permissions: {
          publish: ["$JS.API.CONSUMER.INFO.WORK.reader", "$JS.API.CONSUMER.MSG.NEXT.WORK.reader"]
          subscribe: ["_INBOX_reader.>"] } }
      { user: deaf, password: deaf-password, permissions: {
          publish: ["work.>", "$JS.API.>"]
          subscribe: ["nothing"] } }
    ]
  }
}
"#;

async fn server() -> Server {
    let mut server = Server::prepared(USERS);
    server.restart();
    let owner = bus_of(&server, "owner").await;
    owner.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    owner.create_or_update_consumer(&Consumer::new("WORK", "reader")).await.unwrap();
    owner.create_bucket(MARKS, None).await.unwrap();
    server
}

/// A bus for one user who waits for every answer.
async fn bus_of(server: &Server, user: &str) -> NatsBus {
    let login = Some(Login { user: user.into(), password: format!("{user}-password") });
    let waits = Options { login, answer_within: LOST, ..Options::new(server.url(), user) };
    connect(&waits, Arc::new(SystemClock)).await.unwrap()
}

async fn refused<T>(call: impl Future<Output = Result<T, BusError>>, user: &str, what: &str) {
    let answer = within_reason(call).await;
    let error = answer.err().expect("it was let");
    let expected = format!("user {user} may not {what}: correct its permissions on the server");
    assert!(matches!(error, BusError::NotAllowed { .. }), "{error:?}");
    assert_eq!(error.to_string(), expected);
    assert!(!error.may_pass());
}

#[tokio::test]
async fn a_refused_publish_names_user_and_subject() {
    let server = server().await;
    let writer = bus_of(&server, "writer").await;
    let own = Outgoing::new("work.own.a", "a", "");
    assert_eq!(writer.publish(own).await.unwrap(), Published::New(1));
    let others = || Outgoing::new("work.others", "b", "");
    refused(writer.publish(others()), "writer", "publish to work.others").await;
    let alone = writer.append("WORK", 0, vec![others()]);
    refused(alone, "writer", "publish to work.others").await;
    // An earlier refusal does not block permitted calls.
    let again = Outgoing::new("work.own.a", "c", "");
    assert_eq!(writer.publish(again).await.unwrap(), Published::New(2));
}

#[tokio::test]
async fn refused_requests_name_what_was_asked() {
    let server = server().await;
    let writer = bus_of(&server, "writer").await;
    let info = "publish to $JS.API.STREAM.INFO.WORK";
    refused(writer.stream_state("WORK"), "writer", info).await;
    refused(writer.create_stream(StreamConfig::new("WORK", &["work.>"])), "writer", info).await;
    let next = "publish to $JS.API.DIRECT.GET.WORK";
    refused(writer.get("WORK", 1), "writer", next).await;
    refused(writer.last("WORK", ">"), "writer", "publish to $JS.API.STREAM.MSG.GET.WORK").await;
    let durable_info = "publish to $JS.API.CONSUMER.INFO.WORK.reader";
    refused(writer.follow(Some("WORK"), ">", "reader"), "writer", durable_info).await;
    let deaf = bus_of(&server, "deaf").await;
    let answer = deaf.publish(Outgoing::new("work.a", "a", "")).await;
    let said = answer.unwrap_err().to_string();
    assert!(said.starts_with("user deaf may not subscribe to _INBOX_deaf."), "{said}");
}

#[tokio::test]
async fn a_refused_pull_and_a_refused_ack_are_told() {
    let server = server().await;
    let owner = bus_of(&server, "owner").await;
    for id in ["a", "b"] {
        owner.publish(Outgoing::new("work.a", id, "")).await.unwrap();
    }
    let reader = bus_of(&server, "reader").await;
    let mut follower = reader.follow(Some("WORK"), ">", "reader").await.unwrap();
    assert_eq!(follower.next(2).await.unwrap().len(), 2);
    // An acknowledgement has no answer, so its refusal comes with the next one.
    follower.acknowledge().await.unwrap();
    let told = async {
        loop {
            if let Err(error) = follower.acknowledge().await {
                return error;
            }
            tokio::task::yield_now().await;
        }
    };
    let error = within_reason(told).await;
    let said = error.to_string();
    assert!(said.starts_with("user reader may not publish to $JS.ACK.WORK.reader.1."), "{said}");
    let what = "publish to $JS.API.CONSUMER.INFO.WORK.other";
    refused(reader.follow(Some("WORK"), ">", "other"), "reader", what).await;
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_waited_for() {
    let server = server().await;
    let login = Some(Login { user: "owner".into(), password: "wrong".into() });
    let options = Options { login, answer_within: LOST, ..Options::new(server.url(), "owner") };
    let connecting = within_reason(connect(&options, Arc::new(SystemClock)));
    let error = connecting.await.err().expect("it was let in");
    assert!(matches!(&error, ConnectError::NotLetIn { user, .. } if user == "owner"), "{error}");
    assert!(!error.to_string().contains("wrong"), "{error}");
}

#[tokio::test]
async fn a_publisher_waits_in_a_full_stream_for_the_pruner() {
    let server = server().await;
    let owner = bus_of(&server, "owner").await;
    let readers = vec!["reader".to_owned()];
    let small = StreamConfig { readers, max_bytes: 2000, ..StreamConfig::new("WORK", &["work.>"]) };
    owner.create_stream(small).await.unwrap();
    let writer = bus_of(&server, "writer").await;
    let writing = tokio::spawn(async move {
        for number in 0..20 {
            let message = Outgoing::new("work.own.a", format!("m{number}"), vec![b'x'; 200]);
            writer.publish(message).await.unwrap();
        }
    });
    let mut reader = owner.read("WORK", ">", 1).await.unwrap();
    let mut read = 0;
    let mut dropped = false;
    while read < 20 {
        read += within_reason(reader.next(20)).await.unwrap().len() as u64;
        owner.mark_read("WORK", "reader", read).await.unwrap();
        dropped |= owner.prune_below("WORK", 0.8).await.unwrap().dropped > 0;
    }
    within_reason(writing).await.unwrap();
    assert!(dropped, "it was never full");
}
