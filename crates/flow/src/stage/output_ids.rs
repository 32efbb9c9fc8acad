//! Finds out which messages a stage has published already. A stream may forget the ids of its output
//! before an input is delivered again.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Emit;
use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::position::{Position, first_since, rolled_back};

/// The ids of output this old may be forgotten: half of the shortest window of wirefold's streams.
pub(super) const IDS_MAY_EXPIRE_AFTER: Duration = Duration::from_mins(5);
/// How much the clocks of two servers may differ.
const SLACK: Duration = Duration::from_mins(1);

/// The most ids in memory. Beyond that, the stream is read again.
const MAX_IDS: usize = 1 << 19;

/// The ids in a stage's output stream, as far as they were needed. Each message of the stream is read
/// once, however many inputs come again after a long outage.
#[derive(Default)]
pub(super) struct OutputIds(Mutex<ReadMessages>);

/// The messages that were read, from one sequence to another.
#[derive(Default)]
struct ReadMessages {
    first: u64,
    /// The first sequence that was not read yet.
    next: u64,
    /// The last message that was read, by which a stream that went back in time is recognised.
    last: Position,
    ids: HashSet<String>,
    /// The total number of messages read.
    reads: u64,
}

impl OutputIds {
    /// Removes the messages that the stream has stored since then.
    pub(super) async fn without_published(
        &self,
        bus: &dyn Bus,
        stream: &str,
        since: UnixMillis,
        emits: Vec<Emit>,
    ) -> Result<Vec<Emit>, BusError> {
        let mut read_messages = self.0.lock().await;
        read_messages.read_since(bus, stream, since).await?;
        let is_published =
            |emit: &Emit| id_of(emit).is_some_and(|id| read_messages.ids.contains(id));
        Ok(emits.into_iter().filter(|emit| !is_published(emit)).collect())
    }
}

impl ReadMessages {
    /// Reads the messages since then that were not read yet.
    async fn read_since(
        &mut self,
        bus: &dyn Bus,
        stream: &str,
        since: UnixMillis,
    ) -> Result<(), BusError> {
        let is_rolled_back = rolled_back(bus, stream, &self.last).await?.is_some();
        if is_rolled_back || self.ids.len() > MAX_IDS {
            *self = Self { reads: self.reads, ..Self::default() };
        }
        let since = UnixMillis(since.0.saturating_sub(SLACK.as_millis() as u64));
        let state = bus.stream_state(stream).await?;
        let from = first_since(bus, stream, state.first, state.last, since).await?;
        if self.next == 0 {
            (self.first, self.next) = (from, from);
        }
        // After a failure in between, `first` and `next` still enclose only messages that were read.
        for sequence in (from..self.first).rev() {
            self.read(bus, stream, sequence).await?;
            self.first = sequence;
        }
        for sequence in self.next..=state.last {
            self.read(bus, stream, sequence).await?;
            self.next = sequence + 1;
        }
        Ok(())
    }

    async fn read(&mut self, bus: &dyn Bus, stream: &str, sequence: u64) -> Result<(), BusError> {
        self.reads += 1;
        match bus.get(stream, sequence).await {
            Ok(stored) => {
                if sequence >= self.last.sequence {
                    self.last = Position::from(&stored);
                }
                self.ids.insert(stored.id);
                Ok(())
            }
            Err(BusError::Gone { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The id of a message that is published by its id. The other form has a subject of its own.
fn id_of(emit: &Emit) -> Option<&str> {
    match emit {
        Emit::Message(message) => Some(&message.id),
        Emit::FirstOnSubject(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::Clock;
    use crate::config::StreamConfig;
    use crate::message::Outgoing;
    use crate::sim::{SimBus, SimDisk, VirtualClock};

    const MESSAGES: u64 = 300;

    fn emits(id: &str) -> Vec<Emit> {
        vec![Emit::Message(Outgoing::new("out.x", id, ""))]
    }

    #[tokio::test(start_paused = true)]
    async fn reads_each_message_once_however_many_come_again() {
        let clock = VirtualClock::default();
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        bus.create_stream(StreamConfig::new("OUT", &["out.>"])).await.unwrap();
        let mut times = Vec::new();
        for number in 0..MESSAGES {
            times.push(clock.now());
            bus.publish(Outgoing::new("out.x", format!("m{number}"), "")).await.unwrap();
            clock.advance(Duration::from_mins(2));
        }
        let output_ids = OutputIds::default();
        // The later ones first: the earlier messages are read after them.
        for number in (0..MESSAGES).rev().step_by(3) {
            let since = times[usize::try_from(number).unwrap()];
            let stored = emits(&format!("m{number}"));
            let rest = output_ids.without_published(&*bus, "OUT", since, stored).await.unwrap();
            assert_eq!(rest.len(), 0, "m{number} is stored");
            let fresh = emits(&format!("new{number}"));
            let left = output_ids.without_published(&*bus, "OUT", since, fresh).await.unwrap();
            assert_eq!(left.len(), 1, "new{number} is not");
        }
        let reads = output_ids.0.lock().await.reads;
        assert!(reads <= MESSAGES, "{reads} reads of {MESSAGES} messages");
    }
}
