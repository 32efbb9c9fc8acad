use wirefold_flow::sim::{SimBus, SimDisk, VirtualClock};
use wirefold_flow::{DeadLetters, StreamConfig};

use super::*;

const STREAM: &str = "DECISIONS";
const EPOCHS: &str = "decided.epoch";
const DECISIONS: &str = "decided";

fn key(text: &str) -> SigningKey {
    SigningKey::new(text.as_bytes()).unwrap()
}

fn signed(bus: &Arc<dyn Bus>, with: &str) -> SignedBus {
    let stream = SignedStream {
        name: STREAM.to_owned(),
        epochs: EPOCHS.to_owned(),
        letters: Some(("reader".to_owned(), DeadLetters::plain("dead.reader"))),
    };
    SignedBus::new(bus.clone(), key(with), stream)
}

const KEY: &str = "a key of thirty-two bytes or so";

/// A bus with an empty stream of decisions.
async fn plain() -> Arc<dyn Bus> {
    let bus = SimBus::open(&SimDisk::default(), Arc::new(VirtualClock::default())).bus();
    bus.create_stream(StreamConfig::new(STREAM, &[DECISIONS, EPOCHS])).await.unwrap();
    bus.create_stream(StreamConfig::new("DEAD", &["dead.>"])).await.unwrap();
    bus
}

fn epoch(number: u64) -> Outgoing {
    Outgoing::new(EPOCHS, format!("epoch-{number}"), "taken over")
}

fn decision(number: u64) -> Outgoing {
    Outgoing::new(DECISIONS, format!("decision-{number}"), format!("decided {number}"))
}

/// A writer that took over and decided twice.
async fn written(bus: &Arc<dyn Bus>) -> SignedBus {
    let writer = signed(bus, KEY);
    assert_eq!(writer.publish_if_last(epoch(1), 0).await.unwrap(), Published::New(1));
    assert_eq!(writer.append(STREAM, 1, vec![decision(1), decision(2)]).await.unwrap(), 3);
    writer
}

async fn read(bus: &SignedBus) -> Vec<String> {
    let mut reader = bus.read(STREAM, DECISIONS, 1).await.unwrap();
    let stored = reader.ready(100).await.unwrap();
    assert!(reader.ready(100).await.unwrap().is_empty());
    stored.into_iter().map(|stored| stored.id).collect()
}

#[tokio::test]
async fn all_readers_leave_out_forged_records() {
    let bus = plain().await;
    written(&bus).await;
    let forged = bus.publish(decision(3)).await.unwrap().sequence();
    let guessed = signed(&bus, "another key, which was guessed").signing.sign(decision(4), 5);
    bus.publish(guessed).await.unwrap();
    // As of a process that has just started and has seen nothing signed yet.
    let reader = signed(&bus, KEY);
    assert_eq!(read(&reader).await, ["decision-1", "decision-2"]);
    assert_eq!(reader.last(STREAM, DECISIONS).await.unwrap().unwrap().id, "decision-2");
    let got = reader.get(STREAM, forged).await;
    assert!(matches!(got, Err(BusError::Gone { .. })), "{got:?}");
    // One letter for a thousand of them.
    assert_eq!(bus.last("DEAD", ">").await.unwrap().unwrap().sequence, 1);
}

#[tokio::test]
async fn a_record_counts_only_where_it_was_written() {
    let bus = plain().await;
    let reader = written(&bus).await;
    let mut stored = bus.get(STREAM, 2).await.unwrap();
    stored.id = "decision-2-again".to_owned();
    for id in [stored.id.as_str(), "decision-1"] {
        let again = Outgoing {
            subject: stored.subject.clone(),
            id: format!("{id} "),
            headers: stored.headers.clone(),
            body: stored.body.clone(),
        };
        bus.publish(again).await.unwrap();
    }
    assert_eq!(read(&reader).await, ["decision-1", "decision-2"]);
}

#[tokio::test]
async fn another_key_is_an_error_that_says_what_to_do() {
    let bus = plain().await;
    written(&bus).await;
    let other = signed(&bus, "not the key that it was signed with");
    let error = other.publish_if_last(epoch(2), 1).await.unwrap_err().to_string();
    assert!(error.contains("bus.signing_key_file"), "{error}");
    let mut reader = other.read(STREAM, DECISIONS, 1).await.unwrap();
    assert!(reader.ready(10).await.is_err());
}

#[tokio::test]
async fn a_stream_that_began_without_a_key_is_not_decided_on_again() {
    let bus = plain().await;
    bus.publish_if_last(epoch(1), 0).await.unwrap();
    bus.append(STREAM, 1, vec![decision(1)]).await.unwrap();
    let late = signed(&bus, KEY);
    let mut reader = late.read(STREAM, DECISIONS, 1).await.unwrap();
    let error = reader.ready(10).await.unwrap_err().to_string();
    assert!(error.contains("bus.signing_key_file"), "{error}");
    assert!(late.publish_if_last(epoch(2), 1).await.is_err());
}

#[tokio::test]
async fn a_genuine_record_is_found_behind_many_forged_ones() {
    let bus = plain().await;
    let writer = written(&bus).await;
    for number in 0..2 * LOOKED_BACK {
        bus.publish(decision(number + 3)).await.unwrap();
    }
    assert_eq!(writer.last(STREAM, DECISIONS).await.unwrap().unwrap().id, "decision-2");
    assert_eq!(writer.last(STREAM, EPOCHS).await.unwrap().unwrap().id, "epoch-1");
}

#[tokio::test]
async fn a_forged_epoch_record_keeps_no_writer_out() {
    let bus = plain().await;
    let before = signed(&bus, KEY);
    before.publish_if_last(epoch(1), 0).await.unwrap();
    bus.publish(epoch(1_000_000)).await.unwrap();
    // The writer did not expect the later messages, so it takes over anew …
    assert!(before.append(STREAM, 1, vec![decision(1)]).await.is_err());
    let writer = signed(&bus, KEY);
    let last = writer.last(STREAM, EPOCHS).await.unwrap().unwrap();
    assert_eq!(last.id, "epoch-1", "… after the last epoch that was one");
    let end = writer.publish_if_last(epoch(2), last.sequence).await.unwrap().sequence();
    writer.append(STREAM, end, vec![decision(2)]).await.unwrap();
    assert_eq!(read(&writer).await, ["decision-2"]);
}

#[test]
fn a_code_is_of_every_part_and_of_no_other_place() {
    let key = key(KEY);
    let message = Outgoing::new("a.b", "id", "body");
    let code = key.code(STREAM, 7, &message);
    assert_eq!(code.len(), 64);
    let mut with_header = message.clone();
    with_header.headers.set("x", "1");
    for other in [
        Outgoing { subject: "a.c".to_owned(), ..message.clone() },
        Outgoing { id: "ie".to_owned(), ..message.clone() },
        Outgoing { body: "bodx".into(), ..message.clone() },
        with_header,
    ] {
        assert_ne!(key.code(STREAM, 7, &other), code, "{other:?}");
    }
    assert_ne!(key.code(STREAM, 8, &message), code);
    assert!(SigningKey::new(b"short").is_none());
}
