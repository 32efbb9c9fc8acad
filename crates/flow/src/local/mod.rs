//! The bus inside one process: implements [`Bus`] over a [`Runner`], and does the waiting.

mod chain;
mod keys;
mod reader;
mod subscription;

use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::bus::{Bus, ChainedPublisher, KeyValue, OrderedReader, Subscription};
use crate::clock::{Clock, UnixMillis};
use crate::config::{ConsumerConfig, StreamConfig, StreamState};
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};
use crate::objects::{ObjectStores, Objects};
use crate::store::{Engine, Expect, Runner, Step, call, query};
use crate::subject::check_name;

/// The bus inside one process. All clones are the same bus.
#[derive(Clone)]
pub struct LocalBus {
    runner: Arc<dyn Runner>,
    clock: Arc<dyn Clock>,
    object_stores: Arc<dyn ObjectStores>,
}

impl LocalBus {
    /// A bus over a runner of jobs and stores of objects.
    pub fn new(
        runner: Arc<dyn Runner>,
        clock: Arc<dyn Clock>,
        object_stores: Arc<dyn ObjectStores>,
    ) -> Self {
        Self { runner, clock, object_stores }
    }

    async fn call<T: Send + 'static>(
        &self,
        action: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
    ) -> Result<T, BusError> {
        call(&*self.runner, action).await
    }

    /// Like [`call`](Self::call), for a call that only reads: it does not wait for the writes of others.
    async fn query<T: Send + 'static>(
        &self,
        action: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
    ) -> Result<T, BusError> {
        query(&*self.runner, action).await
    }

    /// Repeats a call until it is done: each time that there may be room, or its time has come.
    async fn until_done<T, F>(&self, call: F) -> Result<T, BusError>
    where
        T: Send + 'static,
        F: FnMut(&mut Engine, UnixMillis) -> Result<Step<T>, BusError> + Clone + Send + 'static,
    {
        if let Step::Done(answer) = self.call(call.clone()).await? {
            return Ok(answer);
        }
        let room = self.call(|engine, _| Ok(engine.room_signal())).await?;
        self.until(&room, call).await
    }

    /// Repeats a call until it is done: each time that the signal comes, or its time has come.
    async fn until<T, F>(&self, signal: &Notify, call: F) -> Result<T, BusError>
    where
        T: Send + 'static,
        F: FnMut(&mut Engine, UnixMillis) -> Result<Step<T>, BusError> + Clone + Send + 'static,
    {
        loop {
            let changed = signal.notified();
            match self.call(call.clone()).await? {
                Step::Done(answer) => return Ok(answer),
                Step::Wait(until) => self.wait(changed, until).await,
            }
        }
    }

    /// Waits for a change since `changed` was created, or for a time.
    async fn wait(&self, changed: Notified<'_>, until: Option<UnixMillis>) {
        let Some(until) = until else {
            return changed.await;
        };
        // In a fixed order, so that a simulation is repeatable.
        tokio::select! {
            biased;
            () = changed => {}
            () = self.clock.sleep_until(until) => {}
        }
    }

    async fn publish_expecting(
        &self,
        message: Outgoing,
        expect: Expect,
    ) -> Result<Published, BusError> {
        // Shared, because the call is repeated if it must wait.
        let message = Arc::new(message);
        self.until_done(move |engine, now| engine.publish(&message, &expect, now)).await
    }
}

impl Bus for LocalBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        Box::pin(self.call(move |engine, _| engine.create_stream(&config)))
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        let stream = stream.to_owned();
        Box::pin(self.query(move |engine, now| engine.stream_state(&stream, now)))
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        Box::pin(self.publish_expecting(message, Expect::Nothing))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        Box::pin(self.publish_expecting(message, Expect::LastOnSubject(expected)))
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        Box::pin(chain::take_over(self.clone(), record, expected))
    }

    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>> {
        Box::pin(async move {
            let opened = consumer.clone();
            let open = move |engine: &mut Engine, _| {
                engine.subscribe(&opened)?;
                engine.readable_signal(&opened.stream)
            };
            let signal = self.call(open).await?;
            let subscription = subscription::LocalSubscription::new(self.clone(), consumer, signal);
            Ok(Box::new(subscription) as Box<dyn Subscription>)
        })
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let (stream, filter) = (stream.to_owned(), filter.to_owned());
        Box::pin(async move {
            let name = stream.clone();
            let signal = self.call(move |engine, _| engine.readable_signal(&name)).await?;
            let reader = reader::LocalReader::new(self.clone(), (stream, filter), from, signal);
            Ok(Box::new(reader) as Box<dyn OrderedReader>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        let (stream, reader) = (stream.to_owned(), reader.to_owned());
        Box::pin(self.call(move |engine, _| engine.mark_read(&stream, &reader, through)))
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        let stream = stream.to_owned();
        Box::pin(self.query(move |engine, now| engine.get(&stream, sequence, now)))
    }

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        let (stream, sequences) = (stream.to_owned(), sequences.to_vec());
        Box::pin(self.query(move |engine, now| {
            let get = |sequence: &u64| match engine.get(&stream, *sequence, now) {
                Err(error) if error.is_failure() => Err(error),
                answer => Ok(answer),
            };
            sequences.iter().map(get).collect()
        }))
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        let (stream, filter) = (stream.to_owned(), filter.to_owned());
        Box::pin(self.query(move |engine, _| engine.last(&stream, &filter)))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        check_name("bucket", bucket)?;
        Ok(Arc::new(keys::LocalKeys::new(self.clone(), bucket.to_owned())))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        check_name("store", store)?;
        Ok(self.object_stores.store(store))
    }
}
