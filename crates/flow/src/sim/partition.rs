//! The link from one process to the bus, which a test can cut. While it is cut, calls wait, as over a
//! network that drops everything. They go on once the link is healed.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use crate::bus::{Bus, ChainedPublisher, Entry, KeyValue, OrderedReader, Subscription};
use crate::config::{ConsumerConfig, StreamConfig, StreamState};
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published, Stored};
use crate::objects::Objects;

/// A bus behind a link that can be cut. Calls made meanwhile are carried out once it is healed, unless
/// their futures were dropped. A paused process behaves the same. Objects and durable subscriptions do
/// not use the link.
pub struct Partition {
    bus: Arc<dyn Bus>,
    link: Link,
    is_cut: watch::Sender<bool>,
}

#[derive(Clone)]
struct Link(watch::Receiver<bool>);

impl Link {
    async fn healed(&self) {
        // If the sender is gone, so is the bus.
        let _ = self.0.clone().wait_for(|is_cut| !is_cut).await;
    }

    /// Carries out a call, and returns its answer, both over the link.
    fn call<'a, T: Send + 'a>(&self, call: Answer<'a, T>) -> Answer<'a, T> {
        let link = self.clone();
        Box::pin(async move {
            link.healed().await;
            let answer = call.await;
            link.healed().await;
            answer
        })
    }
}

impl Partition {
    /// A link that is not cut.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>) -> Self {
        let (is_cut, link) = watch::channel(false);
        Self { bus, link: Link(link), is_cut }
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
        self.link.call(self.bus.create_stream(config))
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        self.link.call(self.bus.stream_state(stream))
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        self.link.call(self.bus.publish(message))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        self.link.call(self.bus.publish_if_last(message, expected))
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        let call = self.link.call(self.bus.take_over(record, expected));
        Box::pin(async move {
            Ok(Box::new(PartitionedChain { chain: call.await?, link: self.link.clone() }) as Box<_>)
        })
    }

    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>> {
        self.bus.subscribe(consumer)
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let call = self.link.call(self.bus.read(stream, filter, from));
        Box::pin(async move {
            Ok(Box::new(PartitionedReader { reader: call.await?, link: self.link.clone() })
                as Box<_>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        self.link.call(self.bus.mark_read(stream, reader, through))
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        self.link.call(self.bus.get(stream, sequence))
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        self.link.call(self.bus.last(stream, filter))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        let keys = self.bus.key_value(bucket)?;
        Ok(Arc::new(PartitionedKeys { keys, link: self.link.clone() }))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

struct PartitionedChain {
    chain: Box<dyn ChainedPublisher>,
    link: Link,
}

impl ChainedPublisher for PartitionedChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        self.link.call(self.chain.append(messages))
    }
}

struct PartitionedReader {
    reader: Box<dyn OrderedReader>,
    link: Link,
}

impl OrderedReader for PartitionedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            // Nothing is read while the link is cut, so no message is lost if this future is dropped.
            self.link.healed().await;
            self.reader.next(max).await
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.link.call(self.reader.ready(max))
    }
}

struct PartitionedKeys {
    keys: Arc<dyn KeyValue>,
    link: Link,
}

impl KeyValue for PartitionedKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        self.link.call(self.keys.get(key))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        self.link.call(self.keys.put(key, value))
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.link.call(self.keys.put_if(key, value, expected))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.link.call(self.keys.delete(key))
    }

    fn changes_under<'a>(&'a self, names: &'a [&'a str]) -> Answer<'a, Vec<Entry>> {
        self.link.call(self.keys.changes_under(names))
    }

    fn changes(&self, after: u64) -> Answer<'_, Vec<Entry>> {
        self.link.call(self.keys.changes(after))
    }
}
