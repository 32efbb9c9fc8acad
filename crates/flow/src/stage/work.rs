//! The work for one delivery: fetch the message that it names, handle, publish, acknowledge.
//!
//! An outage of the bus never counts against a message.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::outage::{BUS_RETRY, BusCaller, Failure, Outage, call_if_pending, reject, retry};
use super::output_ids::{self, OutputIds};
use super::panics::caught;
use super::publish_barrier::{BarrierTicket, PublishBarrier};
use super::referred::Referred;
use super::tries::{Tries, Turn, killed_process_reason};
use super::{Emit, Input, Stage, StageError};
use crate::bus::{AckKind, Acker, PulledMessage};
use crate::dead::{Cause, Reason};
use crate::error::Answer;
use crate::error::BusError;
use crate::loops::{Event, LoopError, Point, StageContext};
use crate::message::{REFERENCE, Stored, parse_reference};

/// The acker of a message that came from no subscription. It does nothing.
struct NoAcker;

impl Acker for NoAcker {
    fn ack_with(&self, _kind: AckKind) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// The state that all deliveries of one loop share.
pub(super) struct Worker {
    pub(super) caller: BusCaller,
    pub(super) stage: Arc<dyn Stage>,
    pub(super) ack_deadline: Duration,
    /// Limits how many named messages are fetched at once.
    pub(super) fetches: Semaphore,
    pub(super) gate: Arc<PublishBarrier>,
    pub(super) tries: Tries,
    pub(super) output_ids: OutputIds,
}

impl Worker {
    /// Handles one delivery and acknowledges it. Fails only if a test crashes it.
    pub(super) async fn work(
        &self,
        delivery: PulledMessage,
        ticket: BarrierTicket,
        referred: Option<Arc<Referred>>,
    ) -> Result<(), LoopError> {
        self.caller.context.check_fail_point(Point::Delivered)?;
        let doing = self.handle_in_turn(&delivery, ticket, referred.as_deref());
        let (mut turn, done) = self.with_progress(&delivery, doing).await;
        let kind = match done {
            Ok(()) => AckKind::Ack,
            Err(Failure::AckWith(kind)) => kind,
            Err(Failure::Retry { after, why }) => {
                turn.ack_kind_for_retry(&self.tries, &delivery, after, why)
            }
            Err(Failure::LongOutage) => retry("the bus was away"),
            Err(Failure::Crash(crash)) => return Err(crash),
        };
        if let AckKind::Retry { .. } = kind {
            self.tries.note_answer(&self.caller, &delivery, &turn).await;
        }
        let event = match &kind {
            AckKind::Retry { why, .. } => Event::Retried { why },
            AckKind::Reject(reason) => Event::Rejected { why: &reason.text },
            AckKind::Ack | AckKind::InProgress => Event::Done,
        };
        self.caller.observe(event);
        if let Err(error) = delivery.acker.ack_with(kind.clone()).await {
            // The message comes again after its deadline. The ids of its output make that harmless.
            self.caller.observe(Event::BusFailed(&error));
        } else if !matches!(kind, AckKind::Retry { .. }) {
            self.tries.forget(&self.caller, &delivery, &turn).await;
        }
        self.caller.context.check_fail_point(Point::Acknowledged)
    }

    /// Handles a message outside any subscription: publishes its output and acknowledges nothing.
    pub(super) async fn handle_once(&self, message: Stored) -> Result<(), StageError> {
        // Not the first attempt: some of its output may have been published before.
        let delivery = PulledMessage { message, attempt: 2, acker: Arc::new(NoAcker) };
        let ticket = self.gate.register();
        match self.handle_and_publish(&delivery, delivery.attempt, ticket, None).await {
            Ok(()) => Ok(()),
            Err(Failure::AckWith(AckKind::Reject(reason))) => Err(StageError::reject(reason.text)),
            Err(
                Failure::Retry { after, why } | Failure::AckWith(AckKind::Retry { after, why }),
            ) => Err(StageError::Retry { after, why }),
            Err(Failure::AckWith(AckKind::Ack | AckKind::InProgress)) => Ok(()),
            Err(Failure::LongOutage) => {
                Err(StageError::Retry { after: BUS_RETRY, why: "the bus was away".to_owned() })
            }
            Err(Failure::Crash(crash)) => Err(StageError::reject(crash.to_string())),
        }
    }

    /// Acknowledges with `InProgress` at every half of the deadline, until the work is done.
    async fn with_progress<T>(
        &self,
        delivery: &PulledMessage,
        doing: impl Future<Output = T>,
    ) -> T {
        let mut doing = Box::pin(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                () = self.caller.context.wait(self.ack_deadline / 2) => {}
            }
            tokio::select! {
                biased;
                done = &mut doing => return done,
                progress = delivery.acker.ack_with(AckKind::InProgress) => {
                    if let Err(error) = progress {
                        self.caller.observe(Event::BusFailed(&error));
                    }
                }
            }
        }
    }

