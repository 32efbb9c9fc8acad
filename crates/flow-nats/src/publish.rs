//! Publishes one message. Waits while the stream is full, and in a cluster while the stream has no leader.

use std::time::Duration;

use async_nats::{HeaderMap, HeaderValue};
use bytes::Bytes;
use serde::Deserialize;
use tokio::time::Instant;
use wirefold_flow::store::Expect;
use wirefold_flow::{Backoff, BusError, Outgoing, Published, check_subject};

use crate::api::{Failure, code};
use crate::headers::ID;
use crate::link::Link;
use crate::metrics::DELAYED_PUBLISHES;
use crate::{NatsBus, Shared, headers};

/// The waits before the next try to publish into a full stream.
const FULL: Backoff = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
/// The wait before the next try to publish into a stream without a leader.
const RETRY_WITHOUT_LEADER: Duration = Duration::from_millis(20);
/// By this time all servers of a cluster know a new stream.
const KNOWN: Duration = Duration::from_secs(2);
/// The longest time to wait for the election of a stream's leader: a little more than servers take.
const ELECTION: Duration = Duration::from_secs(10);

/// The result of a publish that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    Stored(Published),
    /// Not stored: the stream is full.
    Full,
}

/// The acknowledgement of a publish, or its error.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Acknowledgement {
    pub(crate) error: Option<Failure>,
    pub(crate) stream: String,
    pub(crate) seq: u64,
    duplicate: bool,
}

