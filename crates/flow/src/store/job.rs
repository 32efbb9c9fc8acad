//! Jobs: each is one call to the engine, carried out whole or not at all. It is answered once it is
//! durable.

use tokio::sync::oneshot;

use super::engine::Engine;
use crate::clock::UnixMillis;
use crate::error::BusError;

/// One call to the engine. It may be run again after it was undone. It is finished once.
pub trait Job: Send {
    /// Runs the call. If the store fails, this job and the others of its group are undone.
    ///
    /// # Errors
    /// The store's failure. A refusal is an answer and is kept for [`finish`](Self::finish).
    fn run(&mut self, engine: &mut Engine, now: UnixMillis) -> Result<(), BusError>;

    /// Whether the call only reads, and so need not wait for the writes of others. It may still drop
    /// expired messages.
    fn is_reading(&self) -> bool {
        false
    }

    /// Answers the caller: the changes are durable, or they were undone because of this failure.
    fn finish(self: Box<Self>, outcome: Result<(), BusError>);
}

/// Carries out jobs in order, commits them, answers them, and then calls
/// [`wake_waiters`](Engine::wake_waiters).
pub trait Runner: Send + Sync {
    /// Submits a job. If the runner drops it unfinished, the answer is [`BusError::Unavailable`].
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
        // The caller may be gone. The job is done all the same.
        let _ = reply.send(answer);
    }
}

/// Submits a call and waits for its answer.
///
/// # Errors
/// A refusal of the call, a failure of the store, or a closed bus.
pub async fn call<T: Send + 'static>(
    runner: &dyn Runner,
    call: impl FnMut(&mut Engine, UnixMillis) -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    submit(runner, call, false).await
}

/// Like [`call`], for a call that only reads.
///
/// # Errors
/// The error of the call.
pub async fn query<T: Send + 'static>(
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
