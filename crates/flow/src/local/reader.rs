//! Ordered reading on the bus of one process.
//!
//! Comes in: a stream, a filter and a sequence. Goes out: messages in order. It never acknowledges.

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

    /// What stands at its place, and the place after it.
    async fn step(&self, max: usize) -> Result<Step<(Vec<Stored>, u64)>, BusError> {
        let (stream, filter, from) = (self.stream.clone(), self.filter.clone(), self.next);
        let read = move |engine: &mut Engine, now| engine.read(&stream, &filter, from, max, now);
        self.bus.ask(read).await
    }
}

impl OrderedReader for LocalReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                // Listened to before it is asked for, so that nothing comes unnoticed in between.
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
