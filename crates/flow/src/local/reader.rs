//! Ordered reading on the bus of one process.

use std::sync::Arc;

use tokio::sync::Notify;

use super::LocalBus;
use crate::bus::{Answer, OrderedReader};
use crate::message::Stored;
use crate::store::{Engine, Step};

pub(super) struct LocalReader {
    bus: LocalBus,
    stream: String,
    filter: String,
    /// The first sequence not looked at.
    next: u64,
    /// Comes whenever there is more to read.
    signal: Arc<Notify>,
}

impl LocalReader {
    pub(super) fn new(
        bus: LocalBus,
        (stream, filter): (String, String),
        from: u64,
        signal: Arc<Notify>,
    ) -> Self {
        Self { bus, stream, filter, next: from, signal }
    }
}

impl OrderedReader for LocalReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                let (stream, filter) = (self.stream.clone(), self.filter.clone());
                let from = self.next;
                let ask =
                    move |engine: &mut Engine, now| engine.read(&stream, &filter, from, max, now);
                let (found, next) = self.bus.until(&self.signal, ask).await?;
                self.next = next;
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            let (stream, filter, from) = (self.stream.clone(), self.filter.clone(), self.next);
            let step = self
                .bus
                .call(move |engine, now| engine.read(&stream, &filter, from, max, now))
                .await?;
            let Step::Done((found, next)) = step else {
                return Ok(Vec::new());
            };
            self.next = next;
            Ok(found)
        })
    }
}
