//! Jobs: one call to the engine each, carried out whole or not at all.
//!
//! Comes in: a call. Goes out: its answer, once it is durable. A job never sees another.

use tokio::sync::oneshot;

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

    /// Whether it is only to read: who waits for it need not wait for what others write. Such a job may
    /// still drop what has expired.
    fn is_reading(&self) -> bool {
        false
    }

    /// Answers: what it did is durable, or it was undone because of this failure.
    fn finish(self: Box<Self>, outcome: Result<(), BusError>);
}

/// Carries out jobs in the order in which they come, commits them, answers, and then has the
/// engine [`tell`](Engine::tell).
pub trait Runner: Send + Sync {
    /// Takes a job. Dropping it unfinished answers [`BusError::Unavailable`].
    fn submit(&self, job: Box<dyn Job>);
}

struct Call<F, T> {
    call: F,
    is_reading: bool,
    answer: Option<Result<T, BusError>>,
    reply: oneshot::Sender<Result<T, BusError>>,
}

impl<F, T> Job for Call<F, T>
where
    F: FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send,
    T: Send,
{
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError> {
        match (self.call)(engine, now) {
            Err(failure) if failure.is_failure() => Err(failure),
            answer => {
                self.answer = Some(answer);
                Ok(())
            }
        }
    }

    fn is_reading(&self) -> bool {
        self.is_reading
    }

    fn finish(self: Box<Self>, outcome: Result<(), BusError>) {
        let Self { answer, reply, .. } = *self;
        let unanswered = || Err(BusError::Unavailable("the job was not run".to_owned()));
        let answer = outcome.and_then(|()| answer.unwrap_or_else(unanswered));
        // Who asked may have gone; what was done is done all the same.
        let _ = reply.send(answer);
    }
}

/// Has a call carried out and waits for its answer.
///
/// # Errors
/// The call's refusal, the store's failure, or that there is nobody to carry it out.
pub async fn call<T: Send + 'static>(
    runner: &dyn Runner,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    submit(runner, call, false).await
}

/// Like [`call`], where the call only reads.
///
/// # Errors
/// The same.
pub async fn ask<T: Send + 'static>(
    runner: &dyn Runner,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    submit(runner, call, true).await
}

async fn submit<T: Send + 'static>(
    runner: &dyn Runner,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
    is_reading: bool,
) -> Result<T, BusError> {
    let (reply, answer) = oneshot::channel();
    runner.submit(Box::new(Call { call, is_reading, answer: None, reply }));
    let closed = |_| Err(BusError::Unavailable("the bus is closed".to_owned()));
    answer.await.unwrap_or_else(closed)
}
