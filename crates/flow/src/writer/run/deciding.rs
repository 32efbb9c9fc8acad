//! One batch of a writer.
//!
//! Comes in: inputs in order. Goes out: the records to write, and a dead letter for each input that cannot be decided on. It
//! never writes a record itself.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::{EPOCH, INPUT, INPUTS, OFFSETS, Record};
use super::{Life, Writer};
use crate::dead::{DeadLetter, Reason};
use crate::error::BusError;
use crate::loops::{Event, LoopError};
use crate::message::{Outgoing, Stored};
use crate::stage::message as panic_message;

/// What was decided on one input.
pub(super) enum InputDecision {
    Record(Outgoing),
    Nothing,
    /// The decision panicked.
    Panicked,
}

/// What was decided on a batch.
pub(super) struct BatchDecision {
    pub(super) records: Vec<Outgoing>,
    /// It panicked, and must learn everything anew.
    pub(super) panicked: bool,
}

impl Writer {
    pub(super) async fn decide_on(
        &mut self,
        life: &mut Life,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        if self.suspects.are_tried_alone() {
            return self.decide_alone(life, inputs).await;
        }
        let mut records = Vec::new();
        self.look_ahead(inputs);
        for input in inputs {
            life.offsets.set(input);
            match self.decide_on_one(life, input).await? {
                InputDecision::Record(record) => records.push(record),
                InputDecision::Nothing => {}
                InputDecision::Panicked => return Ok(BatchDecision { records, panicked: true }),
            }
        }
        Ok(BatchDecision { records, panicked: false })
    }

    /// Has all but those looked at that it does not decide on.
    fn look_ahead(&mut self, inputs: &[Stored]) {
        if self.poisonous.is_empty() {
            return self.decide.look_ahead(inputs);
        }
        let inputs: Vec<_> =
            inputs.iter().filter(|input| !self.is_poisonous(input)).cloned().collect();
        self.decide.look_ahead(&inputs);
    }

    pub(super) async fn decide_on_one(
        &mut self,
        life: &mut Life,
        input: &Stored,
    ) -> Result<InputDecision, LoopError> {
        if self.is_poisonous(input) {
            return Ok(InputDecision::Nothing);
        }
        // Nobody sees what a panic left half learnt: everything is learnt anew.
        let decide = AssertUnwindSafe(|| self.decide.decide(life.epoch, input));
        match catch_unwind(decide) {
            Ok(Ok(Some(record))) => Ok(InputDecision::Record(self.outgoing(life, input, record))),
            Ok(Ok(None)) => Ok(InputDecision::Nothing),
            Ok(Err(reason)) => self.bury(input, &reason).await.map(|()| InputDecision::Nothing),
            Err(panic) => {
                self.bury(input, &Reason::rejected(panic_message(&*panic))).await?;
                self.note_poisonous(input);
                Ok(InputDecision::Panicked)
            }
        }
    }

    /// Whether the writer skips this input, because it panicked on it or the process ended on it.
    pub(super) fn is_poisonous(&self, input: &Stored) -> bool {
        self.poisonous.contains(&identity_of(input))
    }

    pub(super) fn note_poisonous(&mut self, input: &Stored) {
        self.poisonous.insert(identity_of(input));
    }

    fn outgoing(&self, life: &Life, input: &Stored, record: Record) -> Outgoing {
        let source = self.config.sources.iter().find(|source| source.stream == input.stream);
        let mark = source.map(|source| source.mark.as_str()).unwrap_or_default();
        let id = format!("{}-{mark}{}", life.epoch, input.sequence);
        let mut headers = record.headers;
        headers.set(EPOCH, life.epoch.to_string());
        headers.set(INPUT, input.reference());
        headers.set(OFFSETS, life.offsets.sequences());
        headers.set(INPUTS, life.offsets.inputs());
        Outgoing { subject: self.config.decisions.clone(), id, headers, body: record.body }
    }

    pub(super) async fn bury(&mut self, input: &Stored, reason: &Reason) -> Result<(), LoopError> {
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

/// Stream, sequence and id: together they name one input.
fn identity_of(input: &Stored) -> (String, u64, String) {
    (input.stream.clone(), input.sequence, input.id.clone())
}
