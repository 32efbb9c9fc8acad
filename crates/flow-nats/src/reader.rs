//! Reads a stream in order, from a sequence on.
//!
//! Comes in: the name of a stream, a filter and a sequence. Goes out: messages in order, or that the stream went back in
//! time. It never acknowledges a message, and the server stores nothing for it.
//!
//! At the end of a stream the reader listens for what the server stores (the bell) and asks at once. It also asks now and
//! then, in case the bell is not heard. After a lost connection, an error or a quiet time it checks whether the
//! stream still has what it read. If the stream went back in time the reader fails, because it would wait for ever.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use wirefold_flow::{Answer, Backoff, BusError, OrderedReader, Position, Stored, rolled_back};

use crate::direct_get::{Bell, DirectGet, Received};
use crate::streams::stored_in;
use crate::{NatsBus, Shared};

/// How long to wait before the next request at the end of a stream. The first wait is short, because what a replica does
/// not have yet comes soon.
const ASK_AGAIN: Backoff =
    Backoff::new(Duration::from_millis(1), Duration::from_secs(1)).with_factor(4);
/// How long what was read is taken to stand, since the server last answered.
const SURE_FOR: Duration = Duration::from_millis(100);
/// How long a server that is behind is given before it is looked at again.
const CATCH_UP: Duration = Duration::from_millis(250);

/// What the next question has to show of what was read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Read {
    /// Nothing.
    Stands,
    /// The question begins with the last message read, which is to come as it was.
    Again,
    /// The stream may have gone back in time.
    Doubtful,
}

pub(crate) struct NatsReader {
    shared: Arc<Shared>,
    stream: String,
    filter: String,
    /// The first sequence that has not come.
    next: u64,
    /// The last message that has come, or what is to stand before the first.
    read: Position,
    state: Read,
    /// When the server last showed that the stream goes on from what was read.
    sure: Instant,
    direct: DirectGet,
    bell: Bell,
    backoff: Backoff,
    /// When to ask again, at the end of a stream.
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
            state: Read::Stands,
            sure: Instant::now(),
            direct,
            bell: Bell::new(None),
            backoff: ASK_AGAIN,
            until: None,
            ahead: VecDeque::new(),
        }
    }

    /// Looks at the stream, so that one that is not there is told at once, and has a bell.
    pub(crate) async fn open(&mut self) -> Result<(), BusError> {
        let info = self.shared.link.stream_info(&self.stream).await?;
        if info.config.get("allow_direct").and_then(Value::as_bool) != Some(true) {
            let why = "it lets nobody read by sequence: set allow_direct, or run `wirefold setup`";
            return Err(BusError::BadStream { stream: self.stream.clone(), why });
        }
        self.bell = Bell::new(Some(stored_in(&self.stream, &self.filter)));
        Ok(())
    }

    /// Reads one answer. Returns whether the stream has no more now.
    async fn fetch(&mut self) -> Result<bool, BusError> {
        loop {
            if self.state == Read::Doubtful || self.direct.has_lost() {
                self.state = Read::Doubtful;
                self.direct.forget();
                self.check().await?;
                self.is_sure();
            }
            if !self.direct.is_asked() {
                let is_old = self.sure.elapsed() > SURE_FOR && !self.read.id.is_empty();
                self.state = if is_old { Read::Again } else { Read::Stands };
                let from = if is_old { self.read.sequence } else { self.next };
                self.direct.ask(from).await?;
            }
            match self.direct.next_part(&self.stream).await {
                Ok(Received::Message(stored)) => self.accept(stored),
                // The last message read is kept no longer, or never stood in this stream.
                Ok(Received::End { .. }) if self.state == Read::Again => {
                    self.state = Read::Doubtful;
                }
                Ok(Received::End { is_dry }) => {
                    self.is_sure();
                    return Ok(is_dry);
                }
                Ok(Received::Lost) => self.state = Read::Doubtful,
                Err(error) => {
                    self.state = Read::Doubtful;
                    return Err(error);
                }
            }
        }
    }

    fn is_sure(&mut self) {
        (self.state, self.sure) = (Read::Stands, Instant::now());
    }

    fn accept(&mut self, stored: Stored) {
        match self.state {
            Read::Stands if stored.sequence >= self.next => {
                self.next = stored.sequence + 1;
                self.read = Position::from(&stored);
                self.ahead.push_back(stored);
            }
            Read::Again if Position::from(&stored) == self.read => self.is_sure(),
            _ => self.state = Read::Doubtful,
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

    /// Returns once something has come.
    async fn fill(&mut self) -> Result<(), BusError> {
        while self.ahead.is_empty() {
            if let Some(until) = self.until {
                tokio::select! {
                    () = self.bell.rung() => self.backoff.reset(),
                    () = tokio::time::sleep_until(until) => {}
                    () = self.direct.lost() => {}
                }
                self.until = None;
            }
            let is_dry = self.fetch().await?;
            if !self.ahead.is_empty() {
                self.backoff.reset();
            // What came before the bell was set did not ring it.
            } else if is_dry && !self.bell.set(&self.shared.link).await? {
                self.until = Some(Instant::now() + self.backoff.next_wait());
            }
        }
        Ok(())
    }

    /// Whether the stream goes on where the server that answered has nothing more: in a cluster it
    /// may be behind the one that leads the stream.
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
                // What has arrived by then stays.
                let _ = tokio::time::timeout(CATCH_UP, self.fill()).await;
            }
            Ok(self.next_read(max))
        })
    }
}
