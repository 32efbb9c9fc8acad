//! The chained publisher: each message expects the one before it, so that one who was taken over
//! gets nothing more in.
//!
//! Two forms, never both under way. Single messages expect the id of their predecessor: pipelined,
//! one that is refused has all later ones refused too, which an expected sequence would not. They
//! expect the epoch record to be ours too: another writer may use the same ids, so that its last
//! message looks like our predecessor. Many at once go as one atomic batch, which cannot expect
//! ids: its first message expects the last sequence of the stream, and no second batch is sent
//! before the first is acknowledged.

use std::sync::Arc;

use futures_util::future::join_all;
use tokio::task::unconstrained;
use tokio::time::Instant;
use wirefold_flow::{Answer, BusError, ChainedPublisher, Outgoing, Published, check_subject};

use crate::Shared;
use crate::batch::Committed;
use crate::form::{Form, MANY};
use crate::headers;
use crate::publish::{Expect, Patience, Sent, expecting, expecting_epoch};

/// The server takes up to 1,000.
const BATCH_MOST: usize = 500;

/// The last message that is known to stand.
#[derive(Debug, Clone)]
struct Last {
    id: String,
    sequence: u64,
}

/// Where appending came to an end for now.
enum End {
    All,
    Full,
    /// The epoch record is kept no longer.
    EpochGone,
}

struct NatsChain {
    shared: Arc<Shared>,
    stream: String,
    epochs: String,
    /// Where our epoch record stands, for as long as it is kept.
    epoch: Option<u64>,
    /// None after a failure.
    last: Option<Last>,
    /// Whether this stream takes batches.
    batches: bool,
}

pub(crate) async fn take_over(
    shared: Arc<Shared>,
    record: Outgoing,
    expected: u64,
) -> Result<Box<dyn ChainedPublisher>, BusError> {
    let (id, epochs) = (record.id.clone(), record.subject.clone());
    match shared.publish(record, Expect::LastOnSubject(expected)).await? {
        (stream, Published::New(sequence)) => {
            let last = Some(Last { id, sequence });
            let epoch = Some(sequence);
            Ok(Box::new(NatsChain { shared, stream, epoch, epochs, last, batches: true }))
        }
        // The record is another's, or of another life of ours: its chain may be in use.
        (_, Published::Duplicate(found)) => Err(BusError::Refused { expected, found }),
    }
}

impl NatsChain {
    fn fenced(&self) -> BusError {
        BusError::Fenced(self.stream.clone())
    }

    /// Appends as many as found room, and says where they stand; what follows has not been stored.
    async fn append_some(
        &mut self,
        last: &Last,
        messages: &[Outgoing],
        patience: &mut Patience,
    ) -> Result<Vec<u64>, BusError> {
        let forms = &self.shared.forms;
        let mut part = &messages[..messages.len().min(BATCH_MOST)];
        let mut form = Form::Singles;
        if self.batches && part.len() >= MANY && !patience.has_waited() {
            let most;
            (form, most) = forms.choose(part.len());
            part = &part[..most];
        }
        let begun = Instant::now();
        if form == Form::Batch {
            match self.shared.commit_after(&self.stream, part, last.sequence).await? {
                Committed::At(end) => {
                    forms.took(form, part.len(), begun.elapsed());
                    return Ok((end + 1 - part.len() as u64..=end).collect());
                }
                // It may be larger than the whole stream: what follows goes singly.
                Committed::Full => patience.wait(&self.shared, &self.stream).await,
                Committed::Off => self.batches = false,
            }
        }
        let (sequences, end) = self.append_singly(last, part).await?;
        match end {
            End::All if form == Form::Singles => {
                self.shared.forms.took(form, part.len(), begun.elapsed());
            }
            End::All => {}
            End::EpochGone => self.epoch = None,
            End::Full => patience.wait(&self.shared, &self.stream).await,
        }
        Ok(sequences)
    }

    /// Sends all at once. Those that were stored, and what ended that.
    async fn append_singly(
        &self,
        last: &Last,
        messages: &[Outgoing],
    ) -> Result<(Vec<u64>, End), BusError> {
        self.shared.link.connected().await?;
        let mark = self.shared.link.refusals();
        let mut predecessor = last.id.as_str();
        let mut sends = Vec::new();
        for message in messages {
            let mut headers = headers::write(message)?;
            expecting(&mut headers, Expect::Predecessor(predecessor));
            if let Some(epoch) = self.epoch {
                expecting_epoch(&mut headers, &self.epochs, epoch);
            }
            predecessor = &message.id;
            sends.push(self.shared.send(&message.subject, headers, message.body.clone(), mark));
        }
        let mut sequences = Vec::new();
        // Out of turn, one would be refused: without a budget for this task none yields before it
        // is sent, and the client takes them in the order in which they are first asked.
        for sent in unconstrained(join_all(sends)).await {
            match sent {
                Ok(Sent::Stored { published: Published::New(sequence), .. }) => {
                    sequences.push(sequence);
                }
                // All after it was refused for want of it.
                Ok(Sent::Full { .. }) => return Ok((sequences, End::Full)),
                // Too old, or dropped as read: from now on the predecessor alone must do.
                Err(BusError::Refused { found: 0, .. }) if self.epoch.is_some() => {
                    return Ok((sequences, End::EpochGone));
                }
                // The server looks for a known id first, so a repeat of ours would look stored.
                Ok(Sent::Stored { .. }) | Err(BusError::Refused { .. }) => {
                    return Err(self.fenced());
                }
                Err(error) => return Err(error),
            }
        }
        Ok((sequences, End::All))
    }
}

impl ChainedPublisher for NatsChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            // Taken out, so that a failure or a dropped future leaves nothing to go on from.
            let mut last = self.last.take().ok_or_else(|| self.fenced())?;
            messages.iter().try_for_each(|message| check_subject(&message.subject))?;
            let mut sequences = Vec::new();
            let mut patience = Patience::default();
            while sequences.len() < messages.len() {
                let rest = &messages[sequences.len()..];
                let stored = self.append_some(&last, rest, &mut patience).await?;
                if let Some(sequence) = stored.last() {
                    let id = rest[stored.len() - 1].id.clone();
                    last = Last { id, sequence: *sequence };
                }
                sequences.extend(stored);
            }
            self.last = Some(last);
            Ok(sequences)
        })
    }
}
