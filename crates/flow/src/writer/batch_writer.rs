//! Writes one batch of decisions while the writer makes the next ones.

use std::future::pending;
use std::mem;
use std::sync::Arc;

use super::CommittedDecision;
use super::inputs::Offsets;
use crate::bus::Bus;
use crate::error::{Answer, BusError};
use crate::message::Outgoing;

/// Writes at most one batch at a time. The next one starts only once this one is stored, so a failure
/// leaves no hole.
pub(super) struct BatchWriter {
    bus: Arc<dyn Bus>,
    stream: String,
    state: State,
    batch: Option<WrittenBatch>,
}

enum State {
    /// Everything is stored. Has the last sequence of the stream.
    Idle(u64),
    /// Returns the sequence of the last decision of the batch once it is stored. Has the id of that decision.
    Writing(Answer<'static, u64>, String),
    /// Nothing can be written any more. Has the error until it is returned.
    Failed(Option<BusError>),
}

/// A batch that is stored.
pub(super) struct WrittenBatch {
    /// Its last decision; `None` if there was nothing to write.
    pub(super) appended: Option<CommittedDecision>,
    /// How far the inputs had been read for it, if that is to be marked.
    pub(super) marks: Option<Offsets>,
}

impl BatchWriter {
    /// Writes behind the message with this sequence, the last one of the stream.
    pub(super) fn new(bus: Arc<dyn Bus>, stream: String, last: u64) -> Self {
        Self { bus, stream, state: State::Idle(last), batch: None }
    }

    /// Whether every batch is stored and returned by [`finish`](Self::finish).
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle(_)) && self.batch.is_none()
    }

    /// Polls the batch once. Returns whether it is still being written.
    pub(super) async fn is_writing(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.finished() => {}
            () = std::future::ready(()) => {}
        }
        matches!(self.state, State::Writing(..))
    }

    /// Starts to write a batch, unless the one before it is not stored.
    pub(super) fn start(&mut self, records: Vec<Outgoing>, marks: Option<Offsets>) {
        self.batch = Some(WrittenBatch { appended: None, marks });
        self.state = match (mem::replace(&mut self.state, State::Failed(None)), records.last()) {
            (State::Idle(last), None) => State::Idle(last),
            (State::Idle(last), Some(record)) => {
                let (id, bus, stream) = (record.id.clone(), self.bus.clone(), self.stream.clone());
                let append = async move { bus.append(&stream, last, records).await };
                State::Writing(Box::pin(append), id)
            }
            // A batch is never written without the one before it.
            (State::Writing(..) | State::Failed(_), _) => State::Failed(None),
        };
    }

    /// Waits until a batch is stored or has failed; for ever if there is none. The future may be dropped.
    pub(super) async fn finished(&mut self) {
        match &mut self.state {
            State::Writing(append, id) => {
                self.state = match append.await {
                    Ok(sequence) => {
                        if let Some(batch) = &mut self.batch {
                            let id = mem::take(id);
                            batch.appended = Some(CommittedDecision { sequence, id });
                        }
                        State::Idle(sequence)
                    }
                    Err(error) => State::Failed(Some(error)),
                };
            }
            State::Idle(_) if self.batch.is_none() => pending().await,
            State::Idle(_) | State::Failed(_) => {}
        }
    }

    /// Waits for the batch that was started last and returns it.
    pub(super) async fn finish(&mut self) -> Result<Option<WrittenBatch>, BusError> {
        if let State::Writing(..) = self.state {
            self.finished().await;
        }
        match &mut self.state {
            State::Failed(error) => Err(failure(error)),
            State::Idle(_) | State::Writing(..) => Ok(self.batch.take()),
        }
    }

    /// Writes a record that is no decision, between two batches.
    pub(super) async fn write(&mut self, record: Outgoing) -> Result<(), BusError> {
        match mem::replace(&mut self.state, State::Failed(None)) {
            State::Idle(last) => {
                let last = self.bus.append(&self.stream, last, vec![record]).await?;
                self.state = State::Idle(last);
                Ok(())
            }
            State::Failed(mut error) => Err(failure(&mut error)),
            State::Writing(..) => Err(failure(&mut None)),
        }
    }
}

fn failure(error: &mut Option<BusError>) -> BusError {
    let unwritten = "the records before these were not written";
    error.take().unwrap_or_else(|| BusError::Unavailable(unwritten.to_owned()))
}
