//! The way from one process to the bus, which a test can cut. While it is cut, calls wait, as over a network that drops
//! everything.
//!
//! It never loses a call: a call goes on when the way is whole again.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::bus::{Bus, ChainedPublisher, Entry, KeyValue, OrderedReader, Subscription};
use crate::config::{ConsumerConfig, StreamConfig, StreamState};
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};
use crate::objects::Objects;

/// A bus behind a way that can be cut: what is asked meanwhile is carried out once it is healed, as far as
/// somebody still waits for it. So is everything of a process that is paused. Objects and durable
/// subscriptions go another way.
pub struct Partition {
    bus: Arc<dyn Bus>,
    way: Way,
    is_cut: watch::Sender<bool>,
}

#[derive(Clone)]
struct Way(watch::Receiver<bool>);

impl Way {
    async fn whole(&self) {
        // Where its other end is gone, so is the bus that it led to.
        let _ = self.0.clone().wait_for(|is_cut| !is_cut).await;
    }

    /// Carries out a call, and brings its answer back.
    fn go<'a, T: Send + 'a>(&self, call: Answer<'a, T>) -> Answer<'a, T> {
        let way = self.clone();
        Box::pin(async move {
            way.whole().await;
            let answer = call.await;
            way.whole().await;
            answer
        })
    }
}

impl Partition {
    /// A way that is whole.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        let (is_cut, way) = watch::channel(false);
        Self { bus, way: Way(way), is_cut }
    }

    /// Lets nothing through from now on.
    pub fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    /// Lets everything through again.
    pub fn heal(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Bus for Partition {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        self.way.go(self.bus.create_stream(config))
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        self.way.go(self.bus.stream_state(stream))
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        self.way.go(self.bus.publish(message))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        self.way.go(self.bus.publish_if_last(message, expected))
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        let call = self.way.go(self.bus.take_over(record, expected));
        Box::pin(async move {
            Ok(Box::new(PartedChain { chain: call.await?, way: self.way.clone() }) as Box<_>)
        })
    }

    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>> {
        self.bus.subscribe(consumer)
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let call = self.way.go(self.bus.read(stream, filter, from));
        Box::pin(async move {
            Ok(Box::new(PartedReader { reader: call.await?, way: self.way.clone() }) as Box<_>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        self.way.go(self.bus.mark_read(stream, reader, through))
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        self.way.go(self.bus.get(stream, sequence))
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        self.way.go(self.bus.last(stream, filter))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        let keys = self.bus.key_value(bucket)?;
        Ok(Arc::new(PartedKeys { keys, way: self.way.clone() }))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

struct PartedChain {
    chain: Box<dyn ChainedPublisher>,
    way: Way,
}

impl ChainedPublisher for PartedChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        self.way.go(self.chain.append(messages))
    }
}

struct PartedReader {
    reader: Box<dyn OrderedReader>,
    way: Way,
}

impl OrderedReader for PartedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            // What has come must not be lost where this is dropped: nothing is taken while it is cut.
            self.way.whole().await;
            self.reader.next(max).await
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.way.go(self.reader.ready(max))
    }
}

struct PartedKeys {
    keys: Arc<dyn KeyValue>,
    way: Way,
}

impl KeyValue for PartedKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        self.way.go(self.keys.get(key))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        self.way.go(self.keys.put(key, value))
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.way.go(self.keys.put_if(key, value, expected))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.way.go(self.keys.delete(key))
    }

    fn changes_under<'a>(&'a self, names: &'a [&'a str]) -> Answer<'a, Vec<Entry>> {
        self.way.go(self.keys.changes_under(names))
    }

    fn changes(&self, after: u64) -> Answer<'_, Vec<Entry>> {
        self.way.go(self.keys.changes(after))
    }
}
