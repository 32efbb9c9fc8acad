//! Durable subscriptions on a bus inside one process.

use std::sync::Arc;

use tokio::sync::Notify;

use super::LocalBus;
use crate::BoxFuture;
use crate::bus::{AckKind, Acker, PulledMessage, Subscription};
use crate::config::ConsumerConfig;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::Stored;
use crate::store::{DeliveredMessage, Step};

type Pull = BoxFuture<'static, Result<Step<Vec<DeliveredMessage>>, BusError>>;

pub(super) struct LocalSubscription {
    bus: LocalBus,
    consumer: Arc<ConsumerConfig>,
    /// A pull under way. It is kept when `next` is dropped. Otherwise its messages would be lost until
    /// their deadline.
    pull: Option<Pull>,
    /// Notified whenever there may be more messages.
    signal: Arc<Notify>,
}

impl LocalSubscription {
    pub(super) fn new(bus: LocalBus, consumer: ConsumerConfig, signal: Arc<Notify>) -> Self {
        Self { bus, consumer: Arc::new(consumer), pull: None, signal }
    }

    async fn step(&mut self, max: usize) -> Result<Step<Vec<DeliveredMessage>>, BusError> {
        let pull = self.pull.get_or_insert_with(|| {
            let (bus, consumer) = (self.bus.clone(), self.consumer.clone());
            Box::pin(async move {
                bus.call(move |engine, now| engine.deliver(&consumer, max, now)).await
            })
        });
        let step = pull.await;
        self.pull = None;
        step
    }

    fn deliveries(&self, delivered: Vec<DeliveredMessage>) -> Vec<PulledMessage> {
        let to_delivery = |DeliveredMessage { message, attempt }: DeliveredMessage| {
            let acker = Arc::new(LocalAcker {
                bus: self.bus.clone(),
                consumer: self.consumer.clone(),
                message: Arc::new(message.clone()),
                attempt,
            });
            PulledMessage { message, attempt, acker }
        };
        delivered.into_iter().map(to_delivery).collect()
    }
}

impl Subscription for LocalSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            let (bus, signal) = (self.bus.clone(), self.signal.clone());
            loop {
                // The answer to an earlier pull may be older than this signal. If it has no messages,
                // pull again.
                let is_stale = self.pull.is_some();
                let changed = signal.notified();
                match self.step(max).await? {
                    Step::Done(delivered) => return Ok(self.deliveries(delivered)),
                    Step::Wait(_) if is_stale => {}
                    Step::Wait(until) => bus.wait(changed, until).await,
                }
            }
        })
    }

    fn close(&mut self) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            match self.pull.take() {
                None => Ok(Vec::new()),
                Some(pull) => match pull.await? {
                    Step::Done(delivered) => Ok(self.deliveries(delivered)),
                    Step::Wait(_) => Ok(Vec::new()),
                },
            }
        })
    }
}

struct LocalAcker {
    bus: LocalBus,
    consumer: Arc<ConsumerConfig>,
    message: Arc<Stored>,
    attempt: u32,
}

impl Acker for LocalAcker {
    fn ack_with(&self, kind: AckKind) -> Answer<'_, ()> {
        let (consumer, message) = (self.consumer.clone(), self.message.clone());
        let attempt = self.attempt;
        Box::pin(self.bus.until_done(move |engine, now| {
            engine.apply_ack(&consumer, &message, attempt, &kind, now)
        }))
    }
}
