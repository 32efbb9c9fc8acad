//! Publishing: one message, its acknowledgement, and waiting while its stream is full.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::Deserialize;
use wirefold_flow::{BusError, Outgoing, Published, check_subject};

use crate::Shared;
use crate::api::{Failure, code};
use crate::headers;
use crate::metrics::DELAYED_PUBLISHES;

/// Between two tries to publish into a full stream, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What a publish expects of its stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expect<'a> {
    Nothing,
    /// The last message on the subject stands here; 0: there is none.
    LastOnSubject(u64),
    /// The last message of the stream has this id.
    Predecessor(&'a str),
}

/// What became of a publish that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    Stored {
        stream: String,
        published: Published,
    },
    /// Not stored: the stream is full.
    Full {
        stream: String,
    },
}

/// The acknowledgement of a publish, good or bad.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Acknowledged {
    pub(crate) error: Option<Failure>,
    pub(crate) stream: String,
    pub(crate) seq: u64,
    duplicate: bool,
}

/// Puts what is expected into a message's headers.
pub(crate) fn expecting(headers: &mut HeaderMap, expect: Expect<'_>) {
    match expect {
        Expect::Nothing => {}
        Expect::LastOnSubject(sequence) => {
            headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
        }
        Expect::Predecessor(id) => headers.insert("Nats-Expected-Last-Msg-Id", id),
    }
}

/// Expects besides that the last message on another subject stands here.
pub(crate) fn expecting_epoch(headers: &mut HeaderMap, subject: &str, sequence: u64) {
    headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
    headers.insert("Nats-Expected-Last-Subject-Sequence-Subject", subject);
}

impl Shared {
    /// Publishes, and waits while the stream is full.
    pub(crate) async fn publish(
        &self,
        message: Outgoing,
        expect: Expect<'_>,
    ) -> Result<(String, Published), BusError> {
        check_subject(&message.subject)?;
        let mut headers = headers::write(&message)?;
        expecting(&mut headers, expect);
        let mut patience = Patience::default();
        loop {
            self.link.connected().await?;
            let mark = self.link.refusals();
            let body = message.body.clone();
            match self.send(&message.subject, headers.clone(), body, mark).await? {
                Sent::Stored { stream, published } => return Ok((stream, published)),
                Sent::Full { stream } => patience.wait(self, &stream).await,
            }
        }
    }

    /// Publishes once. Asks for the acknowledgement in the order of the calls.
    pub(crate) async fn send(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
        mark: u64,
    ) -> Result<Sent, BusError> {
        let size = body.len() as u64;
        let expected = headers
            .get("Nats-Expected-Last-Subject-Sequence")
            .and_then(|value| value.as_str().parse().ok());
        let answer = self.link.ask_at_once(subject, Some(headers), body, mark).await?;
        let answer = answer.ok_or_else(|| self.link.nobody_stores(subject))?;
        let acknowledged = acknowledged(subject, &answer.payload)?;
        let Acknowledged { error, stream, seq, duplicate } = acknowledged;
        let Some(failure) = error else {
            let published = if duplicate { Published::Duplicate(seq) } else { Published::New(seq) };
            return Ok(Sent::Stored { stream, published });
        };
        match failure.kind {
            code::NOT_STORED if is_full(&failure) => Ok(Sent::Full { stream }),
            code::MESSAGE_TOO_LARGE => Err(self.link.too_large(&stream, subject, size).await),
            code::WRONG_LAST_ID => Err(BusError::Fenced(stream)),
            code::WRONG_LAST_SEQUENCE => {
                let found = last_number(&failure.description);
                Err(BusError::Refused { expected: expected.unwrap_or(0), found })
            }
            _ => Err(failure.of_stream(if stream.is_empty() { subject } else { &stream })),
        }
    }
}

/// Reads an acknowledgement.
pub(crate) fn acknowledged(subject: &str, body: &[u8]) -> Result<Acknowledged, BusError> {
    serde_json::from_slice(body).map_err(|error| {
        BusError::Unavailable(format!("{subject}: the acknowledgement cannot be read: {error}"))
    })
}

/// The server has one code for all that keeps a message out of the store: its words tell.
pub(crate) fn is_full(failure: &Failure) -> bool {
    matches!(failure.description.as_str(), "maximum bytes exceeded" | "maximum messages exceeded")
}

/// Where the last message stands is told in the words alone: `wrong last sequence: 7`.
fn last_number(description: &str) -> u64 {
    let number = description.rsplit(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or(0)
}

/// Waits for room in a full stream.
#[derive(Default)]
pub(crate) struct Patience {
    tries: u32,
    made_room: bool,
}

impl Patience {
    pub(crate) fn has_waited(&self) -> bool {
        self.tries > 0 || self.made_room
    }

    /// Makes room where that may be done; else waits a little for those who do.
    pub(crate) async fn wait(&mut self, shared: &Shared, stream: &str) {
        if !self.has_waited() {
            DELAYED_PUBLISHES.add(1, &[]);
        }
        if shared.make_room(stream).await {
            self.made_room = true;
            return;
        }
        let wait = FIRST_WAIT * (1 << self.tries.min(5));
        self.tries += 1;
        tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
    }
}
