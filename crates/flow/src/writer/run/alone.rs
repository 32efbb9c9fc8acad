//! Tries inputs one at a time, because one of them may have killed the process.

use super::super::inputs::Offsets;
use super::super::suspects::LaterEpoch;
use super::deciding::{BatchDecision, InputDecision};
use super::{BATCH, Term, Writer};
use crate::error::BusError;
use crate::loops::{LoopError, Point};
use crate::message::Stored;
use crate::stage::killed_process_reason;

/// How many inputs one read returns to be tried alone. Each of them costs some syncs.
const ALONE_BATCH: usize = 10;

impl Writer {
    /// How many inputs one read returns.
    pub(super) fn batch_size(&self) -> usize {
        if self.suspects.tries_alone() { ALONE_BATCH } else { BATCH }
    }

    /// Decides on inputs in order: first notes a strike, and continues once the decision is stored.
    pub(super) async fn decide_alone(
        &mut self,
        term: &mut Term,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        let mut panicked = false;
        for input in inputs {
            term.offsets.set(input);
            if self.is_poison(input) {
                continue;
            }
            if self.suspects.has_max_strikes(input) {
                self.dead_letter(input, &killed_process_reason()).await?;
                self.suspects.note_set_aside(&self.context, input).await?;
                self.note_poison(input);
                continue;
            }
            self.suspects.strike(&self.context, input).await?;
            let one = self.decide_on_one(term, input).await?;
            self.context.check_fail_point(Point::Decided)?;
            panicked = matches!(one, InputDecision::Panicked);
            if let InputDecision::Record(record) = one {
                term.unwritten.push(record);
                self.write_rest(term).await?;
            }
            self.suspects.answered(input, &term.offsets);
            if panicked {
                break;
            }
        }
        self.suspects.write_answered(&self.context).await?;
        Ok(BatchDecision { records: Vec::new(), panicked })
    }

    /// Notes the offsets at which this writer starts, unless another has overtaken it.
    pub(super) async fn note_start(
        &mut self,
        epoch: u64,
        offsets: &Offsets,
    ) -> Result<(), BusError> {
        let noted = self.suspects.begin(&self.context, epoch, LaterEpoch::Overtakes, offsets).await;
        let Err(BusError::Fenced(_)) = noted else { return noted };
        if self.has_later_epoch().await? {
            return Err(BusError::Fenced(self.config.output.clone()));
        }
        self.suspects.begin(&self.context, epoch, LaterEpoch::StreamRecreated, offsets).await
    }

    /// If every input is decided on, notes that this process survived them: a later kill has another cause.
    pub(super) async fn note_survival(&mut self, term: &mut Term) {
        if term.batch_writer.is_idle() && term.unwritten.is_empty() {
            self.suspects.note_survival(&self.context).await;
        }
    }
}
