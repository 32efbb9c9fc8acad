//! Stages, which handle messages, and the loop that runs them.
//!
//! A stage gets a message and the message that it names. It returns messages to publish, or an error:
//! try again, or reject. Only the loop publishes and acknowledges.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use outage::{BUS_RETRY, BusCaller, Failure, Outage, call_if_pending, reject, retry};
use output_ids::OutputIds;
use publish_barrier::{BarrierTicket, PublishBarrier};
use tokio::sync::{OnceCell, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tries::{Tries, Turn};

use crate::BoxFuture;
use crate::bus::{AckKind, Acker, Bus, PulledMessage, Subscription};
use crate::config::ConsumerConfig;
use crate::dead::{Cause, Reason};
use crate::error::{Answer, BusError};
use crate::loops::{Event, HEARTBEAT, LoopError, Point, RETRY, StageContext};
use crate::message::{Outgoing, REFERENCE, Stored, parse_reference};

pub(crate) use tries::{MAX_STRIKES, killed_process_reason};

mod outage;
mod output_ids;
mod publish_barrier;
mod tries;

/// One step of the pipeline.
pub trait Stage: Send + Sync {
    /// Handles one message. The loop publishes the returned messages before it acknowledges this one.
    /// A message may be handled again after a crash, so the same input must give messages with the
    /// same ids.
    ///
    /// The loop extends the deadline of the delivery meanwhile. A panic rejects the message.
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>>;

    /// The stream of its output. If a message comes again after a long time, the loop reads this stream
    /// to find out what was published before: by then the stream has forgotten the ids.
    fn output(&self) -> Option<&str> {
        None
    }

    /// Gets each batch of deliveries before any of them is handled. The loop handles them concurrently.
    /// A stage that needs their order notes it here.
    fn note_order(&self, _deliveries: &[PulledMessage]) {}
}

/// The input of a stage.
#[derive(Debug, Clone)]
pub struct Input {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
    /// The message that its header [`REFERENCE`](crate::REFERENCE) names.
    pub referred: Option<Stored>,
}

/// A message that a stage publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Emit {
    /// Published unless its id is stored already.
    Message(Outgoing),
    /// Published unless its subject has a message already.
    FirstOnSubject(Outgoing),
}

/// Why a stage did not handle a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageError {
    /// A passing problem: try again, not before `after`.
    Retry {
        /// How long to wait at least.
        after: Duration,
        /// For people.
        why: String,
    },
    /// An invalid message: put it into the dead letters.
    Reject {
        /// For people.
        why: String,
    },
}

impl StageError {
    /// An error that rejects the message.
    pub fn reject(why: impl Into<String>) -> Self {
        Self::Reject { why: why.into() }
    }
}

/// The most named messages that are fetched at once.
const MAX_FETCHES: usize = 64;
/// The loop pulls once one part in this many of its capacity is free. A pull for each message that is
/// done would cost as much as the message.
const FREE_PART: usize = 4;

/// Runs a stage until `stop`; then finishes the messages in hand and returns.
///
/// At most `at_once` messages are in hand. Messages of one subject are delivered in order; with
/// `at_once = 1` they are handled in order too.
///
/// # Errors
/// [`LoopError::Bus`] if the stream, its dead letters or the configuration must be repaired. The loop
/// waits until passing errors are over.
pub async fn run_stage(
    context: StageContext,
    stage: Arc<dyn Stage>,
    consumer: ConsumerConfig,
    at_once: usize,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let tries = Tries::new(&*context.bus, &consumer)?;
    let worker = Worker {
        caller: BusCaller {
            context,
            name: consumer.durable.clone(),
            outage_stop: Some(stop.clone()),
        },
        ack_deadline: consumer.ack_deadline,
        fetches: Semaphore::new(MAX_FETCHES),
        gate: Arc::default(),
        tries,
        output_ids: OutputIds::default(),
        stage,
    };
    let running = StageLoop { worker: Arc::new(worker), at_once, work: JoinSet::new(), stop };
    running.run(consumer).await
}

/// Handles one message outside the loop, as when a person replays a dead letter. The output is published
/// under the same ids as in the loop.
///
/// # Errors
/// The error with which the loop would have acknowledged the message.
pub async fn handle_once(
    context: StageContext,
    stage: Arc<dyn Stage>,
    message: Stored,
) -> Result<(), StageError> {
    let worker = Worker {
        caller: BusCaller { context, name: "once".to_owned(), outage_stop: None },
        ack_deadline: HEARTBEAT,
        fetches: Semaphore::new(1),
        gate: Arc::default(),
        tries: Tries::default(),
        output_ids: OutputIds::default(),
        stage,
    };
    worker.handle_once(message).await
}

