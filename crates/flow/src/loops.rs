//! What both loops work with: bus, clock, observer, and points at which tests crash them.
//!
//! Comes in: what the composition root made. Goes out: events for the observer, and waits between tries. It never knows
//! which loop runs.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::error::BusError;
use crate::position::RolledBack;

/// Why a loop ended other than by its stop signal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoopError {
    /// Something must be mended before it is started again.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// Another writer has taken over: this one is to stay down until it is wanted.
    #[error("another writer has taken over stream {0}")]
    Fenced(String),
    /// A test crashed it here.
    #[error("crashed at {0:?}")]
    Crashed(Point),
}

/// Something that an operator counts or reads.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A loop is alive, working or waiting. Comes at least every ten seconds.
    Alive,
    /// A message was handled, its output published and itself acked.
    Done,
    /// A message is to be tried again.
    Retried {
        /// Why.
        why: &'a str,
    },
    /// A message went to the dead letters.
    Rejected {
        /// Why.
        why: &'a str,
    },
    /// A message came again and again without an answer, as if the process ended with it: it is
    /// tried alone now.
    Struck {
        /// The message.
        id: &'a str,
        /// How often it has been tried alone, this time included.
        strikes: u32,
    },
    /// The bus failed; the loop goes on trying.
    BusFailed(&'a BusError),
    /// A writer has taken over a stream.
    TakenOver {
        /// Its epoch.
        epoch: u64,
    },
    /// Another process does what this loop would; it follows, so that it can take over.
    StandingBy {
        /// The other, for people.
        leader: &'a str,
    },
    /// The lease is this process's from now on.
    LeaseTaken,
    /// The lease of this loop cannot be renewed: it begins nothing until it can.
    LeaseInDoubt,
    /// The lease that was in doubt is renewed.
    LeaseRenewed,
    /// There can be no lease, and why: this loop leads without one.
    NoLease(&'a BusError),
    /// Messages are missing that a writer has not read.
    Gap {
        /// The stream.
        stream: &'a str,
        /// The first that is missing.
        expected: u64,
        /// The first that is there.
        found: u64,
    },
    /// A stream went back in time; it is read from what is there.
    RolledBack {
        /// The stream.
        stream: &'a str,
        /// The sequence up to which it had been read.
        read: u64,
        /// The last sequence that it has given now.
        last: u64,
    },
}

impl<'a> Event<'a> {
    /// What to say of a call to the bus that failed and is repeated.
    #[must_use]
    pub fn of_failure(error: &'a BusError) -> Self {
        match error {
            BusError::RolledBack { stream, read, last } => {
                Self::RolledBack { stream, read: *read, last: *last }
            }
            other => Self::BusFailed(other),
        }
    }

    /// That a stream went back in time.
    #[must_use]
    pub fn rolled_back(stream: &'a str, how: RolledBack) -> Self {
        Self::RolledBack { stream, read: how.read, last: how.last }
    }
}

/// Is told what happens in a loop.
pub trait Observer: Send + Sync {
    /// Something happened in the loop of this name.
    fn observe(&self, name: &str, event: Event<'_>);
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn observe(&self, _name: &str, _event: Event<'_>) {}
}

/// A place in a loop at which a crash would hurt most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Taken, nothing done.
    Taken,
    /// Handled, nothing published.
    Handled,
    /// Published, not settled.
    Published,
    /// Settled.
    Settled,
    /// A writer has written its epoch, and read nothing.
    TakenOver,
    /// A writer has decided, and written nothing.
    Decided,
    /// A writer has written its decisions, and told nobody.
    Appended,
}

/// Says at which points a loop crashes.
pub trait FailPoints: Send + Sync {
    /// Whether to crash here, now.
    fn crashes_at(&self, point: Point) -> bool;
}

/// Crashes nowhere: for production.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFailPoints;

impl FailPoints for NoFailPoints {
    fn crashes_at(&self, _point: Point) -> bool {
        false
    }
}

/// What a loop works with.
#[derive(Clone)]
pub struct StageContext {
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Who watches.
    pub observer: Arc<dyn Observer>,
    /// Where it crashes.
    pub fail_points: Arc<dyn FailPoints>,
}

impl StageContext {
    /// Unwatched, and crashing nowhere.
    pub fn new(bus: Arc<dyn Bus>, clock: Arc<dyn Clock>) -> Self {
        Self { bus, clock, observer: Arc::new(NoObserver), fail_points: Arc::new(NoFailPoints) }
    }

    /// Where a test may crash a loop.
    ///
    /// # Errors
    /// [`LoopError::Crashed`] where it does.
    pub fn pass(&self, point: Point) -> Result<(), LoopError> {
        if self.fail_points.crashes_at(point) { Err(LoopError::Crashed(point)) } else { Ok(()) }
    }

    pub(crate) async fn wait(&self, duration: Duration) {
        self.clock.sleep_until(self.clock.now().plus(duration)).await;
    }

    /// Waits if the error may pass, but no longer than until the stop signal; fails otherwise.
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

/// How long a loop waits at most before it says that it is alive.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long a loop waits before it tries again what the bus failed.
pub(crate) const RETRY: Backoff = Backoff::new(Duration::from_millis(100), HEARTBEAT);

/// How long to wait before a note is read again, if a copy that lags behind showed an older one.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(100);
