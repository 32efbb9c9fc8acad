//! The one thread that reads and writes the file: jobs in groups, one sync for each group.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wirefold_flow::store::{Engine, Job, Runner};
use wirefold_flow::{BusError, Clock};

/// A group ends with so many jobs …
const GROUP_JOBS: usize = 100;
/// … or after so long, or when no job waits.
const GROUP_TIME: Duration = Duration::from_millis(20);

/// Hands jobs to the thread. Dropping it has the thread finish them and close the file.
pub(crate) struct Writer {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(engine: Engine, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (sender, jobs) = channel();
        let running = Running { engine, clock, jobs, is_stale: false };
        let thread = std::thread::Builder::new().name("bus".to_owned());
        let thread = thread.spawn(move || running.run())?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Some(thread) })
    }
}

impl Runner for Writer {
    fn submit(&self, job: Box<dyn Job>) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = &*jobs {
            // Where the thread is gone the job is dropped, and its caller told so by that.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told its callers by dropping their jobs.
            let _ = thread.join();
        }
    }
}

struct Running {
    engine: Engine,
    clock: Arc<dyn Clock>,
    jobs: Receiver<Box<dyn Job>>,
    /// Whether a group was undone and what the engine holds in memory could not be read again.
    is_stale: bool,
}

impl Running {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            let mut group = Vec::new();
            let outcome = self.run_group(first, &mut group);
            match outcome {
                Ok(()) => {
                    group.into_iter().for_each(|job| job.finish(Ok(())));
                    self.engine.tell();
                }
                // One of them failed and all are undone: each by itself shows which.
                Err(_) => group.into_iter().for_each(|job| self.run_alone(job)),
            }
        }
    }

    /// Runs jobs as long as some wait, then makes them durable, or undoes them all.
    fn run_group(
        &mut self,
        first: Box<dyn Job>,
        group: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), BusError> {
        let end = self.clock.now().plus(GROUP_TIME);
        group.push(first);
        let mut done = self.begin();
        for place in 0.. {
            done = done.and_then(|()| group[place].run(&mut self.engine, self.clock.now()));
            if done.is_err() || group.len() == GROUP_JOBS || self.clock.now() > end {
                break;
            }
            match self.jobs.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        self.end(done)
    }

    fn run_alone(&mut self, mut job: Box<dyn Job>) {
        let done = self.begin().and_then(|()| job.run(&mut self.engine, self.clock.now()));
        let outcome = self.end(done);
        job.finish(outcome);
        self.engine.tell();
    }

    fn begin(&mut self) -> Result<(), BusError> {
        if self.is_stale {
            self.roll_back()?;
        }
        self.engine.begin()
    }

    fn end(&mut self, done: Result<(), BusError>) -> Result<(), BusError> {
        let outcome = done.and_then(|()| self.engine.commit());
        if outcome.is_err() {
            // If this fails too it is tried again before the next job; the first failure counts.
            let _ = self.roll_back();
        }
        outcome
    }

    fn roll_back(&mut self) -> Result<(), BusError> {
        self.is_stale = true;
        self.engine.roll_back(self.clock.now())?;
        self.is_stale = false;
        Ok(())
    }
}
