//! Ordered reading on a bus inside one process.

use std::sync::Arc;

use tokio::sync::Notify;

use super::LocalBus;
use crate::bus::OrderedReader;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::Stored;
use crate::store::{Engine, Step};

pub(super) struct LocalReader {
    bus: LocalBus,
    stream: String,
    filter: String,
    /// The first sequence not read yet.
    next: u64,
    /// Notified whenever there is more to read.
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
