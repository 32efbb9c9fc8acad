//! Jobs: one call to the engine each, carried out whole or not at all.

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use super::engine::Engine;
use crate::clock::UnixMillis;
use crate::error::BusError;

/// One call to the engine. May be run again after it was undone; is finished once.
pub trait Job: Send {
    /// Runs it. Fails where the store fails: what it and others in its group did is then undone.
    ///
    /// # Errors
    /// The store's failure. A refusal is an answer and is kept for [`finish`](Self::finish).
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError>;

    /// Answers: what it did is durable, or it was undone because of this failure.
    fn finish(self: Box<Self>, outcome: Result<(), BusError>);
}

/// Carries out jobs in the order in which they come.
pub trait Runner: Send + Sync {
    /// Takes a job. Dropping it unfinished answers [`BusError::Unavailable`].
    fn submit(&self, job: Box<dyn Job>);
}

/// Tells those who wait that something has changed.
pub type Changed = Arc<Notify>;

struct Call<F, T> {
    call: F,
    answer: Option<Result<T, BusError>>,
    reply: oneshot::Sender<Result<T, BusError>>,
    changed: Changed,
    others_wait_for_it: bool,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send,
    T: Send,
{
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError> {
        let before = engine.changes;
        let answer = (self.call)(engine, now);
        self.others_wait_for_it = engine.changes != before;
        match answer {
            Err(failure) if failure.is_failure() => Err(failure),
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn finish(self: Box<Self>, outcome: Result<(), BusError>) {
        let Self { answer, reply, changed, others_wait_for_it, .. } = *self;
        let unanswered = || Err(BusError::Unavailable("the job was not run".to_owned()));
        let is_done = outcome.is_ok();
        let answer = outcome.and_then(|()| answer.unwrap_or_else(unanswered));
        // Who asked may have gone; what was done is done all the same.
        let _ = reply.send(answer);
        if is_done && others_wait_for_it {
            changed.notify_waiters();
        }
    }
}

/// Has a call carried out and waits for its answer. `changed` tells others once it is
/// done.
///
/// # Errors
/// The call's refusal, the store's failure, or that there is nobody to carry it out.
pub async fn call<T: Send + 'static>(
    runner: &dyn Runner,
    changed: Changed,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    let (reply, answer) = oneshot::channel();
    runner.submit(Box::new(Call { call, answer: None, reply, changed, others_wait_for_it: false }));
    let closed = |_| Err(BusError::Unavailable("the bus is closed".to_owned()));
    answer.await.unwrap_or_else(closed)
}
