//! Publishes one message.
//!
//! Comes in: a message, and what its stream must look like. Goes out: where it is stored, or why it is not. It waits
//! while the stream is full, and in a cluster while nobody leads the stream. It never groups messages.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use wirefold_flow::{Backoff, BusError, Outgoing, Published, check_subject};

use crate::Shared;
use crate::api::{Failure, code};
use crate::headers;
use crate::link::Link;
use crate::metrics::DELAYED_PUBLISHES;

/// How long to wait before the next try to publish into a full stream.
const FULL: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
/// How long to wait before the next try to publish where nobody leads the stream.
const ASK_LEADER_AGAIN: Duration = Duration::from_millis(20);
/// A moment behind the making of a stream, its servers know of it.
const KNOWN: Duration = Duration::from_secs(2);
/// So long servers may take to choose who leads a stream: the longest time that they let pass without one, and
/// a little.
const CHOOSING: Duration = Duration::from_secs(10);

/// What a publish expects of its stream.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expect {
    Nothing,
    /// The last message on the subject stands here; 0: there is none.
    LastOnSubject(u64),
    /// The last message of the stream stands here.
    Last(u64),
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
pub(crate) fn expecting(headers: &mut HeaderMap, expect: Expect) {
    match expect {
        Expect::Nothing => {}
        Expect::LastOnSubject(sequence) => {
            headers.insert("Nats-Expected-Last-Subject-Sequence", sequence.to_string());
        }
        Expect::Last(sequence) => {
            headers.insert("Nats-Expected-Last-Sequence", sequence.to_string());
        }
    }
}

impl Shared {
    /// Publishes, and waits while the stream is full; in a cluster also while nobody stores the subject, which
    /// is so for a moment behind the making of a stream and while its servers choose who leads it.
    pub(crate) async fn publish(
        &self,
        message: Outgoing,
        expect: Expect,
    ) -> Result<(String, Published), BusError> {
        check_subject(&message.subject)?;
        let mut headers = headers::write(&message)?;
        expecting(&mut headers, expect);
        let mut room = WaitForRoom::new();
        let mut leaderless = Leaderless::default();
        loop {
            self.link.connected().await?;
            let mark = self.link.refusals();
            let body = message.body.clone();
            match self.send_to_whoever(&message.subject, headers.clone(), body, mark).await? {
                Some(Sent::Stored { stream, published }) => return Ok((stream, published)),
                Some(Sent::Full { stream }) => {
                    // It is stored by somebody: who waits for room for long may meet another choice.
                    leaderless = Leaderless::default();
                    room.wait(self, &stream).await;
                }
                None => leaderless.wait(&self.link, &message.subject).await?,
            }
        }
    }

    /// Publishes into the stream of a table or a store, which is made with these settings where it is
    /// not there. In a cluster it waits while nobody leads that stream, as [`publish`](Self::publish) does.
    pub(crate) async fn send_into(
        &self,
        (stream, settings): (&str, Value),
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<u64, BusError> {
        let mut leaderless = Leaderless::default();
        loop {
            self.link.connected().await?;
            let mark = self.link.refusals();
            match self.send_to_whoever(subject, headers.clone(), body.clone(), mark).await? {
                Some(Sent::Stored { published, .. }) => return Ok(published.sequence()),
                Some(Sent::Full { .. }) => return Err(BusError::DiskFull),
                None => {}
            }
            if leaderless.since.is_none() && self.is_absent(stream).await {
                self.put_new(stream, settings.clone()).await?;
                leaderless.since = Some(Instant::now());
            } else {
                leaderless.wait(&self.link, subject).await?;
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
        let sent = self.send_to_whoever(subject, headers, body, mark).await?;
        sent.ok_or_else(|| self.link.nobody_stores(subject))
    }

    /// The same; nothing where nobody listens on the subject.
    async fn send_to_whoever(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
        mark: u64,
    ) -> Result<Option<Sent>, BusError> {
        let size = body.len() as u64;
        let expected = ["Nats-Expected-Last-Subject-Sequence", "Nats-Expected-Last-Sequence"]
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.as_str().parse().ok());
        let answer = self.link.ask_at_once(subject, Some(headers), body, mark).await?;
        let Some(answer) = answer else { return Ok(None) };
        let acknowledged = acknowledged(subject, &answer.payload)?;
        let Acknowledged { error, stream, seq, duplicate } = acknowledged;
        let Some(failure) = error else {
            let published = if duplicate { Published::Duplicate(seq) } else { Published::New(seq) };
            return Ok(Some(Sent::Stored { stream, published }));
        };
        match failure.kind {
            code::NOT_STORED if is_full(&failure) => Ok(Some(Sent::Full { stream })),
            code::MESSAGE_TOO_LARGE => Err(self.link.too_large(&stream, subject, size).await),
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

/// Waits while nobody stores a subject: in a cluster it may be that servers still choose who leads its stream.
#[derive(Default)]
pub(crate) struct Leaderless {
    since: Option<Instant>,
    /// Whether it was asked if there is such a stream.
    was_asked: bool,
}

impl Leaderless {
    /// # Errors
    /// Where there is no such stream, or they have had long enough.
    pub(crate) async fn wait(&mut self, link: &Link, subject: &str) -> Result<(), BusError> {
        let waited = self.since.get_or_insert_with(Instant::now).elapsed();
        if link.cluster().is_none() || waited > CHOOSING {
            return Err(link.nobody_stores(subject));
        }
        // Most roles may not ask, so it is asked once and late.
        if waited > KNOWN && !self.was_asked {
            self.was_asked = true;
            if let Err(error @ BusError::NoStreamFor(_)) = link.stream_of(subject).await {
                return Err(error);
            }
        }
        tokio::time::sleep(ASK_LEADER_AGAIN).await;
        Ok(())
    }
}

/// Waits for room in a full stream.
pub(crate) struct WaitForRoom {
    backoff: Backoff,
    made_room: bool,
}

impl WaitForRoom {
    pub(crate) fn new() -> Self {
        Self { backoff: FULL, made_room: false }
    }

    pub(crate) fn has_waited(&self) -> bool {
        self.backoff.has_failed() || self.made_room
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
        tokio::time::sleep(self.backoff.next_wait()).await;
    }
}
