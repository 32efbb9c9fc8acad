//! Reads a stream in order, from a sequence on. The server stores nothing for the reader.
//!
//! At the end of a stream the reader waits for a signal that the server has stored a message, and then
//! requests it at once. It also polls, in case the signal does not come. After a lost connection, an
//! error or a quiet time it checks whether the stream still has the last message read. If the stream went
//! back in time the reader fails, because it would wait for ever.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use wirefold_flow::{Answer, Backoff, BusError, OrderedReader, Position, Stored, rolled_back};

use crate::direct_get::{DirectGet, Received, StoredSignal};
use crate::streams::stored_in;
use crate::{NatsBus, Shared};

/// How long to wait before the next request at the end of a stream. The first wait is short, because what a replica does
/// not have yet comes soon.
const POLL_BACKOFF: Backoff =
    Backoff::new(Duration::from_millis(1), Duration::from_secs(1)).with_factor(4);
/// How long after an answer the last message read needs no new check.
const VERIFIED_FOR: Duration = Duration::from_millis(100);
/// How long to wait for a replica that lags behind before it is asked again.
const CATCH_UP: Duration = Duration::from_millis(250);

/// The last message read, as the next answer must show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReadState {
    /// Nothing.
    Continuing,
    /// The answer begins with the last message read, which must be unchanged.
    Rechecking,
    /// The stream may have gone back in time.
    Doubtful,
}

pub(crate) struct NatsReader {
    shared: Arc<Shared>,
    stream: String,
    filter: String,
    /// The first sequence that was not received.
    next: u64,
    /// The last message received, or the position before the first one.
    read: Position,
    state: ReadState,
    /// When the server last showed that the stream has the last message read.
    verified_at: Instant,
    direct: DirectGet,
    signal: StoredSignal,
    backoff: Backoff,
    /// When to poll again at the end of a stream.
    until: Option<Instant>,
    ahead: VecDeque<Stored>,
}

impl NatsReader {
    pub(crate) fn new(shared: Arc<Shared>, stream: String, filter: String, from: u64) -> Self {
        let next = from.max(1);
        let direct = DirectGet::new(shared.link.clone(), &stream, &filter);
        Self {
            shared,
            stream,
            filter,
            next,
            read: Position::at_sequence(next - 1),
            state: ReadState::Continuing,
            verified_at: Instant::now(),
            direct,
            signal: StoredSignal::new(None),
            backoff: POLL_BACKOFF,
            until: None,
            ahead: VecDeque::new(),
        }
    }

    /// Checks that the stream exists and can be read, and sets up its signal.
    pub(crate) async fn open(&mut self) -> Result<(), BusError> {
        let info = self.shared.link.stream_info(&self.stream).await?;
        if info.config.get("allow_direct").and_then(Value::as_bool) != Some(true) {
            let why = "it lets nobody read by sequence: set allow_direct, or run `wirefold setup`";
            return Err(BusError::BadStream { stream: self.stream.clone(), why });
        }
        self.signal = StoredSignal::new(Some(stored_in(&self.stream, &self.filter)));
        Ok(())
    }

    /// Reads one answer. Returns whether the stream has no more now.
    async fn fetch(&mut self) -> Result<bool, BusError> {
        loop {
            if self.state == ReadState::Doubtful || self.direct.has_lost() {
                self.state = ReadState::Doubtful;
                self.direct.reset();
                self.check().await?;
                self.mark_verified();
            }
            if !self.direct.is_pending() {
                let is_old = self.verified_at.elapsed() > VERIFIED_FOR && !self.read.id.is_empty();
                self.state = if is_old { ReadState::Rechecking } else { ReadState::Continuing };
                let from = if is_old { self.read.sequence } else { self.next };
                self.direct.request(from).await?;
            }
            match self.direct.next_part(&self.stream).await {
                Ok(Received::Message(stored)) => self.accept(stored),
                // The last message read is no longer stored, or was never in this stream.
                Ok(Received::End { .. }) if self.state == ReadState::Rechecking => {
                    self.state = ReadState::Doubtful;
                }
                Ok(Received::End { is_dry }) => {
                    self.mark_verified();
                    return Ok(is_dry);
                }
                Ok(Received::Lost) => self.state = ReadState::Doubtful,
                Err(error) => {
                    self.state = ReadState::Doubtful;
                    return Err(error);
                }
            }
        }
    }

    fn mark_verified(&mut self) {
        (self.state, self.verified_at) = (ReadState::Continuing, Instant::now());
    }

    fn accept(&mut self, stored: Stored) {
        match self.state {
            ReadState::Continuing if stored.sequence >= self.next => {
                self.next = stored.sequence + 1;
                self.read = Position::from(&stored);
                self.ahead.push_back(stored);
            }
            ReadState::Rechecking if Position::from(&stored) == self.read => self.mark_verified(),
            _ => self.state = ReadState::Doubtful,
        }
    }

    /// Fails if the stream went back in time since it was read.
    async fn check(&self) -> Result<(), BusError> {
        let bus = NatsBus(self.shared.clone());
        match rolled_back(&bus, &self.stream, &self.read).await? {
            Some(how) => Err(how.error(&self.stream)),
            None => Ok(()),
        }
    }

    /// Returns once messages have come.
    async fn fill(&mut self) -> Result<(), BusError> {
        while self.ahead.is_empty() {
            if let Some(until) = self.until {
                tokio::select! {
                    () = self.signal.received() => self.backoff.reset(),
                    () = tokio::time::sleep_until(until) => {}
                    () = self.direct.lost() => {}
                }
                self.until = None;
            }
            let is_dry = self.fetch().await?;
            if !self.ahead.is_empty() {
                self.backoff.reset();
            // Messages stored before the subscription to the signal caused no signal, so one more request
            // follows.
            } else if is_dry && !self.signal.subscription(&self.shared.link).await? {
                self.until = Some(Instant::now() + self.backoff.next_wait());
            }
        }
        Ok(())
    }

    /// Whether the stream has more messages than the server that answered: in a cluster it may lag behind
    /// the leader.
    async fn lags(&self) -> Result<bool, BusError> {
        let Shared { link, .. } = &*self.shared;
        if link.cluster().is_none() {
            return Ok(false);
        }
        let last = link.last(&self.stream, &self.filter).await?;
        Ok(last.is_some_and(|last| last.sequence >= self.next))
    }

    fn next_read(&mut self, max: usize) -> Vec<Stored> {
        let count = max.min(self.ahead.len());
        self.ahead.drain(..count).collect()
    }
}

impl OrderedReader for NatsReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            self.fill().await?;
            Ok(self.next_read(max))
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            while self.ahead.len() < max {
                if !self.fetch().await? {
                    continue;
                }
                if !self.lags().await? {
                    break;
                }
                // Messages that arrive by then stay in `ahead`.
                let _ = tokio::time::timeout(CATCH_UP, self.fill()).await;
            }
            Ok(self.next_read(max))
        })
    }
}
