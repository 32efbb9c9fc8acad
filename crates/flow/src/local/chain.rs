//! The chained publisher of a bus inside one process: each message expects its predecessor by id.
//!
//! After a failure it refuses everything.

use super::LocalBus;
use crate::bus::ChainedPublisher;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published};

struct LocalChain {
    bus: LocalBus,
    stream: String,
    /// The id of the last message that is certainly stored; `None` after a failure.
    predecessor: Option<String>,
}

pub(super) async fn take_over(
    bus: LocalBus,
    record: Outgoing,
    expected: u64,
) -> Result<Box<dyn ChainedPublisher>, BusError> {
    let subject = record.subject.clone();
    let find_stream = move |engine: &mut crate::store::Engine, _| {
        engine.stream_of(&subject).map(|index| engine.stream_name(index))
    };
    let stream = bus.call(find_stream).await?;
    let predecessor = Some(record.id.clone());
    match crate::Bus::publish_if_last(&bus, record, expected).await? {
        Published::New(_) => Ok(Box::new(LocalChain { bus, stream, predecessor })),
        // The record belongs to another writer, or to an earlier start of this process whose chain may be in
        // use.
        Published::Duplicate(found) => Err(BusError::Refused { expected, found }),
    }
}

impl ChainedPublisher for LocalChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            // Removed first: after a failure or a dropped future there is no predecessor to continue from.
            let fenced = || BusError::Fenced(self.stream.clone());
            let mut predecessor = self.predecessor.take().ok_or_else(fenced)?;
            let mut rest = messages;
            let mut sequences = Vec::new();
            while !rest.is_empty() {
                let (batch, after) = (rest.clone(), predecessor);
                let append = move |engine: &mut crate::store::Engine, now| {
                    engine.append(&batch, &after, now)
                };
                let stored = self.bus.until_done(append).await?;
                let appended: Vec<Outgoing> = rest.drain(..stored.len()).collect();
                let last =
                    appended.last().expect("a completed step has stored at least one message");
                predecessor = last.id.clone();
                sequences.extend(stored);
            }
            self.predecessor = Some(predecessor);
            Ok(sequences)
        })
    }
}
