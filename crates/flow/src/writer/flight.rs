//! The batch of decisions that is being written, while the writer makes the next ones.
//!
//! Comes in: the decisions of a batch, in order. Goes out: the last of them that the stream has, or why it has none. It never
//! starts a batch before the one before it is written.

use std::future::pending;
use std::mem;

use super::CommittedDecision;

use super::inputs::Offsets;
use crate::bus::ChainedPublisher;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::Outgoing;

type Chain = Box<dyn ChainedPublisher>;

/// At most one batch is under way, and the next starts only once it stands: a failure leaves no
/// hole behind it.
pub(super) struct Flight {
    state: State,
    batch: Option<WrittenBatch>,
}

enum State {
    Idle(Chain),
    /// With what will be the last decision that stands.
    Underway(Answer<'static, (Chain, Option<CommittedDecision>)>),
    /// Nothing can be written any more. The error, until somebody was told of it.
    Failed(Option<BusError>),
}

/// A batch that stands.
pub(super) struct WrittenBatch {
    /// The last decision of it; none where nothing had to be written.
    pub(super) appended: Option<CommittedDecision>,
    /// How far the inputs were read when it was decided on, where that is to be marked.
    pub(super) marks: Option<Offsets>,
}

impl Flight {
    pub(super) fn new(chain: Chain) -> Self {
        Self { state: State::Idle(chain), batch: None }
    }

    /// Whether everything that was decided stands.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle(_)) && self.batch.is_none()
    }

    /// Whether a batch is still being written, once it was looked after.
    pub(super) async fn is_underway(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.over() => {}
            () = std::future::ready(()) => {}
        }
        matches!(self.state, State::Underway(_))
    }

    /// Starts to write a batch, where the one before it has landed.
    pub(super) fn start(&mut self, records: Vec<Outgoing>, marks: Option<Offsets>) {
        self.batch = Some(WrittenBatch { appended: None, marks });
        self.state = match mem::replace(&mut self.state, State::Failed(None)) {
            State::Idle(chain) if records.is_empty() => State::Idle(chain),
            State::Idle(mut chain) => State::Underway(Box::pin(async move {
                let id = records.last().map(|record| record.id.clone());
                let last = chain.append(records).await?.last().copied();
                let last_written =
                    last.zip(id).map(|(sequence, id)| CommittedDecision { sequence, id });
                Ok((chain, last_written))
            })),
            // Never without the batch before it.
            State::Underway(_) | State::Failed(_) => State::Failed(None),
        };
    }

    /// Waits until a batch has landed or failed; for ever where there is none. May be dropped.
    pub(super) async fn over(&mut self) {
        match &mut self.state {
            State::Underway(append) => {
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

    /// The batch that was started last, once it stands.
    pub(super) async fn land(&mut self) -> Result<Option<WrittenBatch>, BusError> {
        if let State::Underway(_) = self.state {
            self.over().await;
        }
        match &mut self.state {
            State::Failed(error) => Err(error.take().unwrap_or_else(|| {
                BusError::Unavailable("the decisions before these were not written".to_owned())
            })),
            State::Idle(_) | State::Underway(_) => Ok(self.batch.take()),
        }
    }
}
