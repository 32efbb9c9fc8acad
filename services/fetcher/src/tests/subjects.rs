//! Subjects of other servers as sources.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use wirefold_flow::{Answer, BoxFuture, BusError, Headers, Point, Stored, UnixMillis};
use wirefold_proto::streams::Stage;
use wirefold_proto::{DeadBody, DeadCause, DeadLetter};

use super::bench::{Bench, until};
use crate::FetcherError;
use crate::subjects::{Source, SubjectMessage, Subscription, SubscriptionOpener};

/// A message: its sequence and its body.
type Message = (u64, Vec<u8>);

/// A server that a test simulates: its deliveries, and the answers it got.
#[derive(Clone, Default)]
struct FakeServer {
    /// The messages to deliver; a message that is not acknowledged comes again with the next subscription.
    messages: Arc<Mutex<Vec<Message>>>,
    /// The acknowledged messages, with the stream of articles at that time.
    acked: Arc<Mutex<Vec<(u64, usize)>>>,
    opened: Arc<Mutex<usize>>,
    /// Whether an acknowledgement gets lost.
    loses_acks: Arc<Mutex<bool>>,
    bench: Option<Arc<dyn wirefold_flow::Bus>>,
}

impl FakeServer {
    fn publish(&self, sequence: u64, body: impl Into<Vec<u8>>) {
        self.messages.lock().unwrap().push((sequence, body.into()));
    }

    fn acked(&self) -> Vec<(u64, usize)> {
        self.acked.lock().unwrap().clone()
    }
}

impl SubscriptionOpener for FakeServer {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Subscription>, String>> {
        Box::pin(async {
            let mut opened = self.opened.lock().unwrap();
            *opened += 1;
            if *opened == 1 {
                return Err("no stream has the subject".to_owned());
            }
            let given = FakeSubscription { server: self.clone(), given: VecDeque::new() };
            Ok(Box::new(given) as Box<dyn Subscription>)
        })
    }
}

struct FakeSubscription {
    server: FakeServer,
    given: VecDeque<u64>,
}

impl Subscription for FakeSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<SubjectMessage>> {
        Box::pin(async move {
            loop {
                let waiting: Vec<Message> = {
                    let messages = self.server.messages.lock().unwrap();
                    let is_new = |(sequence, _): &&Message| !self.given.contains(sequence);
                    messages.iter().filter(is_new).take(max).cloned().collect()
                };
                if waiting.is_empty() {
                    tokio::task::yield_now().await;
                    continue;
                }
                self.given.extend(waiting.iter().map(|(sequence, _)| *sequence));
                let delivery = |(sequence, body): Message| SubjectMessage {
                    message: Stored {
                        stream: "NEWS".to_owned(),
                        sequence,
                        at: UnixMillis(0),
                        subject: "news.desk".to_owned(),
                        id: String::new(),
                        headers: Headers::default(),
                        body: body.into(),
                    },
                    attempt: 1,
                };
                return Ok(waiting.into_iter().map(delivery).collect());
            }
        })
    }

    fn acknowledge(&mut self) -> Answer<'_, ()> {
        Box::pin(async move {
            if *self.server.loses_acks.lock().unwrap() {
                return Err(BusError::Unavailable("the connection is closed".to_owned()));
            }
            let bus = self.server.bench.clone().unwrap();
            let stands = bus.stream_state("WF_FETCHED").await.unwrap().messages;
            let stands = usize::try_from(stands).unwrap();
            let mut messages = self.server.messages.lock().unwrap();
            messages.retain(|(sequence, _)| !self.given.contains(sequence));
            let acked = self.given.drain(..).map(|sequence| (sequence, stands));
            self.server.acked.lock().unwrap().extend(acked);
            Ok(())
        })
    }
}

async fn following() -> (FakeServer, Bench) {
    let mut bench = Bench::new().await;
    let server = FakeServer { bench: Some(bench.bus.clone()), ..FakeServer::default() };
    bench.settings.subjects = vec![Source {
        feed: "desk".parse().unwrap(),
        outlet: "wire".parse().ok(),
        subject: "news.>".to_owned(),
        server: "nats://wire.example:4222".to_owned(),
        opener: Arc::new(server.clone()),
    }];
    (server, bench)
}

/// Lets the time between two attempts pass.
async fn opened(server: &FakeServer, bench: &Bench, times: usize) {
    until("the first try", || *server.opened.lock().unwrap() > 0).await;
    while *server.opened.lock().unwrap() < times {
        bench.clock.advance(std::time::Duration::from_secs(1));
        tokio::task::yield_now().await;
    }
}

