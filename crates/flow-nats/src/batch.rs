//! Atomic batches: the server stores all messages of a batch, in order and with one sync, or none.

use async_nats::HeaderMap;
use bytes::Bytes;
use wirefold_flow::store::Expect;
use wirefold_flow::{BusError, Outgoing};

use crate::Shared;
use crate::api::{Failure, code};
use crate::headers;
use crate::link::closed;
use crate::publish::{expecting, is_full, parse_acknowledgement};

/// A message with the headers of the wire.
#[derive(Clone)]
pub(crate) struct PreparedMessage {
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The result of an append that was not refused.
pub(crate) enum CommitResult {
    /// So many messages are stored: all.
    Stored(usize),
    /// Not stored: the stream is full.
    Full,
    /// Not stored: this stream does not accept batches.
    Off,
}

impl Shared {
    /// Stores these if the stream ends at `expected`.
    ///
    /// # Errors
    /// [`BusError::Fenced`] if it ends elsewhere or has one of the ids.
    pub(crate) async fn commit_after(
        &self,
        stream: &str,
        messages: &[Outgoing],
        expected: u64,
    ) -> Result<CommitResult, BusError> {
        let prepare = |message: &Outgoing| {
            let (subject, body) = (message.subject.clone(), message.body.clone());
            Ok(PreparedMessage { subject, headers: headers::write(message)?, body })
        };
        let prepared = messages.iter().map(prepare).collect::<Result<Vec<_>, BusError>>()?;
        let committed = self.commit(prepared, expected).await?;
        let failure = match committed.ok_or_else(|| self.link.nobody_stores(stream))? {
            Ok(last) if last == expected + messages.len() as u64 => {
                return Ok(CommitResult::Stored(messages.len()));
            }
            Ok(_) => return Err(BusError::Fenced(stream.to_owned())),
            Err(failure) => failure,
        };
        match failure.kind {
            code::WRONG_LAST_SEQUENCE | code::BATCH_KNOWS_ID => {
                Err(BusError::Fenced(stream.to_owned()))
            }
            code::NOT_STORED if is_full(&failure) => Ok(CommitResult::Full),
            code::BATCHES_OFF => Ok(CommitResult::Off),
            _ => Err(failure.of_stream(stream)),
        }
    }

    /// Stores these messages, at least one, if the stream ends at `expected`. Returns the sequence of the last message, or
    /// why the server stored none; `None` if no stream has their subjects.
    pub(crate) async fn commit(
        &self,
        messages: Vec<PreparedMessage>,
        expected: u64,
    ) -> Result<Option<Result<u64, Failure>>, BusError> {
        self.link.connected().await?;
        let mark = self.link.refusals();
        let batch = self.link.unique_token();
        let mut commit = None;
        let count = messages.len();
        for (index, message) in messages.into_iter().enumerate() {
            let PreparedMessage { subject, mut headers, body } = message;
            headers.insert("Nats-Batch-Id", batch.as_str());
            headers.insert("Nats-Batch-Sequence", (index + 1).to_string());
            if index == 0 {
                expecting(&mut headers, Expect::Last(expected));
            }
            if index + 1 == count {
                headers.insert("Nats-Batch-Commit", "1");
                let answer = self.link.request_at_once(&subject, Some(headers), body, mark).await?;
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
        let stored = parse_acknowledgement(&subject, &answer.payload)?;
        Ok(Some(stored.error.map_or(Ok(stored.seq), Err)))
    }
}
