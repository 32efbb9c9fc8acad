//! The loop of a stage: pull, handle, publish, acknowledge. Nothing else acknowledges.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::outage::BusCaller;
use super::output_ids::OutputIds;
use super::referred::Referred;
use super::tries::Tries;
use super::work::Worker;
use super::{Stage, StageError};
use crate::bus::{PulledMessage, Subscription};
use crate::config::ConsumerConfig;
use crate::loops::{Event, HEARTBEAT, LoopError, RETRY, StageContext};
use crate::message::Stored;

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

#[cfg(test)]
mod tests {
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
