//! One delivery: fetch what it names, handle, publish, settle.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::gate::{Coming, Gate};
use super::panics::caught;
use super::{Emit, Input, Stage, StageError, standing};
use crate::bus::{Answer, Delivery, Settle, Settler};
use crate::dead::{Cause, Reason};
use crate::error::BusError;
use crate::loops::{Event, LoopError, Point, Surroundings};
use crate::message::{REFERENCE, Stored, parse_reference};

/// How soon a message is tried again when the bus failed it.
const BUS_RETRY: Duration = Duration::from_secs(1);

/// Settles what came from no subscription: there is nothing to settle.
struct Nothing;

impl Settler for Nothing {
    fn settle(&self, _settle: Settle) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// What all deliveries of one loop share.
pub(super) struct Worker {
    pub(super) surroundings: Surroundings,
    pub(super) stage: Arc<dyn Stage>,
    pub(super) name: String,
    pub(super) ack_deadline: Duration,
    /// Bounds how many named messages are fetched at once.
    pub(super) fetches: Semaphore,
    pub(super) gate: Arc<Gate>,
}

enum Failure {
    Crash(LoopError),
    Settle(Settle),
}

impl From<LoopError> for Failure {
    fn from(crash: LoopError) -> Self {
        Self::Crash(crash)
    }
}

impl Worker {
    /// Handles one delivery to its settle. Fails only where a test crashes it.
    pub(super) async fn work(&self, delivery: Delivery, coming: Coming) -> Result<(), LoopError> {
        self.surroundings.pass(Point::Taken)?;
        let settle = match self.with_progress(&delivery, coming).await {
            Ok(()) => Settle::Ack,
            Err(Failure::Settle(settle)) => settle,
            Err(Failure::Crash(crash)) => return Err(crash),
        };
        let event = match &settle {
            Settle::Retry { why, .. } => Event::Retried { why },
            Settle::Reject(reason) => Event::Rejected { why: &reason.text },
            Settle::Ack | Settle::InProgress => Event::Done,
        };
        let observer = &self.surroundings.observer;
        observer.observe(&self.name, event);
        if let Err(error) = delivery.settler.settle(settle.clone()).await {
            // The deadline brings it back, and the ids of what was published make that harmless.
            observer.observe(&self.name, Event::BusFailed(&error));
        }
        self.surroundings.pass(Point::Settled)
    }

    /// Handles a message outside any subscription: what it gives is published, nothing settled.
    pub(super) async fn once(&self, message: Stored) -> Result<(), StageError> {
        // Not the first: some of what it gives may have gone out before it was given up on.
        let delivery = Delivery { message, attempt: 2, settler: Arc::new(Nothing) };
        match self.handle_and_publish(&delivery, self.gate.approach()).await {
            Ok(()) => Ok(()),
            Err(Failure::Settle(Settle::Reject(reason))) => Err(StageError::reject(reason.text)),
            Err(Failure::Settle(Settle::Retry { after, why })) => {
                Err(StageError::Retry { after, why })
            }
            Err(Failure::Settle(Settle::Ack | Settle::InProgress)) => Ok(()),
            Err(Failure::Crash(crash)) => Err(StageError::reject(crash.to_string())),
        }
    }

    /// Says that it is in progress at every half of the deadline, until it is done.
    async fn with_progress(&self, delivery: &Delivery, coming: Coming) -> Result<(), Failure> {
        let mut doing = Box::pin(self.handle_and_publish(delivery, coming));
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                () = self.surroundings.wait(self.ack_deadline / 2) => {}
            }
            tokio::select! {
                biased;
                done = &mut doing => return done,
                progress = delivery.settler.settle(Settle::InProgress) => {
                    if let Err(error) = progress {
                        let observer = &self.surroundings.observer;
                        observer.observe(&self.name, Event::BusFailed(&error));
                    }
                }
            }
        }
    }

    async fn handle_and_publish(
        &self,
        delivery: &Delivery,
        mut coming: Coming,
    ) -> Result<(), Failure> {
        let message = delivery.message.clone();
        let referred = self.fetch_referred(&message).await?;
        let input = Input { message, attempt: delivery.attempt, referred };
        let handled = caught(self.stage.handle(input));
        let emits = match or_else(handled, || coming.stay_back()).await {
            Ok(Ok(emits)) => emits,
            Ok(Err(StageError::Retry { after, why })) => {
                return Err(Failure::Settle(Settle::Retry { after, why }));
            }
            Ok(Err(StageError::Reject { why })) | Err(why) => return Err(reject(why)),
        };
        self.surroundings.pass(Point::Handled)?;
        let emits = or_else(self.not_standing(delivery, emits), || coming.stay_back()).await?;
        coming.pass().await;
        for emit in emits {
            self.publish(emit).await?;
        }
        Ok(self.surroundings.pass(Point::Published)?)
    }

    /// Without what was published before a crash so long ago that its ids are forgotten.
    async fn not_standing(
        &self,
        delivery: &Delivery,
        emits: Vec<Emit>,
    ) -> Result<Vec<Emit>, Failure> {
        let Surroundings { bus, clock, .. } = &self.surroundings;
        let stored = delivery.message.at;
        let may_stand = delivery.attempt > 1 && clock.now().since(stored) >= standing::AFTER;
        match self.stage.output().filter(|_| may_stand && !emits.is_empty()) {
            Some(stream) => {
                let left = standing::without_standing(&**bus, stream, stored, emits).await;
                left.map_err(|error| failure_of(&error))
            }
            None => Ok(emits),
        }
    }

    async fn fetch_referred(&self, message: &Stored) -> Result<Option<Stored>, Failure> {
        let Some(reference) = message.headers.get(REFERENCE) else {
            return Ok(None);
        };
        let Some((stream, sequence)) = parse_reference(reference) else {
            return Err(reject(format!("{REFERENCE}: {reference:?} is no stream/sequence")));
        };
        let _fetch = self.fetches.acquire().await.expect("the semaphore is never closed");
        match self.surroundings.bus.get(stream, sequence).await {
            Ok(referred) => Ok(Some(referred)),
            Err(BusError::Gone { .. }) => {
                let reason = Reason { cause: Cause::Expired, text: "text expired".to_owned() };
                Err(Failure::Settle(Settle::Reject(reason)))
            }
            Err(error) => Err(failure_of(&error)),
        }
    }

    async fn publish(&self, emit: Emit) -> Result<(), Failure> {
        let bus = &self.surroundings.bus;
        let published = match emit {
            Emit::Message(message) => bus.publish(message).await,
            Emit::FirstOnSubject(message) => bus.publish_if_last(message, 0).await,
        };
        match published {
            Ok(_) | Err(BusError::Refused { .. }) => Ok(()),
            Err(error) => Err(failure_of(&error)),
        }
    }
}

/// The future's output; is told where that does not come at once.
async fn or_else<T>(future: impl Future<Output = T>, mut later: impl FnMut()) -> T {
    let mut future = pin!(future);
    poll_fn(|context| {
        let output = future.as_mut().poll(context);
        if output.is_pending() {
            later();
        }
        output
    })
    .await
}

fn reject(why: String) -> Failure {
    Failure::Settle(Settle::Reject(Reason::rejected(why)))
}

/// What a refusal of the bus means for the message at hand.
fn failure_of(error: &BusError) -> Failure {
    match error {
        BusError::TooLarge { .. } | BusError::BadName { .. } => reject(error.to_string()),
        _ => Failure::Settle(Settle::Retry { after: BUS_RETRY, why: error.to_string() }),
    }
}
