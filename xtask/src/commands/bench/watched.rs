//! A bus that records how far one service has come.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;
use wirefold_flow::{
    Answer, Bus, BusError, ChainedPublisher, ConsumerConfig, Event, KeyValue, Objects, Observer,
    OrderedReader, Outgoing, Published, Stored, StreamConfig, StreamState, Subscription,
};

/// How far a service has come.
#[derive(Default)]
pub(super) struct Progress {
    handled: AtomicU64,
    done: AtomicU64,
    changed: Notify,
}

impl Progress {
    /// Waits until everything up to a sequence of its stream is handled.
    pub(super) async fn until_handled(&self, sequence: u64) {
        self.until(&self.handled, sequence).await;
    }

    /// Waits until this many messages of its subscription are done.
    pub(super) async fn until_done(&self, messages: u64) {
        self.until(&self.done, messages).await;
    }

    async fn until(&self, counter: &AtomicU64, wanted: u64) {
        loop {
            let changed = self.changed.notified();
            if counter.load(Ordering::SeqCst) >= wanted {
                return;
            }
            changed.await;
        }
    }

    fn note_handled(&self, sequence: u64) {
        self.handled.fetch_max(sequence, Ordering::SeqCst);
        self.changed.notify_waiters();
    }
}

impl Observer for Progress {
    fn observe(&self, _name: &str, event: Event<'_>) {
        if matches!(event, Event::Done | Event::Rejected { .. }) {
            self.done.fetch_add(1, Ordering::SeqCst);
            self.changed.notify_waiters();
        }
    }
}

/// The bus of one service.
pub(super) struct WatchedBus {
    bus: Arc<dyn Bus>,
    /// The stream whose reading is recorded.
    stream: &'static str,
    progress: Arc<Progress>,
}

impl WatchedBus {
    pub(super) fn new(bus: Arc<dyn Bus>, stream: &'static str, progress: Arc<Progress>) -> Self {
        Self { bus, stream, progress }
    }
}

impl Bus for WatchedBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        self.bus.create_stream(config)
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        self.bus.stream_state(stream)
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        self.bus.publish(message)
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        self.bus.publish_if_last(message, expected)
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        self.bus.take_over(record, expected)
    }

    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>> {
        self.bus.subscribe(consumer)
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let reading = self.bus.read(stream, filter, from);
        let is_watched = stream == self.stream;
        let progress = self.progress.clone();
        Box::pin(async move {
            let reader = reading.await?;
            if !is_watched {
                return Ok(reader);
            }
            let watched = WatchedReader { reader, given: from.saturating_sub(1), progress };
            Ok(Box::new(watched) as Box<dyn OrderedReader>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        self.bus.mark_read(stream, reader, through)
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        self.bus.get(stream, sequence)
    }

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        self.bus.get_each(stream, sequences)
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        self.bus.last(stream, filter)
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        self.bus.key_value(bucket)
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

/// A request for more means that the previous messages are handled.
struct WatchedReader {
    reader: Box<dyn OrderedReader>,
    given: u64,
    progress: Arc<Progress>,
}

impl WatchedReader {
    fn give(&mut self, messages: Vec<Stored>) -> Vec<Stored> {
        self.given = messages.last().map_or(self.given, |message| message.sequence);
        messages
    }
}

impl OrderedReader for WatchedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.progress.note_handled(self.given);
        Box::pin(async move {
            let messages = self.reader.next(max).await?;
            Ok(self.give(messages))
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        self.progress.note_handled(self.given);
        Box::pin(async move {
            let messages = self.reader.ready(max).await?;
            Ok(self.give(messages))
        })
    }
}
