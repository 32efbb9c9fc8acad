//! The work for one delivery: fetch the message that it names, handle, publish, settle.
//!
//! Comes in: a delivery. Goes out: how it is to be settled. An outage of the bus never counts against a message.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::gate::{Coming, Gate};
use super::output_ids::{self, OutputIds};
use super::panics::caught;
use super::referred::Referred;
use super::tries::Tries;
use super::{Emit, Input, Stage, StageError};
use crate::backoff::Backoff;
use crate::bus::{Delivery, Settle, Settler};
use crate::clock::UnixMillis;
use crate::dead::{Cause, Reason};
use crate::error::Answer;
use crate::error::BusError;
use crate::loops::{Event, LoopError, Point, StageContext};
use crate::message::{REFERENCE, Stored, parse_reference};

/// How soon a message is tried again that was given up on because the bus failed it.
const BUS_RETRY: Duration = Duration::from_secs(1);
/// How long a stage waits before it asks a bus again that is away.
const ASK_AGAIN: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// Settles what came from no subscription: there is nothing to settle.
struct NoSettler;

impl Settler for NoSettler {
    fn settle(&self, _settle: Settle) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// What all deliveries of one loop share.
pub(super) struct Worker {
    pub(super) context: StageContext,
    pub(super) stage: Arc<dyn Stage>,
    pub(super) name: String,
    pub(super) ack_deadline: Duration,
    /// Bounds how many named messages are fetched at once.
    pub(super) fetches: Semaphore,
    pub(super) gate: Arc<Gate>,
    /// Whether a bus that is away is waited for, and until when: what it fails is not the message's fault, so it
    /// counts as no attempt.
    pub(super) waits_until: Option<CancellationToken>,
    pub(super) tries: Tries,
    pub(super) output_ids: OutputIds,
}

pub(super) enum Failure {
    Crash(LoopError),
    Settle(Settle),
    /// The stage wants to try again, which counts.
    Answered {
        after: Duration,
        why: String,
    },
    /// The bus was away so long that its streams may have forgotten what it took before.
    Late,
}

/// How long the bus has been away for one request.
pub(super) struct Outage {
    since: Option<UnixMillis>,
    backoff: Backoff,
}

impl Default for Outage {
    fn default() -> Self {
        Self { since: None, backoff: ASK_AGAIN }
    }
}

impl From<LoopError> for Failure {
    fn from(crash: LoopError) -> Self {
        Self::Crash(crash)
    }
}

impl Worker {
    /// Handles one delivery to its settle. Fails only where a test crashes it.
    pub(super) async fn work(
        &self,
        delivery: Delivery,
        coming: Coming,
        referred: Option<Arc<Referred>>,
    ) -> Result<(), LoopError> {
        self.context.pass(Point::Taken)?;
        let doing = self.in_turn(&delivery, coming, referred.as_deref());
        let (mut turn, done) = self.with_progress(&delivery, doing).await;
        let settle = match done {
            Ok(()) => Settle::Ack,
            Err(Failure::Settle(settle)) => settle,
            Err(Failure::Answered { after, why }) => {
                turn.answered(&self.tries, &delivery, after, why)
            }
            Err(Failure::Late) => retry("the bus was away"),
            Err(Failure::Crash(crash)) => return Err(crash),
        };
        if let Settle::Retry { .. } = settle {
            self.note_the_answer(&delivery, &turn).await;
        }
        let event = match &settle {
            Settle::Retry { why, .. } => Event::Retried { why },
            Settle::Reject(reason) => Event::Rejected { why: &reason.text },
            Settle::Ack | Settle::InProgress => Event::Done,
        };
        let observer = &self.context.observer;
        observer.observe(&self.name, event);
        if let Err(error) = delivery.settler.settle(settle.clone()).await {
            // The deadline brings it back, and the ids of what was published make that harmless.
            observer.observe(&self.name, Event::BusFailed(&error));
        } else if !matches!(settle, Settle::Retry { .. }) {
            self.forget(&delivery, &turn).await;
        }
        self.context.pass(Point::Settled)
    }

    /// Handles a message outside any subscription: what it gives is published, nothing settled.
    pub(super) async fn once(&self, message: Stored) -> Result<(), StageError> {
        // Not the first: some of what it gives may have gone out before it was given up on.
        let delivery = Delivery { message, attempt: 2, settler: Arc::new(NoSettler) };
        let coming = self.gate.approach();
        match self.handle_and_publish(&delivery, delivery.attempt, coming, None).await {
            Ok(()) => Ok(()),
            Err(Failure::Settle(Settle::Reject(reason))) => Err(StageError::reject(reason.text)),
            Err(
                Failure::Answered { after, why } | Failure::Settle(Settle::Retry { after, why }),
            ) => Err(StageError::Retry { after, why }),
            Err(Failure::Settle(Settle::Ack | Settle::InProgress)) => Ok(()),
            Err(Failure::Late) => {
                Err(StageError::Retry { after: BUS_RETRY, why: "the bus was away".to_owned() })
            }
            Err(Failure::Crash(crash)) => Err(StageError::reject(crash.to_string())),
        }
    }

    /// Says that it is in progress at every half of the deadline, until it is done.
    async fn with_progress<T>(&self, delivery: &Delivery, doing: impl Future<Output = T>) -> T {
        let mut doing = Box::pin(doing);
        loop {
            tokio::select! {
                biased;
                done = &mut doing => return done,
                () = self.context.wait(self.ack_deadline / 2) => {}
            }
            tokio::select! {
                biased;
                done = &mut doing => return done,
                progress = delivery.settler.settle(Settle::InProgress) => {
                    if let Err(error) = progress {
                        let observer = &self.context.observer;
                        observer.observe(&self.name, Event::BusFailed(&error));
                    }
                }
            }
        }
    }

