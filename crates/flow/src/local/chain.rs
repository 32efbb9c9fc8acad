//! The chained publisher of the bus of one process: each message expects its predecessor by id.
//!
//! Comes in: decisions in order. Goes out: their sequences, or that another writer has taken over. It never goes on
//! after a failure.

use super::LocalBus;
use crate::bus::ChainedPublisher;
use crate::error::Answer;
use crate::error::BusError;
use crate::message::{Outgoing, Published};

struct LocalChain {
    bus: LocalBus,
    stream: String,
    /// The id of the last message that is known to stand; none after a failure.
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
        // The record is another's, or of another life of ours: its chain may be in use.
        Published::Duplicate(found) => Err(BusError::Refused { expected, found }),
    }
}

impl ChainedPublisher for LocalChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            // Taken out, so that a failure or a dropped future leaves nothing to go on from.
            let fenced = || BusError::Fenced(self.stream.clone());
            let mut predecessor = self.predecessor.take().ok_or_else(fenced)?;
            let mut rest = messages;
            let mut sequences = Vec::new();
            while !rest.is_empty() {
                let (batch, after) = (rest.clone(), predecessor);
                let ask = move |engine: &mut crate::store::Engine, now| {
                    engine.append(&batch, &after, now)
                };
                let stored = self.bus.until_done(ask).await?;
                let appended: Vec<Outgoing> = rest.drain(..stored.len()).collect();
                let last = appended.last().expect("a step that is done has stored one");
                predecessor = last.id.clone();
                sequences.extend(stored);
            }
            self.predecessor = Some(predecessor);
            Ok(sequences)
        })
    }
}
