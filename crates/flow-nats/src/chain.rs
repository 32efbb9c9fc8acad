//! The chained publisher. Each write expects the stream to end where the write before it ended, so that
//! a writer that was taken over can write nothing more.
//!
//! At most one write is under way: an atomic batch whose first message expects the last sequence of the
//! stream, or a single message that expects it. Nothing is sent before the write before it is
//! acknowledged.
//!
//! The server has two forms of pipelining, and neither is safe. With several writes by expected
//! sequence, those behind a refused one match again after a message of another writer, so a writer that
//! was taken over could still write. With writes by the expected id of the predecessor, a stream with
//! three replicas searches only among stored messages and not among those under way, so all writes but
//! the first are refused for ever.

use std::sync::Arc;

use wirefold_flow::{Answer, BusError, ChainedPublisher, Outgoing, Published, check_subject};

use crate::Shared;
use crate::batch::CommitResult;
use crate::headers;
use crate::publish::{Expect, Sent, WaitForRoom, expecting};

/// The most messages of a batch. The server accepts up to 1,000.
const BATCH_MOST: usize = 500;
/// Fewer messages are sent singly. A batch takes as long as eight single messages if the server syncs each write, and as
/// fifteen to thirty with its default settings (nats-server 2.15.1).
const FEW: usize = 16;

struct NatsChain {
    shared: Arc<Shared>,
    stream: String,
    /// The sequence of the last message that is certainly stored; `None` after a failure.
    last: Option<u64>,
    /// Whether this stream accepts batches.
    batches: bool,
}

pub(crate) async fn take_over(
    shared: Arc<Shared>,
    record: Outgoing,
    expected: u64,
) -> Result<Box<dyn ChainedPublisher>, BusError> {
    match shared.publish(record, Expect::LastOnSubject(expected)).await? {
        (stream, Published::New(sequence)) => {
            Ok(Box::new(NatsChain { shared, stream, last: Some(sequence), batches: true }))
        }
        // The record belongs to another writer, or to an earlier start of this process whose chain may be in
        // use.
        (_, Published::Duplicate(found)) => Err(BusError::Refused { expected, found }),
    }
}

impl NatsChain {
    fn fenced(&self) -> BusError {
        BusError::Fenced(self.stream.clone())
    }

    /// Appends the first of these messages after `last`, as many as there is room for. They get consecutive
    /// sequences, of which it returns the last. The rest is not stored.
    async fn append_some(
        &mut self,
        last: u64,
        messages: &[Outgoing],
        room: &mut WaitForRoom,
    ) -> Result<u64, BusError> {
        let part = &messages[..messages.len().min(BATCH_MOST)];
        if self.batches && part.len() >= FEW && !room.has_waited() {
            match self.shared.commit_after(&self.stream, part, last).await? {
                CommitResult::At(end) if end == last + part.len() as u64 => return Ok(end),
                CommitResult::At(_) => return Err(self.fenced()),
                // The batch may be larger than the whole stream: send single messages.
                CommitResult::Full => room.wait(&self.shared, &self.stream).await,
                CommitResult::Off => self.batches = false,
            }
        }
        let end = self.append_singly(last, part).await?;
        if end < last + part.len() as u64 {
            room.wait(&self.shared, &self.stream).await;
        }
        Ok(end)
    }

    /// Sends one message after the other, each once the one before it is stored, until the stream is full.
    /// Returns the sequence of the last stored one.
    async fn append_singly(&self, last: u64, messages: &[Outgoing]) -> Result<u64, BusError> {
        let mut end = last;
        for message in messages {
            self.shared.link.connected().await?;
            let mark = self.shared.link.refusals();
            let mut headers = headers::write(message)?;
            expecting(&mut headers, Expect::Last(end));
            let body = message.body.clone();
            match self.shared.send(&message.subject, headers, body, mark).await {
                Ok(Sent::Stored { published: Published::New(sequence), .. })
                    if sequence == end + 1 =>
                {
                    end = sequence;
                }
                Ok(Sent::Full { .. }) => break,
                // The server checks the id first, so a repeated message would look stored.
                Ok(Sent::Stored { .. }) | Err(BusError::Refused { .. }) => {
                    return Err(self.fenced());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(end)
    }
}

impl ChainedPublisher for NatsChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            // Removed first: after a failure or a dropped future there is no sequence to continue from.
            let first = self.last.take().ok_or_else(|| self.fenced())?;
            messages.iter().try_for_each(|message| check_subject(&message.subject))?;
            let mut room = WaitForRoom::new();
            let (mut last, end) = (first, first + messages.len() as u64);
            while last < end {
                let rest = &messages[usize::try_from(last - first).unwrap_or(usize::MAX)..];
                last = self.append_some(last, rest, &mut room).await?;
            }
            self.last = Some(last);
            Ok((first + 1..=last).collect())
        })
    }
}