/// Adds the expectation to a message's headers.
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
    pub(crate) async fn publish(
        &self,
        message: Outgoing,
        expect: Expect,
    ) -> Result<Published, BusError> {
        check_subject(&message.subject)?;
        let mut headers = headers::write(&message)?;
        expecting(&mut headers, expect);
        self.publish_as(&message.subject, headers, message.body).await
    }

    /// Publishes with these headers. Waits while the stream is full. In a cluster it also waits while no server stores
    /// the subject: for a moment after a stream was created, and during the election of its leader.
    pub(crate) async fn publish_as(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Published, BusError> {
        let mut room = WaitForRoom::new();
        let mut leaderless = Leaderless::default();
        loop {
            match self.send_if_stored(subject, headers.clone(), body.clone()).await? {
                Some(Sent::Stored(published)) => return Ok(published),
                Some(Sent::Full) => {
                    // The stream has a leader. A later election gets its full time again.
                    leaderless = Leaderless::default();
                    room.wait().await;
                }
                None => leaderless.wait(&self.link, subject).await?,
            }
        }
    }

    /// Publishes once.
    pub(crate) async fn send(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Sent, BusError> {
        let sent = self.send_if_stored(subject, headers, body).await?;
        sent.ok_or_else(|| self.link.nobody_stores(subject))
    }

    /// The same; `None` if no stream has the subject.
    async fn send_if_stored(
        &self,
        subject: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Option<Sent>, BusError> {
        let size = body.len() as u64;
        let expected = ["Nats-Expected-Last-Subject-Sequence", "Nats-Expected-Last-Sequence"]
            .iter()
            .find_map(|name| headers.get(*name))
            .and_then(|value| value.as_str().parse().ok());
        let answer = self.link.request(subject, Some(headers), body).await?;
        let Some(answer) = answer else { return Ok(None) };
        let Acknowledgement { error, stream, seq, duplicate } =
            parse_acknowledgement(subject, &answer.payload)?;
        let Some(failure) = error else {
            let published = if duplicate { Published::Duplicate(seq) } else { Published::New(seq) };
            return Ok(Some(Sent::Stored(published)));
        };
        match failure.kind {
            code::NOT_STORED if is_full(&failure) => Ok(Some(Sent::Full)),
            code::MESSAGE_TOO_LARGE => Err(self.link.too_large(&stream, subject, size).await),
            code::WRONG_LAST_SEQUENCE => {
                let found = last_number(&failure.description);
                Err(BusError::Refused { expected: expected.unwrap_or(0), found })
            }
            _ => Err(failure.of_stream(if stream.is_empty() { subject } else { &stream })),
        }
    }
}

/// Parses an acknowledgement.
pub(crate) fn parse_acknowledgement(
    subject: &str,
    body: &[u8],
) -> Result<Acknowledgement, BusError> {
    serde_json::from_slice(body).map_err(|error| {
        BusError::Unavailable(format!("{subject}: the acknowledgement cannot be read: {error}"))
    })
}

/// Whether a message was not stored because its stream is full. The server has one code for several
/// causes, which differ only in the description.
pub(crate) fn is_full(failure: &Failure) -> bool {
    matches!(failure.description.as_str(), "maximum bytes exceeded" | "maximum messages exceeded")
}

/// The last sequence, which is only in the description: `wrong last sequence: 7`.
fn last_number(description: &str) -> u64 {
    let number = description.rsplit(' ').next().and_then(|number| number.parse().ok());
    number.unwrap_or(0)
}

/// Waits while no server stores a subject. In a cluster, its stream may be without a leader.
#[derive(Default)]
pub(crate) struct Leaderless {
    since: Option<Instant>,
    /// Whether the existence of the stream was checked.
    was_checked: bool,
}

impl Leaderless {
    /// Waits a moment.
    ///
    /// # Errors
    /// If there is no such stream, or if it has had no leader for too long.
    pub(crate) async fn wait(&mut self, link: &Link, subject: &str) -> Result<(), BusError> {
        let waited = self.since.get_or_insert_with(Instant::now).elapsed();
        if link.cluster().is_none() || waited > ELECTION {
            return Err(link.nobody_stores(subject));
        }
        // Checked once and late, because most roles lack the permission for it.
        if waited > KNOWN && !self.was_checked {
            self.was_checked = true;
            if let Err(error @ BusError::NoStreamFor(_)) = link.stream_of(subject).await {
                return Err(error);
            }
        }
        tokio::time::sleep(RETRY_WITHOUT_LEADER).await;
        Ok(())
    }
}

/// Waits for room in a full stream. The pruner makes it.
pub(crate) struct WaitForRoom(Backoff);

impl WaitForRoom {
    pub(crate) fn new() -> Self {
        Self(FULL)
    }

    pub(crate) fn has_waited(&self) -> bool {
        self.0.has_failed()
    }

    pub(crate) async fn wait(&mut self) {
        if !self.has_waited() {
            DELAYED_PUBLISHES.add(1, &[]);
        }
        tokio::time::sleep(self.0.next_wait()).await;
    }
}

// Sends a message once on a subject of another program.

/// The longest wait for the acknowledgement of a stream. Listeners without a stream send none.
const GRACE: Duration = Duration::from_secs(2);

impl NatsBus {
    /// Publishes a message with `id` in `Nats-Msg-Id`. If a stream has the subject, it stores the message
    /// unless it has the id already. Without a stream, only programs that listen now get the message.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if nobody listens and no stream has the subject,
    /// [`BusError::NotAllowed`] if this user may not, or another error of the server.
    pub async fn send(&self, subject: &str, id: &str, body: Bytes) -> Result<(), BusError> {
        check_subject(subject)?;
        let bad = |_| BusError::BadName { what: "message id", name: id.to_owned() };
        let id: HeaderValue = id.parse().map_err(bad)?;
        let mut headers = HeaderMap::new();
        headers.insert(ID, id);
        self.0.link.connected().await?;
        let request = self.0.link.request(subject, Some(headers), body);
        let Ok(answer) = tokio::time::timeout(GRACE, request).await else {
            // It was not refused and the connection is up, so the listeners have it.
            return Ok(());
        };
        let Some(answer) = answer? else {
            let why = format!("{subject}: nobody listens, and no stream keeps it");
            return Err(BusError::Unavailable(why));
        };
        // A listener may answer anything. Only the acknowledgement of a stream counts.
        match parse_acknowledgement(subject, &answer.payload) {
            Ok(stored) => match stored.error {
                Some(failure) => Err(failure.of_stream(subject)),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }
}
