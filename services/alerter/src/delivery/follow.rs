//! The loop of a delivery: it reads `WF_ALERTS` in order from its position, and tries what is due.
//!
//! Comes in: messages of `WF_ALERTS`. Goes out: attempts, dead letters, and the position before the first revision
//! that is not finished. It never decides what is sent.
//!
//! A kill repeats at most what was under way: what is finished after the position is known by the records of what the
//! target accepted, and of what was given up.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use wirefold_envelope::dead_letters;
use wirefold_flow::{
    BoxFuture, BusError, DeadLetter, Event, LoopError, OrderedReader, Point, Position, Reason,
    Stored, first_after, panic_message, rolled_back,
};
use wirefold_proto::streams;

use super::window::{Turn, Wait, Window};
use super::{DeliveryStage, loop_name};
use crate::error::may_pass;

/// How many revisions one delivery sends at once.
const AT_ONCE: usize = 4;
/// When the bus is called again after it failed.
pub(super) const BUS_RETRY: Duration = Duration::from_secs(1);
/// The longest time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Why a revision is not sent.
pub(super) enum NotSent {
    /// The bus failed. Later revisions wait for this one.
    Bus(BusError),
    Waits {
        wait: Wait,
        why: String,
    },
    /// It is in the dead letters. If the target is gone, the delivery is off.
    GivenUp {
        why: String,
        is_gone: bool,
    },
}

impl From<BusError> for NotSent {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

/// An attempt to send the revision of a sequence. It fails as a whole only if a test crashes it.
type Attempt<'a> = BoxFuture<'a, (u64, Result<Result<(), NotSent>, LoopError>)>;

/// The progress of reading and sending.
struct Progress<'a> {
    window: Window,
    under_way: FuturesUnordered<Attempt<'a>>,
    stored: Position,
}

impl DeliveryStage {
    /// Runs until it is stopped. After a failure of the bus, it reads again from its position.
    pub(crate) async fn run(self) -> Result<(), LoopError> {
        while !self.common.stop.is_cancelled() {
            match self.follow().await {
                Err(LoopError::Bus(error)) if may_pass(&error) => {
                    self.observe(Event::of_failure(&error));
                    self.common.context.pause(BUS_RETRY, &self.common.stop).await;
                }
                ended => return ended,
            }
        }
        Ok(())
    }

    async fn follow(&self) -> Result<(), LoopError> {
        let Some(start) = self.start().await? else { return Ok(()) };
        let bus = &self.common.context.bus;
        let mut reader = bus.read(streams::ALERTS.name, ">", start.sequence + 1).await?;
        let mut progress = Progress {
            window: Window::after(start.clone()),
            under_way: FuturesUnordered::new(),
            stored: start,
        };
        let ended = self.send_until_stopped(&mut progress, &mut *reader).await;
        if let Err(crashed @ LoopError::Crashed(_)) = ended {
            return Err(crashed);
        }
        // Otherwise the same is sent again.
        while let Some((sequence, tried)) = progress.under_way.next().await {
            self.apply(&mut progress.window, sequence, tried?);
        }
        ended?;
        self.store(progress.window.position()).await
    }

    /// The position after which it begins; `None` if it is stopped before that is known.
    async fn start(&self) -> Result<Option<Position>, LoopError> {
        let (bus, stream) = (&*self.common.context.bus, streams::ALERTS.name);
        let start = tokio::select! {
            biased;
            () = self.common.stop.cancelled() => return Ok(None),
            start = self.common.positions.stored(&self.records) => start?,
        };
        if let Some(how) = rolled_back(bus, stream, &start).await? {
            self.observe(Event::rolled_back(stream, how));
            let first = first_after(bus, stream, start.at).await?;
            return Ok(Some(Position { at: start.at, ..Position::at_sequence(first - 1) }));
        }
        let (expected, found) = (start.sequence + 1, bus.stream_state(stream).await?.first);
        if found > expected {
            self.observe(Event::Gap { stream, expected, found });
        }
        Ok(Some(start))
    }

