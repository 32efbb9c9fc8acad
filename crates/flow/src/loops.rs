//! The context that loops share: bus, clock, observer, and the points at which tests crash them.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::dead::{DeadLetter, DeadLetters};
use crate::error::BusError;
use crate::position::RolledBack;

/// Why a loop ended without a stop signal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoopError {
    /// An error that somebody must repair before the loop is started again.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Another writer has taken over. Do not start this one again automatically.
    #[error("another writer has taken over stream {0}")]
    Fenced(String),
    /// A test crashed it here.
    #[error("crashed at {0:?}")]
    Crashed(Point),
}

/// An event in a loop that is counted or logged.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A loop is alive, working or waiting. At least every ten seconds.
    Alive,
    /// A message was handled.
    Done,
    /// A message will be tried again.
    Retried {
        /// The reason, for people.
        why: &'a str,
    },
    /// A message went to the dead letters.
    Rejected {
        /// The reason, for people.
        why: &'a str,
    },
    /// Processes died at an input, perhaps because it crashes them. It is tried alone now.
    Struck {
        /// The id of the message.
        id: &'a str,
        /// How often it has been tried alone, this time included.
        strikes: u32,
    },
    /// The bus failed. The loop tries again.
    BusFailed(&'a BusError),
    /// A writer has taken over a stream.
    TakenOver {
        /// Its epoch.
        epoch: u64,
    },
    /// Another process leads. This loop follows it, ready to take over.
    StandingBy {
        /// The leader, for people.
        leader: &'a str,
    },
    /// This process now has the lease.
    LeaseTaken,
    /// The lease of this loop cannot be renewed. The loop starts no new work until it is.
    LeaseInDoubt,
    /// The lease that was in doubt is renewed.
    LeaseRenewed,
    /// Leases are not possible, for this reason. This loop leads without one.
    NoLease(&'a BusError),
    /// Messages are gone that a writer has not read.
    Gap {
        /// The stream.
        stream: &'a str,
        /// The first missing sequence.
        expected: u64,
        /// The first sequence that is there.
        found: u64,
    },
    /// A stream went back in time. The messages that are there are read.
    RolledBack {
        /// The stream.
        stream: &'a str,
        /// The sequence up to which it had been read.
        read: u64,
        /// The last sequence of the stream now.
        last: u64,
    },
}

impl<'a> Event<'a> {
    /// The event for a failed call to the bus that will be repeated.
    #[must_use]
    pub fn of_failure(error: &'a BusError) -> Self {
        match error {
            BusError::RolledBack { stream, read, last } => {
                Self::RolledBack { stream, read: *read, last: *last }
            }
            other => Self::BusFailed(other),
        }
    }

    /// The event for a stream that went back in time.
    #[must_use]
    pub fn rolled_back(stream: &'a str, how: RolledBack) -> Self {
        Self::RolledBack { stream, read: how.read, last: how.last }
    }
}

/// Receives the events of loops.
pub trait Observer: Send + Sync {
    /// Receives an event of the loop of this name.
    fn observe(&self, name: &str, event: Event<'_>);
}

/// Ignores all events.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn observe(&self, _name: &str, _event: Event<'_>) {}
}

/// A critical point in a loop, at which tests crash it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// A message was delivered and not handled.
    Delivered,
    /// A message was handled and nothing published.
    Handled,
    /// The output was published and the position not stored.
    Published,
    /// The position was stored.
    Acknowledged,
    /// A writer has written its epoch and not read its inputs.
    TakenOver,
    /// A writer has decided and not written its decisions.
    Decided,
    /// A writer has written its decisions and not marked its inputs as read.
    Appended,
}

/// Decides at which points a loop crashes.
pub trait FailPoints: Send + Sync {
    /// Whether to crash here, now.
    fn crashes_at(&self, point: Point) -> bool;
}

/// Never crashes: for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFailPoints;

impl FailPoints for NoFailPoints {
    fn crashes_at(&self, _point: Point) -> bool {
        false
    }
}

/// Bus, clock and observer of a loop.
#[derive(Clone)]
pub struct StageContext {
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Receives the events.
    pub observer: Arc<dyn Observer>,
    /// A point at which a test crashes the loop.
    pub fail_points: Arc<dyn FailPoints>,
}

impl StageContext {
    /// A context without observer and fail points.
    pub fn new(bus: Arc<dyn Bus>, clock: Arc<dyn Clock>) -> Self {
        Self { bus, clock, observer: Arc::new(NoObserver), fail_points: Arc::new(NoFailPoints) }
    }

    /// Crashes the loop if a test wants that at this point.
    ///
    /// # Errors
    /// [`LoopError::Crashed`].
    pub fn check_fail_point(&self, point: Point) -> Result<(), LoopError> {
        if self.fail_points.crashes_at(point) { Err(LoopError::Crashed(point)) } else { Ok(()) }
    }

    /// Publishes a dead letter, without the body if both together are too large.
    ///
    /// # Errors
    /// An error of the bus.
    pub async fn publish_letter(
        &self,
        dead: &DeadLetters,
        letter: &DeadLetter<'_>,
    ) -> Result<(), BusError> {
        match self.bus.publish(dead.outgoing(letter)).await {
            Err(BusError::TooLarge { .. }) => {
                let bare = DeadLetter { body: None, ..letter.clone() };
                self.bus.publish(dead.outgoing(&bare)).await.map(drop)
            }
            published => published.map(drop),
        }
    }

    /// Waits, at most until the stop signal.
    pub async fn pause(&self, duration: Duration, stop: &CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.wait(duration) => {}
        }
    }

    /// Waits by the clock of the loop.
    pub async fn wait(&self, duration: Duration) {
        self.clock.sleep_until(self.clock.now().plus(duration)).await;
    }

    /// Waits if the error may pass, at most until the stop signal. Fails otherwise.
    pub(crate) async fn retry_or_fail(
        &self,
        backoff: &mut Backoff,
        name: &str,
        error: BusError,
        stop: &CancellationToken,
    ) -> Result<(), LoopError> {
        self.observer.observe(name, Event::BusFailed(&error));
        if !error.may_pass() {
            return Err(error.into());
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = backoff.wait(&*self.clock) => {}
        }
        Ok(())
    }
}

/// The longest time between two [`Event::Alive`] of a loop.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);

/// The waits of a loop before it repeats a call that the bus failed.
pub(crate) const RETRY: Backoff = Backoff::new(Duration::from_millis(100), HEARTBEAT);
