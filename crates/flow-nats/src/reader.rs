//! Ordered reading, through a consumer of the server's that is made anew whenever it breaks.
//!
//! Nothing is acked. The deliveries of a consumer are numbered, so a gap shows at once; then, and
//! after a lost connection, reading goes on from the first message that is missing; unless the stream
//! went back in time meanwhile, which is said instead of waiting for what may never come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};
use tracing::debug;
use wirefold_flow::{Answer, BusError, OrderedReader, Position, Stored, rolled_back};

use crate::api::Reply;
use crate::delivered::delivered;
use crate::pull::{Broken, Pull, When};
use crate::streams::{nanos, no_jetstream};
use crate::{NatsBus, Shared};

/// How many messages are fetched ahead: they are not acked, so nothing is lost with them.
const AHEAD: usize = 256;
/// The server forgets a consumer that nobody has asked for so long; it is made anew then.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// How long a server that is behind is given before it is looked at again.
const CATCH_UP: Duration = Duration::from_millis(250);

/// What is to come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Next {
    /// The first sequence that has not come.
    sequence: u64,
    /// The number of the next delivery.
    number: u64,
}

/// What a delivery is, beside what was to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    InOrder,
    /// A consumer that starts after the end of its stream begins before.
    Early,
    /// One before it is missing.
    Gap,
}

impl Next {
    fn meet(&mut self, number: u64, sequence: u64) -> Came {
        if number != self.number {
            return Came::Gap;
        }
        self.number += 1;
        if sequence < self.sequence {
            return Came::Early;
        }
        self.sequence = sequence + 1;
        Came::InOrder
    }
}

pub(crate) struct NatsReader {
    shared: Arc<Shared>,
    stream: String,
    filter: String,
    next: Next,
    /// The last message that has come, or what is to stand before the first.
    read: Position,
    pull: Option<Pull>,
    ahead: VecDeque<Stored>,
}

/// How what has arrived goes on from what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Arrived {
    InOrder,
    Gap,
    /// Messages from before where reading began.
    Before,
}

impl NatsReader {
    pub(crate) fn new(shared: Arc<Shared>, stream: String, filter: String, from: u64) -> Self {
        let next = Next { sequence: from.max(1), number: 1 };
        let read = Position::at_sequence(next.sequence - 1);
        Self { shared, stream, filter, next, read, pull: None, ahead: VecDeque::new() }
    }

    /// Makes the consumer, so that a stream that is not there is told at once.
    pub(crate) async fn open(&mut self) -> Result<(), BusError> {
        let number = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
        let reader = format!("{}-{}-{number}", self.shared.name, self.shared.life);
        let mut config = json!({
            "name": reader,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": self.next.sequence,
            "ack_policy": "none",
            "replay_policy": "instant",
            "inactive_threshold": nanos(FORGOTTEN),
            "mem_storage": true,
            "num_replicas": 1,
        });
        let mut what = format!("CONSUMER.CREATE.{}.{reader}", self.stream);
        if self.filter != ">" {
            config["filter_subject"] = self.filter.as_str().into();
            what = format!("{what}.{}", self.filter);
        }
        let request = json!({ "stream_name": self.stream, "config": config, "action": "create" });
        match self.shared.link.api::<Value>(&what, &request).await? {
            Reply::Done(_) => {
                self.pull = Some(Pull::new(self.shared.link.clone(), &self.stream, &reader));
                self.next.number = 1;
                Ok(())
            }
            Reply::Failed(failure) => Err(failure.of_stream(&self.stream)),
            Reply::Nobody => Err(no_jetstream()),
        }
    }

    /// Has some messages come, and says whether there are no more now.
    async fn fetch(&mut self, when: When) -> Result<bool, BusError> {
        loop {
            if self.pull.is_none() {
                self.check().await?;
                self.open().await?;
            }
            let Some(pull) = &mut self.pull else {
                continue;
            };
            match pull.fill(AHEAD, when).await {
                Ok(()) => {}
                Err(Broken::Failed(error)) => return Err(error),
                Err(Broken::Lost | Broken::Gone) => {
                    // What had arrived is good as far as it is without a gap.
                    self.accept();
                    self.pull = None;
                    continue;
                }
            }
            let is_dry = pull.is_dry();
            match self.accept() {
                Arrived::InOrder => return Ok(is_dry),
                Arrived::Before => {
                    // A server of a cluster that is behind begins before; so does a new message of a stream
                    // that went back.
                    self.check().await?;
                    return Ok(is_dry);
                }
                Arrived::Gap => {}
            }
            debug!(
                stream = self.stream,
                from = self.next.sequence,
                "a gap, reading anew from there"
            );
            self.pull = None;
        }
    }

    /// Fails where the stream went back in time since it was read.
    async fn check(&self) -> Result<(), BusError> {
        let bus = NatsBus(self.shared.clone());
        match rolled_back(&bus, &self.stream, &self.read).await? {
            Some(how) => Err(how.error(&self.stream)),
            None => Ok(()),
        }
    }

    /// Whether the stream goes on where the server that serves this reader has nothing more: in a
    /// cluster it may be behind the one that leads the stream.
    async fn lags(&self) -> Result<bool, BusError> {
        let Shared { link, .. } = &*self.shared;
        if link.cluster().is_none() {
            return Ok(false);
        }
        let last = link.last(&self.stream, &self.filter).await?;
        Ok(last.is_some_and(|last| last.sequence >= self.next.sequence))
    }

    /// Takes over what has arrived, up to a gap.
    fn accept(&mut self) -> Arrived {
        let arrived = self.pull.iter_mut().flat_map(|pull| pull.arrived().drain(..));
        let mut is_before = false;
        for message in arrived.filter_map(delivered) {
            match self.next.meet(message.number, message.stored.sequence) {
                Came::InOrder => {
                    self.read = Position::from(&message.stored);
                    self.ahead.push_back(message.stored);
                }
                Came::Early => is_before = true,
                Came::Gap => return Arrived::Gap,
            }
        }
        if is_before { Arrived::Before } else { Arrived::InOrder }
    }

    fn take(&mut self, max: usize) -> Vec<Stored> {
        let count = max.min(self.ahead.len());
        self.ahead.drain(..count).collect()
    }
}

impl OrderedReader for NatsReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            while self.ahead.is_empty() {
                self.fetch(When::Arrived).await?;
            }
            Ok(self.take(max))
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            while self.ahead.len() < max {
                if !self.fetch(When::Ready).await? {
                    continue;
                }
                if !self.lags().await? {
                    break;
                }
                // What has arrived by then stays.
                let _ = tokio::time::timeout(CATCH_UP, self.fetch(When::Arrived)).await;
            }
            Ok(self.take(max))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Came, Next};

    #[test]
    fn a_delivery_that_is_missing_shows() {
        let mut next = Next { sequence: 10, number: 1 };
        // The end of the stream, before what was asked for.
        assert_eq!(next.meet(1, 7), Came::Early);
        assert_eq!(next.meet(2, 10), Came::InOrder);
        // Sequences that the filter does not take in are no gap.
        assert_eq!(next.meet(3, 15), Came::InOrder);
        assert_eq!(next.meet(5, 17), Came::Gap);
        assert_eq!(next, Next { sequence: 16, number: 4 });
    }
}
