//! Learns the stored decisions with their inputs: at a take-over, and while another process leads.

use tokio_util::sync::CancellationToken;

use super::super::INPUT;
use super::super::inputs::InputsOfDecisions;
use super::{BATCH, Writer};
use crate::bus::{Bus, OrderedReader};
use crate::error::BusError;
use crate::lease::Leadership;
use crate::loops::{Event, HEARTBEAT, LoopError};
use crate::message::{Stored, parse_reference};
use crate::position::{Position, rolled_back};

impl Writer {
    /// Learns the decisions of the leader until this process leads. Returns false if it is stopped before.
    pub(super) async fn stand_by(&mut self, stop: &CancellationToken) -> Result<bool, LoopError> {
        if !self.lease.is_shared() || self.lease.leadership() == Leadership::Leads {
            return Ok(!stop.is_cancelled());
        }
        let bus = self.context.bus.clone();
        let mut reader = self.learn_rest(&*bus, u64::MAX).await?;
        let mut inputs = InputsOfDecisions::new(&*bus);
        self.lease.request_lead();
        loop {
            let follows = self.lease.leadership();
            if follows == Leadership::Leads {
                return Ok(true);
            }
            let decisions = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.lease.release().await;
                    return Ok(false);
                }
                () = self.lease.changed_from(&follows) => continue,
                decisions = reader.next(BATCH) => decisions?,
                () = self.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    continue;
                }
            };
            self.observe(Event::Alive);
            self.learn(&decisions, u64::MAX, &mut inputs).await?;
        }
    }

    /// Whether another process leads now. While the lease is in doubt it waits, at most until the stop
    /// signal.
    pub(super) async fn is_led_by_another(&mut self, stop: &CancellationToken) -> bool {
        while self.lease.leadership() == Leadership::InDoubt && !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.lease.changed_from(&Leadership::InDoubt) => {}
                () = self.context.wait(HEARTBEAT) => self.observe(Event::Alive),
            }
        }
        matches!(self.lease.leadership(), Leadership::Follows(_))
    }

    /// Learns every decision before this writer's epoch record. From then on this writer adds its own, so
    /// `learnt_through` no longer applies.
    pub(super) async fn replay(&mut self, epoch_at: u64) -> Result<(), LoopError> {
        let bus = self.context.bus.clone();
        self.learn_rest(&*bus, epoch_at).await?;
        self.learnt_through = None;
        Ok(())
    }

    /// Learns the decisions before this sequence that it has not learnt yet. If it has learnt none, it
    /// starts from the loaded state. Returns a reader of the decisions that follow.
    async fn learn_rest(
        &mut self,
        bus: &dyn Bus,
        before: u64,
    ) -> Result<Box<dyn OrderedReader>, LoopError> {
        let (output, subject) = (self.config.output.clone(), self.config.decisions.clone());
        let valid = match self.learnt_through.take() {
            Some(learnt_through) if rolled_back(bus, &output, &learnt_through).await?.is_none() => {
                Some(learnt_through)
            }
            _ => None,
        };
        let known = match valid {
            Some(learnt_through) => learnt_through,
            None => {
                self.decide.recall().await;
                Position::at_sequence(self.decide.restart())
            }
        };
        let from = known.sequence + 1;
        self.learnt_through = Some(known);
        let mut reader = bus.read(&output, &subject, from).await?;
        let mut inputs = InputsOfDecisions::new(bus);
        loop {
            let decisions = reader.ready(BATCH).await?;
            if decisions.is_empty() {
                return Ok(reader);
            }
            self.learn(&decisions, before, &mut inputs).await?;
        }
    }

    /// Learns those of the decisions, in order, that are before a sequence.
    async fn learn(
        &mut self,
        decisions: &[Stored],
        before: u64,
        inputs: &mut InputsOfDecisions<'_>,
    ) -> Result<(), BusError> {
        let decisions = decisions.iter().filter(|decision| decision.sequence < before);
        let mut found = Vec::new();
        for decision in decisions.clone() {
            let input = match decision.headers.get(INPUT).and_then(parse_reference) {
                Some((stream, sequence)) => inputs.find(stream, sequence).await?,
                None => None,
            };
            found.push(input);
        }
        let known: Vec<Stored> = found.iter().flatten().cloned().collect();
        self.decide.look_ahead(&known);
        for (decision, input) in decisions.zip(found) {
            self.decide.replay(decision, input.as_ref());
            self.learnt_through = Some(Position::from(decision));
        }
        Ok(())
    }
}