    async fn send_until_stopped<'a>(
        &'a self,
        progress: &mut Progress<'a>,
        reader: &mut dyn OrderedReader,
    ) -> Result<(), LoopError> {
        let clock = &self.common.context.clock;
        loop {
            self.start_due(progress);
            self.store_progress(progress).await?;
            let now = self.now();
            let alive = now.plus(HEARTBEAT);
            let until = progress.window.next_due(now).map_or(alive, |due| due.min(alive));
            let free = progress.window.free();
            tokio::select! {
                biased;
                () = self.common.stop.cancelled() => return Ok(()),
                Some((sequence, tried)) = progress.under_way.next() => {
                    self.apply(&mut progress.window, sequence, tried?);
                }
                messages = reader.next(free), if free > 0 => progress.window.add(messages?),
                () = clock.sleep_until(until) => {}
            }
            // Those that ended together share one write of the position.
            while let Some(Some((sequence, tried))) = progress.under_way.next().now_or_never() {
                self.apply(&mut progress.window, sequence, tried?);
            }
            self.observe(Event::Alive);
        }
    }

    /// Starts the attempts that are due.
    fn start_due<'a>(&'a self, progress: &mut Progress<'a>) {
        for turn in progress.window.start(AT_ONCE - progress.under_way.len(), self.now()) {
            let sequence = turn.sequence;
            let attempt = async move { (sequence, self.attempt(turn).await) };
            progress.under_way.push(Box::pin(attempt));
        }
    }

    /// Stores a new position. If the bus fails, it is stored with the next one.
    async fn store_progress(&self, progress: &mut Progress<'_>) -> Result<(), LoopError> {
        if *progress.window.position() == progress.stored {
            return Ok(());
        }
        progress.stored = progress.window.position().clone();
        match self.store(&progress.stored).await {
            Err(LoopError::Bus(error)) if error.may_pass() => {
                self.observe(Event::BusFailed(&error));
                Ok(())
            }
            stored => stored,
        }
    }

    /// Notes the result of an attempt.
    fn apply(&self, window: &mut Window, sequence: u64, tried: Result<(), NotSent>) {
        match tried {
            Ok(()) => {
                self.observe(Event::Done);
                window.finish(sequence);
            }
            Err(NotSent::Bus(error)) => {
                self.observe(Event::BusFailed(&error));
                window.retry(sequence, self.now().plus(BUS_RETRY));
            }
            Err(NotSent::Waits { wait, why }) => {
                self.observe(Event::Retried { why: &why });
                window.wait(sequence, wait);
            }
            Err(NotSent::GivenUp { why, is_gone }) => {
                self.observe(Event::Rejected { why: &why });
                window.finish(sequence);
                if is_gone {
                    window.wake_all();
                }
            }
        }
    }

    /// Sends one revision if that is still needed. Fails only if a test crashes it.
    async fn attempt(&self, mut turn: Turn) -> Result<Result<(), NotSent>, LoopError> {
        self.common.context.check_fail_point(Point::Delivered)?;
        let bus = &self.common.context.bus;
        let message = match turn.message.take() {
            Some(message) => message,
            None => match bus.get(streams::ALERTS.name, turn.sequence).await {
                Ok(message) => message,
                // It expired: there is nothing left to send.
                Err(BusError::Gone { .. } | BusError::NotYet { .. }) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error.into())),
            },
        };
        // The future is not polled again after a panic, so nobody sees its half-changed state.
        let delivered =
            AssertUnwindSafe(self.deliver(&message, &turn.earlier)).catch_unwind().await;
        let tried = match delivered {
            Ok(tried) => tried,
            Err(panic) => {
                let why = panic_message(&*panic);
                Err(self.give_up(&message, 1, why).await)
            }
        };
        if tried.is_ok() {
            self.common.context.check_fail_point(Point::Handled)?;
        }
        Ok(tried)
    }

    /// Gives a revision up.
    pub(super) async fn give_up(&self, message: &Stored, attempts: u32, why: String) -> NotSent {
        match self.write_letter(message, attempts, &why).await {
            Ok(()) => NotSent::GivenUp { why, is_gone: false },
            Err(error) => error.into(),
        }
    }

    /// Writes the dead letter of a revision.
    pub(super) async fn write_letter(
        &self,
        message: &Stored,
        attempts: u32,
        why: &str,
    ) -> Result<(), BusError> {
        let letter = DeadLetter {
            stage: &loop_name(self.name()),
            reason: &Reason::rejected(why),
            attempts,
            at: self.now(),
            message,
            body: Some(&message.body),
        };
        let dead = dead_letters(streams::Stage::Alerter);
        self.common.context.publish_letter(&dead, &letter).await
    }

    async fn store(&self, position: &Position) -> Result<(), LoopError> {
        let bus = &*self.common.context.bus;
        self.common.positions.store(bus, &self.records, position).await?;
        self.common.context.check_fail_point(Point::Acknowledged)
    }

    pub(super) fn observe(&self, event: Event<'_>) {
        self.common.context.observer.observe(&loop_name(self.name()), event);
    }
}
