//! Reads single messages: by sequence, and the last on a subject.
//!
//! A replica of a stream may lag behind, so the leader is asked before a message counts as gone.

use async_nats::{Message, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};
use wirefold_flow::{BusError, Stored, StreamState, UnixMillis, check_filter, check_name};

use crate::api::code;
use crate::headers::{self, Received};
use crate::link::Link;

/// The leader's answer with a message.
#[derive(Deserialize)]
struct MessageReply {
    message: RawMessage,
}

#[derive(Deserialize)]
struct RawMessage {
    subject: String,
    seq: u64,
    #[serde(default)]
    hdrs: String,
    #[serde(default)]
    data: String,
    time: String,
}

impl Link {
    /// The message at a sequence.
    pub(crate) async fn get(&self, stream: &str, sequence: u64) -> Result<Stored, BusError> {
        if let Some(stored) = self.get_direct(stream, &json!({ "seq": sequence })).await? {
            return Ok(stored);
        }
        let state = StreamState::from(&self.stream_info(stream).await?.state);
        let stream = stream.to_owned();
        Err(if sequence > state.last {
            BusError::NotYet { stream, sequence }
        } else {
            BusError::Gone { stream, sequence }
        })
    }

    async fn get_direct(&self, stream: &str, body: &Value) -> Result<Option<Stored>, BusError> {
        check_name("stream", stream)?;
        let subject = format!("$JS.API.DIRECT.GET.{stream}");
        let Some(answer) = self.request(&subject, None, body.to_string().into()).await? else {
            return Err(self.why_nobody(stream).await);
        };
        match answer.status {
            None => from_direct(stream, answer).map(Some),
            // A replica may lag behind: only the leader knows whether the message is gone.
            Some(StatusCode::NOT_FOUND) => self.get_from_leader(stream, body).await,
            Some(status) => Err(BusError::Unavailable(format!("{stream}: {status}"))),
        }
    }

    /// The last message that matches the filter, from the stream's leader.
    pub(crate) async fn last(
        &self,
        stream: &str,
        filter: &str,
    ) -> Result<Option<Stored>, BusError> {
        check_name("stream", stream)?;
        check_filter(filter)?;
        self.get_from_leader(stream, &json!({ "last_by_subj": filter })).await
    }

    async fn get_from_leader(
        &self,
        stream: &str,
        body: &Value,
    ) -> Result<Option<Stored>, BusError> {
        let reply = self.api::<MessageReply>(&format!("STREAM.MSG.GET.{stream}"), body).await?;
        let found = reply.done_if_found(stream, code::MESSAGE_NOT_FOUND)?;
        found.map(|MessageReply { message }| message.into_stored(stream)).transpose()
    }

    /// The error for a stream that does not answer.
    pub(crate) async fn why_nobody(&self, stream: &str) -> BusError {
        match self.stream_info(stream).await {
            Ok(_) => BusError::Unavailable(format!("{stream}: nobody answers for it")),
            Err(error) => error,
        }
    }
}

impl RawMessage {
    fn into_stored(self, stream: &str) -> Result<Stored, BusError> {
        let unread = || BusError::Damaged(format!("{stream}/{} cannot be read", self.seq));
        let received = headers::parse(&STANDARD.decode(&self.hdrs).map_err(|_| unread())?);
        let body = STANDARD.decode(&self.data).map_err(|_| unread())?.into();
        let at = time(&self.time).ok_or_else(unread)?;
        Ok(stored(stream, self.seq, at, self.subject, received, body))
    }
}

pub(crate) fn from_direct(stream: &str, message: Message) -> Result<Stored, BusError> {
    let header = |name: &str| {
        // The server's headers come after stored ones, which may have the same name.
        let value = message.headers.as_ref().and_then(|headers| headers.get_last(name));
        value.map(|value| value.as_str())
    };
    let unread = || BusError::Damaged(format!("{stream}: a message came without its sequence"));
    let sequence = header("Nats-Sequence").and_then(|text| text.parse().ok()).ok_or_else(unread)?;
    let at = header("Nats-Time-Stamp").and_then(time).ok_or_else(unread)?;
    let subject = header("Nats-Subject").ok_or_else(unread)?.to_owned();
    let received = headers::read(message.headers.as_ref());
    Ok(stored(stream, sequence, at, subject, received, message.payload))
}

fn time(text: &str) -> Option<UnixMillis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(UnixMillis(u64::try_from(at.as_millisecond()).unwrap_or(0)))
}

/// The stored message. A message of another program may have no id, and gets one from its sequence. A
/// rewritten message has the time at which it was first stored, but never a later one than the server's,
/// so that nobody can make a message look newer than it is.
pub(crate) fn stored(
    stream: &str,
    sequence: u64,
    at: UnixMillis,
    subject: String,
    received: Received,
    body: Bytes,
) -> Stored {
    let id = received.id.unwrap_or_else(|| id_of_sequence(stream, sequence));
    let at = received.at.map_or(at, |first| first.min(at));
    Stored { stream: stream.to_owned(), sequence, at, subject, id, headers: received.headers, body }
}

/// The id of a message that was stored without one.
pub(crate) fn id_of_sequence(stream: &str, sequence: u64) -> String {
    format!("{stream}-{sequence}")
}