    /// Handles a message in its turn.
    async fn handle_in_turn(
        &self,
        delivery: &PulledMessage,
        mut ticket: BarrierTicket,
        referred: Option<&Referred>,
    ) -> (Turn<'_>, Result<(), Failure>) {
        let turn = match self.tries.turn(&self.caller, delivery, &mut ticket).await {
            Ok(turn) => turn,
            Err(failure) => return (Turn::default(), Err(failure)),
        };
        if turn.has_max_strikes() {
            return (turn, Err(Failure::AckWith(AckKind::Reject(killed_process_reason()))));
        }
        let done = self.handle_until_published(delivery, ticket, referred).await;
        (turn, done)
    }

    /// Handles and publishes. Begins again after each long outage of the bus, because it must then find
    /// out what was published before.
    async fn handle_until_published(
        &self,
        delivery: &PulledMessage,
        ticket: BarrierTicket,
        referred: Option<&Referred>,
    ) -> Result<(), Failure> {
        let (mut ticket, mut attempt) = (ticket, delivery.attempt);
        loop {
            match self.handle_and_publish(delivery, attempt, ticket, referred).await {
                Err(Failure::LongOutage) => attempt = attempt.max(2),
                done => return done,
            }
            ticket = self.gate.register();
        }
    }

    async fn handle_and_publish(
        &self,
        delivery: &PulledMessage,
        attempt: u32,
        mut ticket: BarrierTicket,
        referred: Option<&Referred>,
    ) -> Result<(), Failure> {
        let message = delivery.message.clone();
        let referred = self.fetch_referred(&message, &mut ticket, referred).await?;
        let input = Input { message, attempt, referred };
        let handled = caught(self.stage.handle(input));
        let emits = match call_if_pending(handled, || ticket.leave()).await {
            Ok(Ok(emits)) => emits,
            Ok(Err(StageError::Retry { after, why })) => {
                return Err(Failure::Retry { after, why });
            }
            Ok(Err(StageError::Reject { why })) | Err(why) => return Err(reject(why)),
        };
        self.caller.context.check_fail_point(Point::Handled)?;
        let emits = self.without_already_published(&delivery.message, attempt, emits);
        let emits = call_if_pending(emits, || ticket.leave()).await?;
        ticket.pass().await;
        for emit in emits {
            self.publish(emit).await?;
        }
        Ok(self.caller.context.check_fail_point(Point::Published)?)
    }

    /// Removes the messages that were published before, if the stream may have forgotten their ids since.
    async fn without_already_published(
        &self,
        message: &Stored,
        attempt: u32,
        emits: Vec<Emit>,
    ) -> Result<Vec<Emit>, Failure> {
        let StageContext { bus, clock, .. } = &self.caller.context;
        let stored = message.at;
        let may_be_published =
            attempt > 1 && clock.now().since(stored) >= output_ids::IDS_MAY_EXPIRE_AFTER;
        let Some(stream) = self.stage.output().filter(|_| may_be_published && !emits.is_empty())
        else {
            return Ok(emits);
        };
        let mut outage = Outage::default();
        loop {
            let left = self.output_ids.without_published(&**bus, stream, stored, emits.clone());
            match left.await {
                Ok(left) => return Ok(left),
                Err(error) => self.caller.wait_out(&mut outage, &error).await?,
            }
        }
    }

    async fn fetch_referred(
        &self,
        message: &Stored,
        ticket: &mut BarrierTicket,
        together: Option<&Referred>,
    ) -> Result<Option<Stored>, Failure> {
        let Some(reference) = message.headers.get(REFERENCE) else {
            return Ok(None);
        };
        let Some((stream, sequence)) = parse_reference(reference) else {
            return Err(reject(format!("{REFERENCE}: {reference:?} is no stream/sequence")));
        };
        if let Some(together) = together
            && let Some(found) = together.get(stream, sequence).await
        {
            return Ok(Some(found));
        }
        let _fetch = self.fetches.acquire().await.expect("the semaphore is never closed");
        let mut outage = Outage::default();
        loop {
            match self.caller.context.bus.get(stream, sequence).await {
                Ok(referred) => return Ok(Some(referred)),
                Err(BusError::Gone { .. }) => {
                    let reason = Reason { cause: Cause::Expired, text: "text expired".to_owned() };
                    return Err(Failure::AckWith(AckKind::Reject(reason)));
                }
                Err(error) => {
                    ticket.leave();
                    self.caller.wait_out(&mut outage, &error).await?;
                }
            }
        }
    }

    async fn publish(&self, emit: Emit) -> Result<(), Failure> {
        let bus = &self.caller.context.bus;
        let mut outage = Outage::default();
        loop {
            let published = match &emit {
                Emit::Message(message) => bus.publish(message.clone()).await,
                Emit::FirstOnSubject(message) => bus.publish_if_last(message.clone(), 0).await,
            };
            match published {
                Ok(_) | Err(BusError::Refused { .. }) => return Ok(()),
                Err(error) => self.caller.wait_out(&mut outage, &error).await?,
            }
        }
    }
}