struct StageLoop {
    worker: Arc<Worker>,
    at_once: usize,
    work: JoinSet<Result<(), LoopError>>,
    stop: CancellationToken,
}

impl StageLoop {
    async fn run(mut self, consumer: ConsumerConfig) -> Result<(), LoopError> {
        let Some(mut subscription) = self.subscribe(consumer).await? else {
            return Ok(());
        };
        self.pull_until_stopped(&mut *subscription).await?;
        match subscription.close().await {
            Ok(late) => self.start(late),
            Err(error) => self.observe(Event::BusFailed(&error)),
        }
        while let Some(done) = self.work.join_next().await {
            finished(done)?;
        }
        Ok(())
    }

    /// Subscribes as soon as the bus permits; `None` if the loop is stopped before.
    async fn subscribe(
        &self,
        consumer: ConsumerConfig,
    ) -> Result<Option<Box<dyn Subscription>>, LoopError> {
        let mut backoff = RETRY;
        let context = &self.worker.caller.context;
        while !self.stop.is_cancelled() {
            match context.bus.subscribe(consumer.clone()).await {
                Ok(subscription) => return Ok(Some(subscription)),
                Err(error) => {
                    context
                        .retry_or_fail(&mut backoff, &self.worker.caller.name, error, &self.stop)
                        .await?;
                }
            }
        }
        Ok(None)
    }

    async fn pull_until_stopped(
        &mut self,
        subscription: &mut dyn Subscription,
    ) -> Result<(), LoopError> {
        let mut backoff = RETRY;
        let worker = self.worker.clone();
        let min_pull = (self.at_once / FREE_PART).max(1);
        loop {
            while let Some(done) = self.work.try_join_next() {
                finished(done)?;
            }
            let free = self.at_once.saturating_sub(self.work.len());
            let deliveries = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                Some(done) = self.work.join_next(), if !self.work.is_empty() => {
                    finished(done)?;
                    continue;
                }
                deliveries = subscription.next(free), if free >= min_pull => deliveries,
                () = worker.caller.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    continue;
                }
            };
            match deliveries {
                Ok(deliveries) => {
                    backoff.reset();
                    self.observe(Event::Alive);
                    self.start(deliveries);
                }
                Err(error) => {
                    worker
                        .caller
                        .context
                        .retry_or_fail(&mut backoff, &worker.caller.name, error, &self.stop)
                        .await?;
                }
            }
        }
    }

    fn start(&mut self, deliveries: Vec<PulledMessage>) {
        self.worker.stage.note_order(&deliveries);
        let referred = Referred::by(&deliveries, &self.worker.caller.context.bus);
        // All are registered before the first one is handled.
        let gate = &self.worker.gate;
        let tickets: Vec<_> = deliveries.iter().map(|_| gate.register()).collect();
        for (delivery, ticket) in deliveries.into_iter().zip(tickets) {
            let (worker, referred) = (self.worker.clone(), referred.clone());
            self.work.spawn(async move { worker.work(delivery, ticket, referred).await });
        }
    }

    fn observe(&self, event: Event<'_>) {
        self.worker.caller.context.observer.observe(&self.worker.caller.name, event);
    }
}

/// Fails if a test crashed the work. A panic outside `handle` is a bug in the loop and is resumed.
fn finished(done: Result<Result<(), LoopError>, JoinError>) -> Result<(), LoopError> {
    match done {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Only this loop can cancel its work, by being dropped.
        Err(_) => Ok(()),
    }
}

/// The acker of a message that came from no subscription. It does nothing.
struct NoAcker;

