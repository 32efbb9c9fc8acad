//! Atomic batches: the server stores all messages of a batch, in order and with one sync, or none.
//!
//! Comes in: messages, and where the stream must end. Goes out: the sequence of the last message, or why none was
//! stored. It never sends a message by itself.

use async_nats::HeaderMap;
use bytes::Bytes;
use wirefold_flow::{BusError, Outgoing};

use crate::Shared;
use crate::api::{Failure, code};
use crate::headers;
use crate::link::closed;
use crate::publish::{Expect, acknowledged, expecting, is_full};

/// A message as it goes over the wire.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What became of a batch of a chain that was not refused.
pub(crate) enum Committed {
    /// Stored; its last message stands here.
    At(u64),
    /// Not stored: the stream is full.
    Full,
    /// Not stored: this stream takes no batches.
    Off,
}

impl Shared {
    /// Stores these, if the stream ends at `expected`.
    ///
    /// # Errors
    /// [`BusError::Fenced`] where it ends elsewhere or knows one of the ids.
    pub(crate) async fn commit_after(
        &self,
        stream: &str,
        messages: &[Outgoing],
        expected: u64,
    ) -> Result<Committed, BusError> {
        let messages: Vec<&Outgoing> = messages.iter().collect();
        let failure = match self.commit(stream, &messages, Some(expected)).await? {
            Ok(last) => return Ok(Committed::At(last)),
            Err(failure) => failure,
        };
        match failure.kind {
            code::WRONG_LAST_SEQUENCE | code::BATCH_KNOWS_ID => {
                Err(BusError::Fenced(stream.to_owned()))
            }
            code::NOT_STORED if is_full(&failure) => Ok(Committed::Full),
            code::BATCHES_OFF => Ok(Committed::Off),
            _ => Err(failure.of_stream(stream)),
        }
    }

    /// Stores these, at least one, where the stream ends at what is `expected` if that is given.
    /// The sequence of the last, or why the server stored none.
    pub(crate) async fn commit(
        &self,
        stream: &str,
        messages: &[&Outgoing],
        expected: Option<u64>,
    ) -> Result<Result<u64, Failure>, BusError> {
        let prepare = |message: &&Outgoing| {
            let headers = headers::write(message)?;
            Ok(Prepared { subject: message.subject.clone(), headers, body: message.body.clone() })
        };
        let prepared = messages.iter().map(prepare).collect::<Result<Vec<Prepared>, BusError>>()?;
        let committed = self.commit_prepared(&prepared, expected).await?;
        committed.ok_or_else(|| self.link.nobody_stores(stream))
    }

    /// The same of messages whose headers are written; none where nobody listens on their subjects.
    pub(crate) async fn commit_prepared(
        &self,
        messages: &[Prepared],
        expected: Option<u64>,
    ) -> Result<Option<Result<u64, Failure>>, BusError> {
        self.link.connected().await?;
        let mark = self.link.refusals();
        let batch = self.link.unique_token();
        let mut commit = None;
        for (place, message) in messages.iter().enumerate() {
            let Prepared { subject, headers, body } = message.clone();
            let mut headers = headers;
            headers.insert("Nats-Batch-Id", batch.as_str());
            headers.insert("Nats-Batch-Sequence", (place + 1).to_string());
            if let Some(expected) = expected.filter(|_| place == 0) {
                expecting(&mut headers, Expect::Last(expected));
            }
            if place + 1 == messages.len() {
                headers.insert("Nats-Batch-Commit", "1");
                let answer = self.link.ask_at_once(&subject, Some(headers), body, mark).await?;
                commit = Some((subject, answer));
            } else {
                let sent = self.link.client.publish_with_headers(subject, headers, body);
                sent.await.map_err(|_| closed())?;
            }
        }
        let Some((subject, answer)) = commit else {
            return Ok(Some(Err(Failure::default())));
        };
        let Some(answer) = answer else { return Ok(None) };
        let acknowledged = acknowledged(&subject, &answer.payload)?;
        Ok(Some(acknowledged.error.map_or(Ok(acknowledged.seq), Err)))
    }
}
