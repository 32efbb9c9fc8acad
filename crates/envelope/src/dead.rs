//! Dead letters in the form of the contract.

use bytes::Bytes;
use wirefold_flow::{Cause, DeadLetter as Letter, DeadLetters, Headers, LetterContent};
use wirefold_proto::streams::Stage;
use wirefold_proto::{
    DeadBody, DeadCause, DeadHeader, DeadLetter, Subject, Tag, encode, event_headers,
};

use crate::message::timestamp;

/// The prefix of the loops of deliveries. The delivery's name follows it.
const DELIVERY_PREFIX: &str = "alerter-";

/// The destination of a stage's dead letters, in the form `wirefold.dead/1`.
///
/// The name of the loop must be the stage's name, or begin with it and a `-`.
#[must_use]
pub fn dead_letters(stage: Stage) -> DeadLetters {
    DeadLetters { subject: Subject::dead(stage).as_str().to_owned(), format: write }
}

fn write(letter: &Letter<'_>) -> LetterContent {
    let stage = stage_of(letter.stage);
    let delivery = letter.stage.strip_prefix(DELIVERY_PREFIX).filter(|_| stage == Stage::Alerter);
    let message = letter.message;
    let dead = DeadLetter {
        schema: Tag::new(),
        stage,
        delivery: delivery.map(str::to_owned),
        cause: match letter.reason.cause {
            Cause::Rejected => DeadCause::Rejected,
            Cause::MaxDeliver => DeadCause::MaxDeliver,
            Cause::Forged => DeadCause::Forged,
        },
        reason: letter.reason.text.clone(),
        stream: message.stream.clone(),
        sequence: message.sequence,
        subject: message.subject.clone(),
        attempts: letter.attempts,
        at: timestamp(letter.at),
        headers: message.headers.iter().map(header).collect(),
        message: letter.body.map(|body| DeadBody::of(body)),
    };
    let source = format!("/wirefold/{}", stage.as_str());
    let headers: Headers = event_headers(&dead, &source, dead.at).into_iter().collect();
    let body = encode(&dead).or_else(|_| encode(&DeadLetter { message: None, ..dead }));
    LetterContent { headers, body: body.map_or_else(|_| Bytes::new(), Bytes::from) }
}

fn header((name, value): (&str, &str)) -> DeadHeader {
    DeadHeader { name: name.to_owned(), value: value.to_owned() }
}

/// The stage behind the name of a loop, such as `alerter-phone`.
fn stage_of(durable: &str) -> Stage {
    let has_name = |stage: &Stage| {
        let rest = durable.strip_prefix(stage.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    Stage::ALL.into_iter().find(has_name).unwrap_or(Stage::Gateway)
}
