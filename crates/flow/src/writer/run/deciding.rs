//! Decides on one batch of inputs. An input that cannot be decided on becomes a dead letter.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::{EPOCH, INPUT, INPUTS, OFFSETS, Record};
use super::{Term, Writer};
use crate::dead::{DeadLetter, Reason};
use crate::error::BusError;
use crate::loops::{Event, LoopError};
use crate::message::{Outgoing, Stored};
use crate::stage::message as panic_message;

/// The result of one input.
pub(super) enum InputDecision {
    Record(Outgoing),
    Nothing,
    /// The decision panicked.
    Panicked,
}

/// The result of a batch.
pub(super) struct BatchDecision {
    pub(super) records: Vec<Outgoing>,
    /// A decision panicked, and the state must be built again.
    pub(super) panicked: bool,
}

impl Writer {
    pub(super) async fn decide_on(
        &mut self,
        term: &mut Term,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        if self.suspects.tries_alone() {
            return self.decide_alone(term, inputs).await;
        }
        let mut records = Vec::new();
        self.look_ahead(inputs);
        for input in inputs {
            term.offsets.set(input);
            match self.decide_on_one(term, input).await? {
                InputDecision::Record(record) => records.push(record),
                InputDecision::Nothing => {}
                InputDecision::Panicked => return Ok(BatchDecision { records, panicked: true }),
            }
        }
        Ok(BatchDecision { records, panicked: false })
    }

    /// Prepares the inputs, except those that the writer skips.
    fn look_ahead(&mut self, inputs: &[Stored]) {
        if self.poison_inputs.is_empty() {
            return self.decide.look_ahead(inputs);
        }
        let inputs: Vec<_> =
            inputs.iter().filter(|input| !self.is_poison(input)).cloned().collect();
        self.decide.look_ahead(&inputs);
    }

    pub(super) async fn decide_on_one(
        &mut self,
        term: &mut Term,
        input: &Stored,
    ) -> Result<InputDecision, LoopError> {
        if self.is_poison(input) {
            return Ok(InputDecision::Nothing);
        }
        // After a panic the state is built again, so nobody sees a half-changed one.
        let decide = AssertUnwindSafe(|| self.decide.decide(term.epoch, input));
        match catch_unwind(decide) {
            Ok(Ok(Some(record))) => Ok(InputDecision::Record(self.outgoing(term, input, record))),
            Ok(Ok(None)) => Ok(InputDecision::Nothing),
            Ok(Err(reason)) => {
                self.dead_letter(input, &reason).await.map(|()| InputDecision::Nothing)
            }
            Err(panic) => {
                self.dead_letter(input, &Reason::rejected(panic_message(&*panic))).await?;
                self.note_poison(input);
                Ok(InputDecision::Panicked)
            }
        }
    }

    /// Whether the writer skips this input, because it panicked on it or the process was killed by it.
    pub(super) fn is_poison(&self, input: &Stored) -> bool {
        self.poison_inputs.contains(&identity_of(input))
    }

    pub(super) fn note_poison(&mut self, input: &Stored) {
        self.poison_inputs.insert(identity_of(input));
    }

    fn outgoing(&self, term: &Term, input: &Stored, record: Record) -> Outgoing {
        let source = self.config.sources.iter().find(|source| source.stream == input.stream);
        let mark = source.map(|source| source.mark.as_str()).unwrap_or_default();
        let id = format!("{}-{mark}{}", term.epoch, input.sequence);
        let mut headers = record.headers;
        headers.set(EPOCH, term.epoch.to_string());
        headers.set(INPUT, input.reference());
        headers.set(OFFSETS, term.offsets.sequences());
        headers.set(INPUTS, term.offsets.inputs());
        Outgoing { subject: self.config.decisions.clone(), id, headers, body: record.body }
    }

    pub(super) async fn dead_letter(
        &mut self,
        input: &Stored,
        reason: &Reason,
    ) -> Result<(), LoopError> {
        self.observe(Event::Rejected { why: &reason.text });
        let letter = DeadLetter {
            stage: &self.config.name,
            reason,
            attempts: 1,
            at: self.context.clock.now(),
            message: input,
            body: Some(&input.body),
        };
        let bus = &self.context.bus;
        match bus.publish(self.config.dead.outgoing(&letter)).await {
            Err(BusError::TooLarge { .. }) => {
                let bare = DeadLetter { body: None, ..letter };
                bus.publish(self.config.dead.outgoing(&bare)).await?;
            }
            published => {
                published?;
            }
        }
        Ok(())
    }
}

/// Stream, sequence and id. Together they identify an input.
fn identity_of(input: &Stored) -> (String, u64, String) {
    (input.stream.clone(), input.sequence, input.id.clone())
}
