//! Atomic batches: all of them stored, in order and with one sync, or none.

use wirefold_flow::{BusError, Outgoing};

use crate::Shared;
use crate::api::{Failure, code};
use crate::headers;
use crate::publish::{acknowledged, is_full};

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
        self.link.connected().await?;
        let mark = self.link.refusals();
        let inbox = self.link.client.new_inbox();
        let batch = inbox.rsplit('.').next().unwrap_or(&inbox);
        let closed = |_| BusError::Unavailable("the connection is closed".to_owned());
        let mut commit = None;
        for (place, message) in messages.iter().enumerate() {
            let mut headers = headers::write(message)?;
            headers.insert("Nats-Batch-Id", batch);
            headers.insert("Nats-Batch-Sequence", (place + 1).to_string());
            if let Some(expected) = expected.filter(|_| place == 0) {
                headers.insert("Nats-Expected-Last-Sequence", expected.to_string());
            }
            let (subject, body) = (message.subject.as_str(), message.body.clone());
            if place + 1 == messages.len() {
                headers.insert("Nats-Batch-Commit", "1");
                commit = Some(self.link.ask_at_once(subject, Some(headers), body, mark));
            } else {
                let client = &self.link.client;
                let sent = client.publish_with_headers(subject.to_owned(), headers, body);
                sent.await.map_err(closed)?;
            }
        }
        let Some(commit) = commit else {
            return Ok(Err(Failure::default()));
        };
        let answer = commit.await?.ok_or_else(|| self.link.nobody_stores(stream))?;
        let acknowledged = acknowledged(stream, &answer.payload)?;
        Ok(acknowledged.error.map_or(Ok(acknowledged.seq), Err))
    }
}