impl Acker for NoAcker {
    fn ack_with(&self, _kind: AckKind) -> Answer<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// The state that all deliveries of one loop share.
struct Worker {
    caller: BusCaller,
    stage: Arc<dyn Stage>,
    ack_deadline: Duration,
    /// Limits how many named messages are fetched at once.
    fetches: Semaphore,
    gate: Arc<PublishBarrier>,
    tries: Tries,
    output_ids: OutputIds,
}

impl Worker {
    /// Handles one delivery and acknowledges it. Fails only if a test crashes it.
    async fn work(
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
    async fn handle_once(&self, message: Stored) -> Result<(), StageError> {
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

/// The messages that the deliveries of one batch name. The first delivery that needs one fetches all.
struct Referred {
    bus: Arc<dyn Bus>,
    wanted: BTreeMap<String, Vec<u64>>,
    found: OnceCell<HashMap<(String, u64), Stored>>,
}

impl Referred {
    /// The messages that these deliveries name; `None` if no stream is named more than once.
    fn by(deliveries: &[PulledMessage], bus: &Arc<dyn Bus>) -> Option<Arc<Self>> {
        let mut wanted: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for delivery in deliveries {
            let reference = delivery.message.headers.get(REFERENCE).and_then(parse_reference);
            if let Some((stream, sequence)) = reference {
                wanted.entry(stream.to_owned()).or_default().push(sequence);
            }
        }
        wanted.retain(|_, sequences| sequences.len() > 1);
        let (bus, found) = (bus.clone(), OnceCell::new());
        (!wanted.is_empty()).then(|| Arc::new(Self { bus, wanted, found }))
    }

    /// The message, if it was found with the others. After a failure the caller fetches it alone.
    async fn get(&self, stream: &str, sequence: u64) -> Option<Stored> {
        if !self.wanted.get(stream)?.contains(&sequence) {
            return None;
        }
        let found = self.found.get_or_init(|| self.fetch()).await;
        found.get(&(stream.to_owned(), sequence)).cloned()
    }

    async fn fetch(&self) -> HashMap<(String, u64), Stored> {
        let mut found = HashMap::new();
        for (stream, sequences) in &self.wanted {
            let messages = self.bus.get_each(stream, sequences).await.unwrap_or_default();
            for message in messages.into_iter().flatten() {
                found.insert((stream.clone(), message.sequence), message);
            }
        }
        found
    }
}

/// The future's output, or the message of its panic.
pub(crate) async fn caught<T>(
    mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>,
) -> Result<T, String> {
    std::future::poll_fn(move |context| {
        // The future is not polled again after a panic, so nobody sees its half-changed state.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(message(&*panic))),
        }
    })
    .await
}

/// The text of a panic, for people.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a message"))
}

#[cfg(test)]
mod run_tests {
    use tokio::sync::Semaphore;

    use super::*;
    use crate::BoxFuture;
    use crate::bus::{AckKind, Acker};
    use crate::error::Answer;
    use crate::sim::{SimBus, SimDisk, VirtualClock};
    use crate::stage::{Emit, Input};

    /// Handles one message for each permit.
    struct Permitted(Semaphore);

    impl Stage for Permitted {
        fn handle(&self, _input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>> {
            Box::pin(async {
                self.0.acquire().await.unwrap().forget();
                Ok(Vec::new())
            })
        }
    }

    /// Returns as many messages as are requested, and records the requests.
    #[derive(Default)]
    struct Plenty(Vec<usize>);

    impl Acker for Plenty {
        fn ack_with(&self, _kind: AckKind) -> Answer<'_, ()> {
            Box::pin(async { Ok(()) })
        }
    }

    impl Subscription for Plenty {
        fn next(&mut self, max: usize) -> Answer<'_, Vec<PulledMessage>> {
            let one = |sequence| PulledMessage {
                message: Stored {
                    stream: "IN".to_owned(),
                    sequence,
                    at: crate::UnixMillis(0),
                    subject: "in.x".to_owned(),
                    id: sequence.to_string(),
                    headers: crate::Headers::new(),
                    body: bytes::Bytes::new(),
                },
                attempt: 1,
                acker: Arc::new(Self::default()),
            };
            Box::pin(async move {
                self.0.push(max);
                Ok((0..max as u64).map(one).collect())
            })
        }

        fn close(&mut self) -> Answer<'_, Vec<PulledMessage>> {
            Box::pin(async { Ok(Vec::new()) })
        }
    }

    #[tokio::test]
    async fn pulls_more_once_a_quarter_is_free() {
        let clock = Arc::new(VirtualClock::default());
        let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
        let stage = Arc::new(Permitted(Semaphore::new(0)));
        let worker = Worker {
            caller: BusCaller {
                context: StageContext::new(bus, clock),
                name: "stage".to_owned(),
                outage_stop: None,
            },
            ack_deadline: HEARTBEAT,
            fetches: Semaphore::new(MAX_FETCHES),
            gate: Arc::default(),
            tries: Tries::default(),
            output_ids: OutputIds::default(),
            stage: stage.clone(),
        };
        let stop = CancellationToken::new();
        let (work, worker) = (JoinSet::new(), Arc::new(worker));
        let mut running = StageLoop { worker, at_once: 8, work, stop: stop.clone() };
        let done_one_by_one = async {
            for _ in 0..12 {
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
                stage.0.add_permits(1);
            }
            stop.cancel();
        };
        let mut subscription = Plenty::default();
        let (stopped, ()) =
            tokio::join!(running.pull_until_stopped(&mut subscription), done_one_by_one);
        stopped.unwrap();
        assert_eq!(subscription.0, [8, 2, 2, 2, 2, 2]);
    }
}
