//! Which messages a stage has published already. A stream forgets ids sooner than a message may come again.
//!
//! Comes in: a stream, and what a stage is about to publish into it. Goes out: what the stream does not have yet. It never
//! knows why a message came again.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Emit;
use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::position::{Position, first_since, rolled_back};

/// A message that is older, and comes again, may have been handled before its ids were forgotten:
/// half of the shortest window that anything of ours is made with.
pub(super) const AFTER: Duration = Duration::from_mins(5);
/// How far the clocks of two servers may be apart.
const SLACK: Duration = Duration::from_mins(1);

/// So many ids are remembered; beyond that they are read anew.
const MOST: usize = 1 << 19;

/// The ids of a stage's output, as far as anybody had to look at it: each message is read once, however
/// many come again after a long outage.
#[derive(Default)]
pub(super) struct OutputIds(Mutex<Seen>);

/// The messages between two sequences.
#[derive(Default)]
struct Seen {
    first: u64,
    /// The first that was not read yet.
    next: u64,
    /// The last that was read: another one there, and the stream went back in time.
    last: Position,
    ids: HashSet<String>,
    /// Messages that were read, in all.
    reads: u64,
}

impl OutputIds {
    /// Leaves out what the stream has taken since then.
    pub(super) async fn without_published(
        &self,
        bus: &dyn Bus,
        stream: &str,
        since: UnixMillis,
        emits: Vec<Emit>,
    ) -> Result<Vec<Emit>, BusError> {
        let mut seen = self.0.lock().await;
        seen.read_since(bus, stream, since).await?;
        let is_published = |emit: &Emit| id_of(emit).is_some_and(|id| seen.ids.contains(id));
        Ok(emits.into_iter().filter(|emit| !is_published(emit)).collect())
    }
}

impl Seen {
    /// Reads what it has not seen of what the stream has taken since then.
    async fn read_since(
        &mut self,
        bus: &dyn Bus,
        stream: &str,
        since: UnixMillis,
    ) -> Result<(), BusError> {
        let is_void = rolled_back(bus, stream, &self.last).await?.is_some();
        if is_void || self.ids.len() > MOST {
            *self = Self { reads: self.reads, ..Self::default() };
        }
        let since = UnixMillis(since.0.saturating_sub(SLACK.as_millis() as u64));
        let state = bus.stream_state(stream).await?;
        let from = first_since(bus, stream, state.first, state.last, since).await?;
        if self.next == 0 {
            (self.first, self.next) = (from, from);
        }
        // A failure in between leaves what is not read outside.
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

/// Of what is published by its id. The other form has a subject of its own.
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
    async fn each_message_is_read_once_however_many_come_again() {
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
        // The later ones first: what is before them is read behind.
        for number in (0..MESSAGES).rev().step_by(3) {
            let since = times[usize::try_from(number).unwrap()];
            let known = emits(&format!("m{number}"));
            let none = output_ids.without_published(&*bus, "OUT", since, known).await.unwrap();
            assert_eq!(none.len(), 0, "m{number} stands");
            let fresh = emits(&format!("new{number}"));
            let left = output_ids.without_published(&*bus, "OUT", since, fresh).await.unwrap();
            assert_eq!(left.len(), 1, "new{number} does not");
        }
        let reads = output_ids.0.lock().await.reads;
        assert!(reads <= MESSAGES, "{reads} reads of {MESSAGES} messages");
    }
}
