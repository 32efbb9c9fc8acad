//! The chained publisher. Each write expects the stream to end where the write before it ended, so that a writer that
//! was taken over gets nothing more in.
//!
//! Comes in: decisions in order. Goes out: their sequences, or that another writer has taken over. It never has more
//! than one write under way.
//!
//! At most one write is under way: an atomic batch, whose first message expects the last sequence of the
//! stream, or a single message that expects it. Nothing is sent before what went before it was acknowledged.
//! Pipelining is ruled out in both forms that the server has for it. By expected sequence, one refused
//! message shifts nothing, and those behind it line up again after a stranger's: a writer that was taken
//! over gets in. By expected id of the predecessor, a stream with three replicas looks for the
//! predecessor among what is stored and not among what is on its way, so that all but the first are refused, again
//! and again.

use std::sync::Arc;

use tokio::time::Instant;
use wirefold_flow::{Answer, BusError, ChainedPublisher, Outgoing, Published, check_subject};

use crate::Shared;
use crate::batch::Committed;
use crate::chain_costs::FEW;
use crate::headers;
use crate::publish::{Expect, Sent, WaitForRoom, expecting};
use crate::publish_form::PublishForm;

/// The server takes up to 1,000.
const BATCH_MOST: usize = 500;

struct NatsChain {
    shared: Arc<Shared>,
    stream: String,
    /// Where the last message that is known to stand does; none after a failure.
    last: Option<u64>,
    /// Whether this stream takes batches.
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
        // The record is another's, or of another life of ours: its chain may be in use.
        (_, Published::Duplicate(found)) => Err(BusError::Refused { expected, found }),
    }
}

impl NatsChain {
    fn fenced(&self) -> BusError {
        BusError::Fenced(self.stream.clone())
    }

    /// Appends as many as found room behind `last`, and says where the last of them stands: they stand side
    /// by side. What follows has not been stored.
    async fn append_some(
        &mut self,
        last: u64,
        messages: &[Outgoing],
        room: &mut WaitForRoom,
    ) -> Result<u64, BusError> {
        let costs = &self.shared.chain_costs;
        let mut part = &messages[..messages.len().min(BATCH_MOST)];
        let mut form = PublishForm::Singles;
        if self.batches && part.len() >= FEW && !room.has_waited() {
            let most;
            (form, most) = costs.choose(part.len());
            part = &part[..most];
        }
        let begun = Instant::now();
        if form == PublishForm::Batch {
            match self.shared.commit_after(&self.stream, part, last).await? {
                Committed::At(end) if end == last + part.len() as u64 => {
                    costs.took(form, part.len(), begun.elapsed());
                    return Ok(end);
                }
                Committed::At(_) => return Err(self.fenced()),
                // It may be larger than the whole stream: what follows goes singly.
                Committed::Full => room.wait(&self.shared, &self.stream).await,
                Committed::Off => self.batches = false,
            }
        }
        let end = self.append_singly(last, part).await?;
        if end < last + part.len() as u64 {
            room.wait(&self.shared, &self.stream).await;
        } else if form == PublishForm::Singles && !room.has_waited() {
            costs.took(form, part.len(), begun.elapsed());
        }
        Ok(end)
    }

    /// Sends one after the other, each once the one before it stands, until the stream is full. Where the
    /// last of those stands that were stored.
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
                // The server looks for a known id first, so a repeat of ours would look stored.
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
            // Taken out, so that a failure or a dropped future leaves nothing to go on from.
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
