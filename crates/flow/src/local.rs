//! The bus inside one process: implements [`Bus`] over a [`Runner`], and does the waiting.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::bus::{Bus, Entry, KeyValue, OrderedReader};
use crate::clock::{Clock, UnixMillis};
use crate::config::{StreamConfig, StreamState};
use crate::error::{Answer, BusError};
use crate::message::{Outgoing, Published, Stored};
use crate::objects::{ObjectStores, Objects};
use crate::store::{Engine, Expect, Runner, Step, submit};
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
        submit(&*self.runner, false, action).await
    }

    /// Like [`call`](Self::call), for a call that only reads: it does not wait for the writes of others.
    async fn query<T: Send + 'static>(
        &self,
        action: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
    ) -> Result<T, BusError> {
        submit(&*self.runner, true, action).await
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
        loop {
            let changed = room.notified();
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
        self.until_done(move |engine, now| engine.publish(&message, expect, now)).await
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

    fn append<'a>(
        &'a self,
        _stream: &'a str,
        after: u64,
        messages: Vec<Outgoing>,
    ) -> Answer<'a, u64> {
        Box::pin(async move {
            let (messages, mut stored) = (Arc::new(messages), 0);
            while stored < messages.len() {
                let (rest, end) = (messages.clone(), after + stored as u64);
                let append =
                    move |engine: &mut Engine, now| engine.append(&rest[stored..], end, now);
                stored += self.until_done(append).await?;
            }
            Ok(after + stored as u64)
        })
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let (stream, filter) = (stream.to_owned(), filter.to_owned());
        Box::pin(async move {
            let name = stream.clone();
            let signal = self.call(move |engine, _| engine.readable_signal(&name)).await?;
            let reader = LocalReader { bus: self.clone(), stream, filter, next: from, signal };
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

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        let (stream, filter) = (stream.to_owned(), filter.to_owned());
        Box::pin(self.query(move |engine, _| engine.last(&stream, &filter)))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        check_name("bucket", bucket)?;
        Ok(Arc::new(LocalKeys { bus: self.clone(), bucket: bucket.to_owned() }))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        check_name("store", store)?;
        Ok(self.object_stores.store(store))
    }
}

struct LocalKeys {
    bus: LocalBus,
    bucket: String,
}

impl LocalKeys {
    fn change(&self, key: &str, value: Option<Bytes>, expected: Option<u64>) -> Answer<'_, u64> {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        Box::pin(
            self.bus
                .call(move |engine, _| engine.put_entry(&bucket, &key, value.as_ref(), expected)),
        )
    }
}

impl KeyValue for LocalKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        Box::pin(self.bus.query(move |engine, _| {
            Ok(engine.entry(&bucket, &key)?.filter(|entry| entry.value.is_some()))
        }))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        self.change(key, Some(value), None)
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.change(key, Some(value), Some(expected))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.change(key, None, None)
    }

    fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>> {
        let bucket = self.bucket.clone();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Box::pin(self.bus.query(move |engine, _| engine.entries(&bucket, &names, after)))
    }
}

struct LocalReader {
    bus: LocalBus,
    stream: String,
    filter: String,
    /// The first sequence not read yet.
    next: u64,
    /// Notified whenever there is more to read.
    signal: Arc<Notify>,
}

impl LocalReader {
    /// The next messages, and the sequence after them.
    async fn step(&self, max: usize) -> Result<Step<(Vec<Stored>, u64)>, BusError> {
        let (stream, filter, from) = (self.stream.clone(), self.filter.clone(), self.next);
        let read = move |engine: &mut Engine, now| engine.read(&stream, &filter, from, max, now);
        self.bus.query(read).await
    }
}

impl OrderedReader for LocalReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                // Created before the read, so that no notification in between is missed.
                let changed = self.signal.notified();
                match self.step(max).await? {
                    Step::Wait(until) => self.bus.wait(changed, until).await,
                    Step::Done((found, next)) => {
                        self.next = next;
                        if !found.is_empty() {
                            return Ok(found);
                        }
                    }
                }
            }
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            let Step::Done((found, next)) = self.step(max).await? else {
                return Ok(Vec::new());
            };
            self.next = next;
            Ok(found)
        })
    }
}
