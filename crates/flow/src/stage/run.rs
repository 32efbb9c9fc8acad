//! The loop of a stage: take, handle, publish, settle; nobody else settles.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::work::Worker;
use super::{Stage, StageError};
use crate::bus::{Delivery, Subscription};
use crate::config::ConsumerConfig;
use crate::loops::{Event, HEARTBEAT, LoopError, Patience, Surroundings};
use crate::message::Stored;

/// How many named messages are fetched at once.
const FETCHES: usize = 64;

/// Runs a stage until it is told to stop; then finishes what was taken and returns.
///
/// At most `at_once` messages are in its hands. Messages of one subject are taken in order; with
/// `at_once = 1` they are handled in order too.
///
/// # Errors
/// [`LoopError::Bus`] where the stream, its dead letters or the configuration must be mended.
/// Whatever may pass is waited out.
pub async fn run_stage(
    surroundings: Surroundings,
    stage: Arc<dyn Stage>,
    consumer: ConsumerConfig,
    at_once: usize,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let worker = Worker {
        name: consumer.durable.clone(),
        ack_deadline: consumer.ack_deadline,
        fetches: Semaphore::new(FETCHES),
        surroundings,
        stage,
    };
    let running = Running { worker: Arc::new(worker), at_once, work: JoinSet::new(), stop };
    running.run(consumer).await
}

/// Has a stage handle one message anew, as when a person replays a dead letter: what it gives is
/// published, under the ids that it would have had.
///
/// # Errors
/// What the loop would have settled with.
pub async fn handle_once(
    surroundings: Surroundings,
    stage: Arc<dyn Stage>,
    message: Stored,
) -> Result<(), StageError> {
    let worker = Worker {
        name: "once".to_owned(),
        ack_deadline: HEARTBEAT,
        fetches: Semaphore::new(1),
        surroundings,
        stage,
    };
    worker.once(message).await
}

struct Running {
    worker: Arc<Worker>,
    at_once: usize,
    work: JoinSet<Result<(), LoopError>>,
    stop: CancellationToken,
}

impl Running {
    async fn run(mut self, consumer: ConsumerConfig) -> Result<(), LoopError> {
        let Some(mut subscription) = self.subscribe(consumer).await? else {
            return Ok(());
        };
        self.take_until_stopped(&mut *subscription).await?;
        match subscription.close().await {
            Ok(late) => self.start(late),
            Err(error) => self.observe(Event::BusFailed(&error)),
        }
        while let Some(done) = self.work.join_next().await {
            finished(done)?;
        }
        Ok(())
    }

    /// Subscribes as soon as the bus lets it; nothing where it is told to stop before.
    async fn subscribe(
        &self,
        consumer: ConsumerConfig,
    ) -> Result<Option<Box<dyn Subscription>>, LoopError> {
        let mut patience = Patience::default();
        let surroundings = &self.worker.surroundings;
        while !self.stop.is_cancelled() {
            match surroundings.bus.subscribe(consumer.clone()).await {
                Ok(subscription) => return Ok(Some(subscription)),
                Err(error) => {
                    patience.wait(surroundings, &self.worker.name, error, &self.stop).await?;
                }
            }
        }
        Ok(None)
    }

    async fn take_until_stopped(
        &mut self,
        subscription: &mut dyn Subscription,
    ) -> Result<(), LoopError> {
        let mut patience = Patience::default();
        let worker = self.worker.clone();
        loop {
            let free = self.at_once.saturating_sub(self.work.len());
            let taken = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(()),
                Some(done) = self.work.join_next(), if !self.work.is_empty() => {
                    finished(done)?;
                    continue;
                }
                taken = subscription.next(free), if free > 0 => taken,
                () = worker.surroundings.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    continue;
                }
            };
            match taken {
                Ok(deliveries) => {
                    patience.reset();
                    self.observe(Event::Alive);
                    self.start(deliveries);
                }
                Err(error) => {
                    patience.wait(&worker.surroundings, &worker.name, error, &self.stop).await?;
                }
            }
        }
    }

    fn start(&mut self, deliveries: Vec<Delivery>) {
        self.worker.stage.line_up(&deliveries);
        for delivery in deliveries {
            let worker = self.worker.clone();
            self.work.spawn(async move { worker.work(delivery).await });
        }
    }

    fn observe(&self, event: Event<'_>) {
        self.worker.surroundings.observer.observe(&self.worker.name, event);
    }
}

/// Fails where a test crashed the work. A panic outside `handle` is a fault of the loop itself.
fn finished(done: Result<Result<(), LoopError>, JoinError>) -> Result<(), LoopError> {
    match done {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // Only this loop could cancel its work, by being dropped.
        Err(_) => Ok(()),
    }
}