async fn letters(bench: &Bench) -> Vec<DeadLetter> {
    let mut reader = bench.bus.read("WF_DEAD", ">", 1).await.unwrap();
    let stored = reader.ready(100).await.unwrap();
    stored.iter().map(|stored| wirefold_envelope::decode(stored).unwrap()).collect()
}

#[tokio::test]
async fn messages_are_acknowledged_once_their_articles_are_stored() {
    let (server, bench) = following().await;
    for sequence in 1..=3 {
        server.publish(
            sequence,
            format!(r#"{{"id":"{sequence}","text":"The ferry sails {sequence}."}}"#),
        );
    }
    server.publish(4, r#"[{"text":"One pier."},{"text":"Two piers."}]"#);
    let running = bench.start().await;
    opened(&server, &bench, 2).await;
    until("the acks", || server.acked().len() == 4).await;
    assert!(server.acked().iter().all(|(_, stands)| *stands == 5), "{:?}", server.acked());
    let all = bench.articles().await;
    assert_eq!(
        (all[0].article.outlet.as_str(), all[0].article.feeds[0].as_str()),
        ("wire", "desk")
    );
    assert!(all.iter().all(|article| !article.article.baseline));
    running.stop().await;
}

#[tokio::test]
async fn killed_between_the_two_a_message_comes_again_and_is_the_same_article() {
    let (server, bench) = following().await;
    server.publish(1, r#"{"text":"The ferry sails."}"#);
    let dying = bench.start_crashing(Point::Published);
    opened(&server, &bench, 2).await;
    let crash = dying.ended().await;
    assert!(matches!(crash, Err(FetcherError::Crashed(Point::Published))), "{crash:?}");
    let ids = async || bench.articles().await.into_iter().map(|it| it.id).collect::<BTreeSet<_>>();
    let before = ids().await;
    assert_eq!((before.len(), server.acked().len()), (1, 0), "stored, and not acknowledged");
    // Long enough that the bus has forgotten the id.
    bench.clock.advance(std::time::Duration::from_hours(1));
    let running = bench.start().await;
    until("the ack", || server.acked().len() == 1).await;
    assert_eq!(ids().await, before);
    running.stop().await;
}

#[tokio::test]
async fn a_message_redelivered_after_a_lost_ack_is_stored_once() {
    let (server, bench) = following().await;
    *server.loses_acks.lock().unwrap() = true;
    server.publish(1, r#"{"text":"The ferry sails."}"#);
    let running = bench.start().await;
    opened(&server, &bench, 3).await;
    *server.loses_acks.lock().unwrap() = false;
    opened(&server, &bench, 4).await;
    until("the ack", || !server.acked().is_empty()).await;
    let ids: Vec<_> = bench.articles().await.into_iter().map(|article| article.id).collect();
    assert_eq!(ids.len(), 1, "within the bus's window it is stored once");
    running.stop().await;
}

#[tokio::test]
async fn a_message_without_an_article_is_a_dead_letter_and_the_rest_goes_on() {
    let (server, bench) = following().await;
    server.publish(7, "no article");
    server.publish(8, r#"{"text":"The ferry sails."}"#);
    server.publish(9, r#"[{"text":"a"},{"text":" "}]"#);
    server.publish(10, vec![b' '; 2 << 20]);
    server.publish(11, [0xFF, 0xFE]);
    let running = bench.start().await;
    opened(&server, &bench, 2).await;
    until("the acks", || server.acked().len() == 5).await;
    assert_eq!(bench.articles().await.len(), 1);
    let letters = letters(&bench).await;
    let told: Vec<(u64, &str)> =
        letters.iter().map(|letter| (letter.sequence, letter.reason.as_str())).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    let first = &letters[0];
    assert_eq!(
        (first.stage, first.cause, first.sequence),
        (Stage::Fetcher, DeadCause::Rejected, 7)
    );
    assert!(first.reason.contains("not an article in JSON"), "{}", first.reason);
    assert_eq!(first.subject, "news.desk");
    assert_eq!(first.stream, "NEWS at nats://wire.example:4222");
    assert_eq!(first.message, Some(DeadBody::Text { data: "no article".to_owned() }));
    assert_eq!(letters[1].reason, "article 2: `text` and `title` are empty");
    assert_eq!(letters[2].message, None, "it is too large for a letter");
    running.stop().await;
}
