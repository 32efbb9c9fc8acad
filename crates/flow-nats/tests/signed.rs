//! Decisions forged by a user who must not publish any.

use std::sync::Arc;

use wirefold_envelope::dead_letters;
use wirefold_flow::{Bus, Outgoing};
use wirefold_flow_nats::{NatsBus, SignedBus, SignedStream, SigningKey};
use wirefold_proto::streams::{DEAD, OUTPUT, Stage};
use wirefold_proto::{DeadCause, DeadLetter, Subject, decode};

use crate::rights::prepared;
use crate::roles::client;
use crate::waiting::within_reason;

fn signed(bus: impl Bus + 'static, stage: Stage) -> SignedBus {
    let (name, epochs) = (OUTPUT.name.to_owned(), Subject::output_epoch().to_string());
    let key = SigningKey::new(KEY).unwrap();
    let letters = (stage == Stage::Alerter).then(|| ("alerter".to_owned(), dead_letters(stage)));
    SignedBus::new(Arc::new(bus), key, SignedStream { name, epochs, letters })
}

const DECIDED: &str = "wirefold.v1.output.article.new.en";
const KEY: &[u8] = b"the key of detector and alerter";

/// The server sends an answer to any subject that a request names, and does not check whether the user may
/// publish there. So a user who may only request the state of a stream can have the answer stored as a
/// decision.
#[tokio::test]
async fn a_decision_that_the_server_was_made_to_store_is_left_out() {
    let (server, setup) = prepared().await;
    let writer = signed(server.bus_of("detector").await, Stage::Detector);
    let record = Outgoing::new(Subject::output_epoch().to_string(), "epoch-1", "taken over");
    let epoch = writer.publish_if_last(record, 0).await.unwrap().sequence();
    let decision = |id: &str| Outgoing::new(DECIDED, id, "decided");
    let decisions = vec![decision("1-1"), decision("1-2")];
    assert_eq!(writer.append(OUTPUT.name, epoch, decisions).await.unwrap(), 3);

    let fetcher = client(&server, "fetcher").await;
    let asked = "$JS.API.STREAM.INFO.WF_FETCHED";
    let reply = DECIDED.to_owned();
    fetcher.publish_with_reply(asked, reply, "".into()).await.unwrap();
    fetcher.flush().await.unwrap();
    let is_stored = async {
        while setup.stream_state(OUTPUT.name).await.unwrap().last < 4 {
            tokio::task::yield_now().await;
        }
    };
    within_reason(is_stored).await;

    // A reader that does not check takes it for a decision …
    let forged = setup.last(OUTPUT.name, DECIDED).await.unwrap().unwrap();
    assert_eq!(forged.sequence, 4);
    // … and readers with the key do not, and continue after it.
    let reader = signed(server.bus_of("alerter").await, Stage::Alerter);
    let got = reader.get(OUTPUT.name, 4).await;
    assert!(got.is_err(), "{got:?}");
    let late = writer.append(OUTPUT.name, 3, vec![decision("1-3")]).await;
    assert!(late.is_err(), "its place is taken");
    let again = signed(server.bus_of("detector").await, Stage::Detector);
    let last = again.last(OUTPUT.name, DECIDED).await.unwrap().unwrap();
    assert_eq!(last.id, "1-2");
    let anew = Outgoing::new(Subject::output_epoch().to_string(), "epoch-2", "taken over");
    let next = again.publish_if_last(anew, 1).await.unwrap().sequence();
    assert_eq!(again.append(OUTPUT.name, next, vec![decision("2-3")]).await.unwrap(), 6);
    let mut stands = again.read(OUTPUT.name, DECIDED, 1).await.unwrap();
    let ids: Vec<String> =
        stands.ready(100).await.unwrap().into_iter().map(|stored| stored.id).collect();
    assert_eq!(ids, ["1-1", "1-2", "2-3"]);

    // The dead letters report it.
    let mut read = reader.read(OUTPUT.name, DECIDED, 1).await.unwrap();
    let read = within_reason(read.next(100)).await.unwrap();
    let read: Vec<&str> = read.iter().map(|stored| stored.id.as_str()).collect();
    assert_eq!(read, ["1-1", "1-2", "2-3"]);
    let letter = within_reason(last_letter(&setup)).await;
    assert_eq!(
        (letter.cause, letter.stage, letter.sequence),
        (DeadCause::Forged, Stage::Alerter, 4)
    );
}

/// The newest dead letter, once there is one.
async fn last_letter(bus: &NatsBus) -> DeadLetter {
    loop {
        if let Some(stored) = bus.last(DEAD.name, ">").await.unwrap() {
            return decode(&stored.body).unwrap();
        }
        tokio::task::yield_now().await;
    }
}
