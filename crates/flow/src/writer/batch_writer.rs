//! Writes one batch of decisions while the writer makes the next ones.

use std::future::pending;
use std::mem;

use super::CommittedDecision;

use super::inputs::Offsets;
use crate::bus::ChainedPublisher;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::Outgoing;

type Chain = Box<dyn ChainedPublisher>;

/// Writes at most one batch at a time. The next one starts only once this one is stored, so a failure
/// leaves no hole.
pub(super) struct BatchWriter {
    state: State,
    batch: Option<WrittenBatch>,
}

enum State {
    Idle(Chain),
    /// Returns the last decision of the batch once it is stored.
    Writing(Answer<'static, (Chain, Option<CommittedDecision>)>),
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
    pub(super) fn new(chain: Chain) -> Self {
        Self { state: State::Idle(chain), batch: None }
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
        matches!(self.state, State::Writing(_))
    }

    /// Starts to write a batch, unless the one before it is not stored.
    pub(super) fn start(&mut self, records: Vec<Outgoing>, marks: Option<Offsets>) {
        self.batch = Some(WrittenBatch { appended: None, marks });
        self.state = match mem::replace(&mut self.state, State::Failed(None)) {
            State::Idle(chain) if records.is_empty() => State::Idle(chain),
            State::Idle(mut chain) => State::Writing(Box::pin(async move {
                let id = records.last().map(|record| record.id.clone());
                let last = chain.append(records).await?.last().copied();
                let last_written =
                    last.zip(id).map(|(sequence, id)| CommittedDecision { sequence, id });
                Ok((chain, last_written))
            })),
            // A batch is never written without the one before it.
            State::Writing(_) | State::Failed(_) => State::Failed(None),
        };
    }

    /// Waits until a batch is stored or has failed; for ever if there is none. The future may be dropped.
    pub(super) async fn finished(&mut self) {
        match &mut self.state {
            State::Writing(append) => {
                self.state = match append.await {
                    Ok((chain, last_written)) => {
                        if let Some(batch) = &mut self.batch {
                            batch.appended = last_written;
                        }
                        State::Idle(chain)
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
        if let State::Writing(_) = self.state {
            self.finished().await;
        }
        match &mut self.state {
            State::Failed(error) => Err(error.take().unwrap_or_else(|| {
                BusError::Unavailable("the decisions before these were not written".to_owned())
            })),
            State::Idle(_) | State::Writing(_) => Ok(self.batch.take()),
        }
    }
}