    /// Handles and publishes; anew as often as the bus was away for long meanwhile, as what was published before
    /// must then be looked for.
    pub(super) async fn until_taken(
        &self,
        delivery: &Delivery,
        coming: Coming,
        referred: Option<&Referred>,
    ) -> Result<(), Failure> {
        let (mut coming, mut attempt) = (coming, delivery.attempt);
        loop {
            match self.handle_and_publish(delivery, attempt, coming, referred).await {
                Err(Failure::Late) => attempt = attempt.max(2),
                done => return done,
            }
            coming = self.gate.approach();
        }
    }

    async fn handle_and_publish(
        &self,
        delivery: &Delivery,
        attempt: u32,
        mut coming: Coming,
        referred: Option<&Referred>,
    ) -> Result<(), Failure> {
        let message = delivery.message.clone();
        let referred = self.fetch_referred(&message, &mut coming, referred).await?;
        let input = Input { message, attempt, referred };
        let handled = caught(self.stage.handle(input));
        let emits = match or_else(handled, || coming.stay_back()).await {
            Ok(Ok(emits)) => emits,
            Ok(Err(StageError::Retry { after, why })) => {
                return Err(Failure::Answered { after, why });
            }
            Ok(Err(StageError::Reject { why })) | Err(why) => return Err(reject(why)),
        };
        self.context.pass(Point::Handled)?;
        let emits = self.without_already_published(&delivery.message, attempt, emits);
        let emits = or_else(emits, || coming.stay_back()).await?;
        coming.pass().await;
        for emit in emits {
            self.publish(emit).await?;
        }
        Ok(self.context.pass(Point::Published)?)
    }

    /// Without what was published before a crash so long ago that its ids are forgotten.
    async fn without_already_published(
        &self,
        message: &Stored,
        attempt: u32,
        emits: Vec<Emit>,
    ) -> Result<Vec<Emit>, Failure> {
        let StageContext { bus, clock, .. } = &self.context;
        let stored = message.at;
        let may_be_published = attempt > 1 && clock.now().since(stored) >= output_ids::AFTER;
        let Some(stream) = self.stage.output().filter(|_| may_be_published && !emits.is_empty())
        else {
            return Ok(emits);
        };
        let mut outage = Outage::default();
        loop {
            let left = self.output_ids.without_published(&**bus, stream, stored, emits.clone());
            match left.await {
                Ok(left) => return Ok(left),
                Err(error) => self.wait_out(&mut outage, &error).await?,
            }
        }
    }

    /// Waits a little where the bus is away, so that it can be asked again. Where the loop is told to stop meanwhile,
    /// the message comes again.
    pub(super) async fn wait_out(
        &self,
        outage: &mut Outage,
        error: &BusError,
    ) -> Result<(), Failure> {
        let StageContext { clock, observer, .. } = &self.context;
        let Some(stop) = self.waits_until.as_ref().filter(|_| is_away(error)) else {
            return Err(failure_of(error));
        };
        observer.observe(&self.name, Event::BusFailed(error));
        let since = *outage.since.get_or_insert_with(|| clock.now());
        tokio::select! {
            biased;
            () = stop.cancelled() => return Err(failure_of(error)),
            () = outage.backoff.wait(&**clock) => {}
        }
        if clock.now().since(since) >= output_ids::AFTER { Err(Failure::Late) } else { Ok(()) }
    }

    async fn fetch_referred(
        &self,
        message: &Stored,
        coming: &mut Coming,
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
            match self.context.bus.get(stream, sequence).await {
                Ok(referred) => return Ok(Some(referred)),
                Err(BusError::Gone { .. }) => {
                    let reason = Reason { cause: Cause::Expired, text: "text expired".to_owned() };
                    return Err(Failure::Settle(Settle::Reject(reason)));
                }
                Err(error) => {
                    coming.stay_back();
                    self.wait_out(&mut outage, &error).await?;
                }
            }
        }
    }

    async fn publish(&self, emit: Emit) -> Result<(), Failure> {
        let bus = &self.context.bus;
        let mut outage = Outage::default();
        loop {
            let published = match &emit {
                Emit::Message(message) => bus.publish(message.clone()).await,
                Emit::FirstOnSubject(message) => bus.publish_if_last(message.clone(), 0).await,
            };
            match published {
                Ok(_) | Err(BusError::Refused { .. }) => return Ok(()),
                Err(error) => self.wait_out(&mut outage, &error).await?,
            }
        }
    }
}

/// The future's output; is told where that does not come at once.
pub(super) async fn or_else<T>(future: impl Future<Output = T>, mut later: impl FnMut()) -> T {
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

fn retry(why: impl Into<String>) -> Settle {
    Settle::Retry { after: BUS_RETRY, why: why.into() }
}

/// Whether the bus is what is wrong: it does not answer, or a stream of ours is gone, which people make again.
fn is_away(error: &BusError) -> bool {
    error.may_pass() || matches!(error, BusError::NoStream(_) | BusError::NoStreamFor(_))
}

/// What a refusal of the bus means for the message at hand.
fn failure_of(error: &BusError) -> Failure {
    match error {
        BusError::TooLarge { .. } | BusError::BadName { .. } => reject(error.to_string()),
        _ => Failure::Settle(retry(error.to_string())),
    }
}
