//! Inputs that a writer tries alone, because one of them may have ended the process.
//!
//! Comes in: a batch of inputs. Goes out: the decisions, each written before the next input is tried, and dead letters. It
//! never decides itself.

use super::super::inputs::Offsets;
use super::super::suspects::LaterEpoch;
use super::deciding::{BatchDecision, InputDecision};
use super::{BATCH, Life, Writer};
use crate::error::BusError;
use crate::loops::{LoopError, Point};
use crate::message::Stored;
use crate::stage::ended_the_process;

/// How many inputs are taken at once to be tried alone: each costs some syncs.
const FEW: usize = 10;

impl Writer {
    /// How many inputs are taken at once.
    pub(super) fn at_once(&self) -> usize {
        if self.suspects.are_tried_alone() { FEW } else { BATCH }
    }

    /// Decides on one after the other: strikes each first, and goes on once what was decided on it stands.
    pub(super) async fn decide_alone(
        &mut self,
        life: &mut Life,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        let mut panicked = false;
        for input in inputs {
            life.offsets.set(input);
            if self.is_poisonous(input) {
                continue;
            }
            if self.suspects.is_over(input) {
                self.bury(input, &ended_the_process()).await?;
                self.suspects.note_set_aside(&self.context, input).await?;
                self.note_poisonous(input);
                continue;
            }
            self.suspects.strike(&self.context, input).await?;
            let one = self.decide_on_one(life, input).await?;
            self.context.pass(Point::Decided)?;
            panicked = matches!(one, InputDecision::Panicked);
            if let InputDecision::Record(record) = one {
                life.decided.push(record);
                self.write_rest(life).await?;
            }
            self.suspects.answered(input, &life.offsets);
            if panicked {
                break;
            }
        }
        self.suspects.write_answered(&self.context).await?;
        Ok(BatchDecision { records: Vec::new(), panicked })
    }

    /// Notes from where this writer goes on, unless another has overtaken it.
    pub(super) async fn note_start(
        &mut self,
        epoch: u64,
        offsets: &Offsets,
    ) -> Result<(), BusError> {
        let noted = self.suspects.begin(&self.context, epoch, LaterEpoch::Leads, offsets).await;
        let Err(BusError::Fenced(_)) = noted else { return noted };
        if self.has_a_later_one().await? {
            return Err(BusError::Fenced(self.config.output.clone()));
        }
        self.suspects.begin(&self.context, epoch, LaterEpoch::IsGone, offsets).await
    }

    /// Notes that this process lives where all that came is decided on: what ends it later is something else.
    pub(super) async fn note_survival(&mut self, life: &mut Life) {
        if life.flight.is_idle() && life.decided.is_empty() {
            self.suspects.note_survival(&self.context).await;
        }
    }
}
