//! Reads single messages: by sequence, and the last on a subject.
//!
//! Comes in: a stream and a sequence or a filter. Goes out: the message as it was stored, or why there is none. A copy of a
//! stream may lag behind, so its leader is asked before a message counts as gone. It never reads several.

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

/// A message as the stream's leader gives it.
#[derive(Deserialize)]
struct MessageReply {
    message: Raw,
}

#[derive(Deserialize)]
struct Raw {
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
        check_name("stream", stream)?;
        let subject = format!("$JS.API.DIRECT.GET.{stream}");
        let body = json!({ "seq": sequence }).to_string().into();
        let Some(answer) = self.ask(&subject, None, body).await? else {
            return Err(self.why_nobody(stream).await);
        };
        if answer.status.is_none() {
            return from_direct(stream, answer);
        }
        // A copy of the stream may lag behind: only its leader knows what is gone.
        if answer.status == Some(StatusCode::NOT_FOUND)
            && let Some(stored) = self.ask_leader(stream, &json!({ "seq": sequence })).await?
        {
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

    /// The first message on a subject from a sequence on.
    pub(crate) async fn next_on(
        &self,
        stream: &str,
        from: u64,
        subject: &str,
    ) -> Result<Option<Stored>, BusError> {
        check_name("stream", stream)?;
        let body = json!({ "seq": from, "next_by_subj": subject });
        let asked = format!("$JS.API.DIRECT.GET.{stream}");
        let Some(answer) = self.ask(&asked, None, body.to_string().into()).await? else {
            return Err(self.why_nobody(stream).await);
        };
        match answer.status {
            None => from_direct(stream, answer).map(Some),
            // A copy of the stream may lag behind: only its leader knows what is gone.
            Some(StatusCode::NOT_FOUND) => self.ask_leader(stream, &body).await,
            Some(status) => Err(BusError::Unavailable(format!("{stream}: {status}"))),
        }
    }

    /// The last message that the filter takes in, from the stream's leader.
    pub(crate) async fn last(
        &self,
        stream: &str,
        filter: &str,
    ) -> Result<Option<Stored>, BusError> {
        check_name("stream", stream)?;
        check_filter(filter)?;
        self.ask_leader(stream, &json!({ "last_by_subj": filter })).await
    }

    async fn ask_leader(&self, stream: &str, body: &Value) -> Result<Option<Stored>, BusError> {
        let reply = self.api::<MessageReply>(&format!("STREAM.MSG.GET.{stream}"), body).await?;
        let found = reply.done_if_found(stream, code::MESSAGE_NOT_FOUND)?;
        found.map(|MessageReply { message }| message.into_stored(stream)).transpose()
    }

    /// Why a stream does not answer.
    pub(crate) async fn why_nobody(&self, stream: &str) -> BusError {
        match self.stream_info(stream).await {
            Ok(_) => BusError::Unavailable(format!("{stream}: nobody answers for it")),
            Err(error) => error,
        }
    }
}

impl Raw {
    fn into_stored(self, stream: &str) -> Result<Stored, BusError> {
        let unread = || BusError::Damaged(format!("{stream}/{} cannot be read", self.seq));
        let received = headers::parse(&STANDARD.decode(&self.hdrs).map_err(|_| unread())?);
        let body = STANDARD.decode(&self.data).map_err(|_| unread())?.into();
        let at = time(&self.time).ok_or_else(unread)?;
        Ok(stored(stream, self.seq, at, self.subject, received, body))
    }
}

pub(crate) fn from_direct(stream: &str, message: Message) -> Result<Stored, BusError> {
    let said = |name: &str| {
        // The server writes its own behind those that were stored, which may have the same name.
        let value = message.headers.as_ref().and_then(|headers| headers.get_last(name));
        value.map(|value| value.as_str())
    };
    let unread = || BusError::Damaged(format!("{stream}: a message came without its place"));
    let sequence = said("Nats-Sequence").and_then(|text| text.parse().ok()).ok_or_else(unread)?;
    let at = said("Nats-Time-Stamp").and_then(time).ok_or_else(unread)?;
    let subject = said("Nats-Subject").ok_or_else(unread)?.to_owned();
    let received = headers::read(message.headers.as_ref());
    Ok(stored(stream, sequence, at, subject, received, message.payload))
}

fn time(text: &str) -> Option<UnixMillis> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(UnixMillis(u64::try_from(at.as_millisecond()).unwrap_or(0)))
}

/// A message of a stranger's has no id: its place is one. One that was written anew was stored when it was
/// first; never later than the server says, so nobody can make a message look newer than it is.
pub(crate) fn stored(
    stream: &str,
    sequence: u64,
    at: UnixMillis,
    subject: String,
    received: Received,
    body: Bytes,
) -> Stored {
    let id = received.id.unwrap_or_else(|| id_of_place(stream, sequence));
    let at = received.at.map_or(at, |first| first.min(at));
    Stored { stream: stream.to_owned(), sequence, at, subject, id, headers: received.headers, body }
}

/// The id of a message that was stored without one.
pub(crate) fn id_of_place(stream: &str, sequence: u64) -> String {
    format!("{stream}-{sequence}")
}
