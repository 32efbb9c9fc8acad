//! What a writer learns from decisions in the stream: at a take-over, and while another leads.
//!
//! Comes in: the decisions of the stream, with their inputs. Goes out: a [`Decide`](super::super::Decide) that knows
//! them. It never writes.

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
    /// Returns once this process is to lead, and false where it is told to stop before. Until then it
    /// learns what another decides.
    pub(super) async fn stand_by(&mut self, stop: &CancellationToken) -> Result<bool, LoopError> {
        if !self.lease.is_shared() || self.lease.leadership() == Leadership::Leads {
            return Ok(!stop.is_cancelled());
        }
        let bus = self.context.bus.clone();
        let mut reader = self.learn_rest(&*bus, u64::MAX).await?;
        let mut inputs = InputsOfDecisions::new(&*bus);
        self.lease.ask();
        loop {
            let follows = self.lease.leadership();
            if follows == Leadership::Leads {
                return Ok(true);
            }
            let decided = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.lease.release().await;
                    return Ok(false);
                }
                () = self.lease.other_than(&follows) => continue,
                decided = reader.next(BATCH) => decided?,
                () = self.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    continue;
                }
            };
            self.observe(Event::Alive);
            self.learn(&decided, u64::MAX, &mut inputs).await?;
        }
    }

    /// Whether another leads now. Waits for as long as it is in doubt, but not beyond the stop signal.
    pub(super) async fn is_led_by_another(&mut self, stop: &CancellationToken) -> bool {
        while self.lease.leadership() == Leadership::Doubts && !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.lease.other_than(&Leadership::Doubts) => {}
                () = self.context.wait(HEARTBEAT) => self.observe(Event::Alive),
            }
        }
        matches!(self.lease.leadership(), Leadership::Follows(_))
    }

    /// Has everything learnt that stands before our epoch record; after this it is more than that.
    pub(super) async fn replay(&mut self, epoch_at: u64) -> Result<(), LoopError> {
        let bus = self.context.bus.clone();
        self.learn_rest(&*bus, epoch_at).await?;
        self.learnt = None;
        Ok(())
    }

    /// Learns what stands before this sequence and is not known yet, from what it recalls on where it has
    /// learnt nothing. What reads on behind that.
    async fn learn_rest(
        &mut self,
        bus: &dyn Bus,
        before: u64,
    ) -> Result<Box<dyn OrderedReader>, LoopError> {
        let (output, decisions) = (self.config.output.clone(), self.config.decisions.clone());
        let stands = match self.learnt.take() {
            Some(learnt) if rolled_back(bus, &output, &learnt).await?.is_none() => Some(learnt),
            _ => None,
        };
        let known = match stands {
            Some(learnt) => learnt,
            None => {
                self.decide.recall().await;
                Position::at_sequence(self.decide.restart())
            }
        };
        let from = known.sequence + 1;
        self.learnt = Some(known);
        let mut reader = bus.read(&output, &decisions, from).await?;
        let mut inputs = InputsOfDecisions::new(bus);
        loop {
            let decided = reader.ready(BATCH).await?;
            if decided.is_empty() {
                return Ok(reader);
            }
            self.learn(&decided, before, &mut inputs).await?;
        }
    }

    /// Learns decisions in order, those before a sequence.
    async fn learn(
        &mut self,
        decided: &[Stored],
        before: u64,
        inputs: &mut InputsOfDecisions<'_>,
    ) -> Result<(), BusError> {
        for decision in decided.iter().filter(|decision| decision.sequence < before) {
            let input = match decision.headers.get(INPUT).and_then(parse_reference) {
                Some((stream, sequence)) => inputs.find(stream, sequence).await?,
                None => None,
            };
            self.decide.replay(decision, input.as_ref());
            self.learnt = Some(Position::from(decision));
        }
        Ok(())
    }
}
