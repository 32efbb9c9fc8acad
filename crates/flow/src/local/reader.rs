//! Ordered reading on the bus of one process.

use super::LocalBus;
use crate::bus::{Answer, OrderedReader};
use crate::message::Stored;
use crate::store::Step;

pub(super) struct LocalReader {
    bus: LocalBus,
    stream: String,
    filter: String,
    /// The first sequence not looked at.
    next: u64,
}

impl LocalReader {
    pub(super) fn new(bus: LocalBus, stream: String, filter: String, from: u64) -> Self {
        Self { bus, stream, filter, next: from }
    }
}

impl OrderedReader for LocalReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                let (stream, filter) = (self.stream.clone(), self.filter.clone());
                let from = self.next;
                let (found, next) = self
                    .bus
                    .until_done(move |engine, now| engine.read(&stream, &filter, from, max, now))
                    .await?;
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
