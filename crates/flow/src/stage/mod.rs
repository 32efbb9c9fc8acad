//! Stages, which handle messages, and the loop that runs them.
//!
//! A stage gets a message and does something outside the bus. It may answer with an error: try again, or
//! reject. Only the loop acknowledges.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use outage::{BusCaller, Failure, reject};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tries::{Tries, Turn};

use crate::BoxFuture;
use crate::bus::{AckKind, PulledMessage, Subscription};
use crate::config::ConsumerConfig;
use crate::loops::{Event, HEARTBEAT, LoopError, Point, RETRY, StageContext};
use crate::message::Stored;

pub(crate) use tries::{MAX_STRIKES, killed_process_reason};

mod outage;
mod tries;

/// One step of the pipeline.
pub trait Stage: Send + Sync {
    /// Handles one message. It may be handled again after a crash.
    ///
    /// The loop extends the deadline of the delivery meanwhile. A panic rejects the message.
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<(), StageError>>;

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
        caller: BusCaller { context, name: consumer.durable.clone(), stop: stop.clone() },
        ack_deadline: consumer.ack_deadline,
        tries,
        stage,
    };
    let running = StageLoop { worker: Arc::new(worker), at_once, work: JoinSet::new(), stop };
    running.run(consumer).await
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
        for delivery in deliveries {
            let worker = self.worker.clone();
            self.work.spawn(async move { worker.work(delivery).await });
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

/// The state that all deliveries of one loop share.
struct Worker {
    caller: BusCaller,
    stage: Arc<dyn Stage>,
    ack_deadline: Duration,
    tries: Tries,
}

impl Worker {
    /// Handles one delivery and acknowledges it. Fails only if a test crashes it.
    async fn work(&self, delivery: PulledMessage) -> Result<(), LoopError> {
        self.caller.context.check_fail_point(Point::Delivered)?;
        let doing = self.handle_in_turn(&delivery);
        let (mut turn, done) = self.with_progress(&delivery, doing).await;
        let kind = match done {
            Ok(()) => AckKind::Ack,
            Err(Failure::AckWith(kind)) => kind,
            Err(Failure::Retry { after, why }) => {
                turn.ack_kind_for_retry(&self.tries, &delivery, after, why)
            }
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
            // The message comes again after its deadline.
            self.caller.observe(Event::BusFailed(&error));
        } else if !matches!(kind, AckKind::Retry { .. }) {
            self.tries.forget(&self.caller, &delivery, &turn).await;
        }
        self.caller.context.check_fail_point(Point::Acknowledged)
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
    async fn handle_in_turn(&self, delivery: &PulledMessage) -> (Turn<'_>, Result<(), Failure>) {
        let turn = match self.tries.turn(&self.caller, delivery).await {
            Ok(turn) => turn,
            Err(failure) => return (Turn::default(), Err(failure)),
        };
        if turn.has_max_strikes() {
            return (turn, Err(Failure::AckWith(AckKind::Reject(killed_process_reason()))));
        }
        let done = self.handle(delivery).await;
        (turn, done)
    }

    async fn handle(&self, delivery: &PulledMessage) -> Result<(), Failure> {
        let input = Input { message: delivery.message.clone(), attempt: delivery.attempt };
        match caught(self.stage.handle(input)).await {
            Ok(Ok(())) => Ok(self.caller.context.check_fail_point(Point::Handled)?),
            Ok(Err(StageError::Retry { after, why })) => Err(Failure::Retry { after, why }),
            Ok(Err(StageError::Reject { why })) | Err(why) => Err(reject(why)),
        }
    }
}

/// The future's output, or the message of its panic.
pub async fn caught<T>(
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
    use crate::bus::Acker;
    use crate::error::Answer;
    use crate::sim::{SimBus, SimDisk, VirtualClock};

    /// Handles one message for each permit.
    struct Permitted(Semaphore);

    impl Stage for Permitted {
        fn handle(&self, _input: Input) -> BoxFuture<'_, Result<(), StageError>> {
            Box::pin(async {
                self.0.acquire().await.unwrap().forget();
                Ok(())
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
        let stop = CancellationToken::new();
        let worker = Worker {
            caller: BusCaller {
                context: StageContext::new(bus, clock),
                name: "stage".to_owned(),
                stop: stop.clone(),
            },
            ack_deadline: HEARTBEAT,
            tries: Tries::default(),
            stage: stage.clone(),
        };
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
