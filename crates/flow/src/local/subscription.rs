//! Durable subscriptions on the bus of one process.
//!
//! Comes in: how many messages are wanted, and how each was settled. Goes out: deliveries. It never judges attempts.

use std::sync::Arc;

use tokio::sync::Notify;

use super::LocalBus;
use crate::BoxFuture;
use crate::bus::{Delivery, Settle, Settler, Subscription};
use crate::config::ConsumerConfig;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::Stored;
use crate::store::{DeliveredMessage, Step};

type Taking = BoxFuture<'static, Result<Step<Vec<DeliveredMessage>>, BusError>>;

pub(super) struct LocalSubscription {
    bus: LocalBus,
    consumer: Arc<ConsumerConfig>,
    /// A take under way. It stays when `next` is dropped, so that what it took is not lost until
    /// its deadline.
    taking: Option<Taking>,
    /// Comes whenever there may be more to take.
    signal: Arc<Notify>,
}

impl LocalSubscription {
    pub(super) fn new(bus: LocalBus, consumer: ConsumerConfig, signal: Arc<Notify>) -> Self {
        Self { bus, consumer: Arc::new(consumer), taking: None, signal }
    }

    async fn step(&mut self, max: usize) -> Result<Step<Vec<DeliveredMessage>>, BusError> {
        let taking = self.taking.get_or_insert_with(|| {
            let (bus, consumer) = (self.bus.clone(), self.consumer.clone());
            Box::pin(async move {
                bus.call(move |engine, now| engine.deliver(&consumer, max, now)).await
            })
        });
        let step = taking.await;
        self.taking = None;
        step
    }

    fn deliveries(&self, taken: Vec<DeliveredMessage>) -> Vec<Delivery> {
        let to_delivery = |DeliveredMessage { message, attempt }: DeliveredMessage| {
            let settler = Arc::new(LocalSettler {
                bus: self.bus.clone(),
                consumer: self.consumer.clone(),
                message: Arc::new(message.clone()),
                attempt,
            });
            Delivery { message, attempt, settler }
        };
        taken.into_iter().map(to_delivery).collect()
    }
}

impl Subscription for LocalSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            let (bus, signal) = (self.bus.clone(), self.signal.clone());
            loop {
                // What an earlier call asked may have been answered before this signal was listened
                // to: that there is nothing must be asked again.
                let is_stale = self.taking.is_some();
                let changed = signal.notified();
                match self.step(max).await? {
                    Step::Done(taken) => return Ok(self.deliveries(taken)),
                    Step::Wait(_) if is_stale => {}
                    Step::Wait(until) => bus.wait(changed, until).await,
                }
            }
        })
    }

    fn close(&mut self) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            match self.taking.take() {
                None => Ok(Vec::new()),
                Some(taking) => match taking.await? {
                    Step::Done(taken) => Ok(self.deliveries(taken)),
                    Step::Wait(_) => Ok(Vec::new()),
                },
            }
        })
    }
}

struct LocalSettler {
    bus: LocalBus,
    consumer: Arc<ConsumerConfig>,
    message: Arc<Stored>,
    attempt: u32,
}

impl Settler for LocalSettler {
    fn settle(&self, settle: Settle) -> Answer<'_, ()> {
        let (consumer, message) = (self.consumer.clone(), self.message.clone());
        let attempt = self.attempt;
        Box::pin(self.bus.until_done(move |engine, now| {
            engine.settle(&consumer, &message, attempt, &settle, now)
        }))
    }
}
