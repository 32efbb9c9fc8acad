//! The one thread that reads and writes the file.
//!
//! It runs jobs in groups. A job is answered once its group is on disk, so that all jobs of a group share one sync.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use wirefold_flow::store::{Engine, Job, Runner};
use wirefold_flow::{BusError, Clock};

/// A group ends after this many jobs, after [`GROUP_TIME`], or when no job is waiting.
const GROUP_JOBS: usize = 256;
/// See [`GROUP_JOBS`].
const GROUP_TIME: Duration = Duration::from_millis(20);

/// Sends jobs to the thread. On drop, it waits until the thread has finished them and closed the file.
pub(crate) struct Writer {
    jobs: Mutex<Option<Sender<Box<dyn Job>>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(engine: Engine, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let (sender, jobs) = channel();
        let writer_loop = WriterLoop::new(engine, clock, jobs);
        let thread = std::thread::Builder::new().name("bus".to_owned());
        let thread = thread.spawn(move || writer_loop.run())?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Some(thread) })
    }
}

impl Runner for Writer {
    fn submit(&self, job: Box<dyn Job>) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(jobs) = &*jobs {
            // If the thread has ended, the job is dropped, which its caller receives as an error.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, its callers already know, because their jobs were dropped.
            let _ = thread.join();
        }
    }
}

/// The state of the thread.
struct WriterLoop {
    engine: Engine,
    clock: Arc<dyn Clock>,
    jobs: Receiver<Box<dyn Job>>,
    /// Waiting jobs that only read, in the order in which they came.
    reads: VecDeque<Box<dyn Job>>,
    /// All other waiting jobs, in the order in which they came.
    writes: VecDeque<Box<dyn Job>>,
    /// Whether a group was rolled back, but the engine could not reload what it holds in memory.
    is_stale: bool,
}

impl WriterLoop {
    fn new(engine: Engine, clock: Arc<dyn Clock>, jobs: Receiver<Box<dyn Job>>) -> Self {
        let (reads, writes) = (VecDeque::new(), VecDeque::new());
        Self { engine, clock, jobs, reads, writes, is_stale: false }
    }

    fn run(mut self) {
        while self.wait_for_jobs() {
            let mut group = Vec::new();
            let outcome = self.run_group(&mut group);
            match outcome {
                Ok(()) => {
                    group.into_iter().for_each(|job| job.finish(Ok(())));
                    self.engine.wake_waiters();
                }
                // One of them failed and all were rolled back. Each is run again alone, so that only those that fail get
                // an error.
                Err(_) => group.into_iter().for_each(|job| self.run_alone(job)),
            }
        }
    }

    /// Waits until there is a job. Returns false if no more jobs can come.
    fn wait_for_jobs(&mut self) -> bool {
        if self.reads.is_empty() && self.writes.is_empty() {
            let Ok(first) = self.jobs.recv() else { return false };
            self.enqueue(first);
        }
        self.receive_waiting();
        true
    }

    fn receive_waiting(&mut self) {
        while let Ok(next) = self.jobs.try_recv() {
            self.enqueue(next);
        }
    }

    fn enqueue(&mut self, job: Box<dyn Job>) {
        let queue = if job.is_reading() { &mut self.reads } else { &mut self.writes };
        queue.push_back(job);
    }

    /// Runs and answers the jobs that only read. Then runs the others as long as some are waiting, and makes their changes
    /// durable, or rolls all of them back.
    fn run_group(&mut self, group: &mut Vec<Box<dyn Job>>) -> Result<(), BusError> {
        let end = self.clock.now().plus(GROUP_TIME);
        let mut done = self.begin();
        // Jobs that come meanwhile wait for the next group, so that reading jobs do not delay writing ones.
        for mut job in std::mem::take(&mut self.reads) {
            if done.is_ok() {
                done = job.run(&mut self.engine, self.clock.now());
            }
            // If nothing has changed since the last group, everything that the job read is durable, so it can be answered.
            match done.is_ok() && !self.engine.has_changes() {
                true => job.finish(Ok(())),
                false => group.push(job),
            }
        }
        while done.is_ok() && group.len() < GROUP_JOBS && self.clock.now() <= end {
            if self.writes.is_empty() {
                self.receive_waiting();
            }
            let Some(mut job) = self.writes.pop_front() else { break };
            done = job.run(&mut self.engine, self.clock.now());
            group.push(job);
        }
        self.end(done)
    }

    fn run_alone(&mut self, mut job: Box<dyn Job>) {
        let done = self.begin().and_then(|()| job.run(&mut self.engine, self.clock.now()));
        let outcome = self.end(done);
        job.finish(outcome);
        self.engine.wake_waiters();
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
            // If this fails too, it is tried again before the next job. The first error is the one that is returned.
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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use wirefold_flow::{SystemClock, UnixMillis};

    use super::*;

    /// The results of a test's jobs, in order.
    type Log = Arc<Mutex<Vec<String>>>;

    /// A job that puts a key, if it writes, and notes what becomes of it.
    struct Noted {
        name: &'static str,
        is_reading: bool,
        writes: bool,
        log: Log,
    }

    impl Noted {
        fn note(&self, what: &str) {
            self.log.lock().unwrap().push(format!("{} {what}", self.name));
        }
    }

    impl Job for Noted {
        fn run(&mut self, engine: &mut Engine, _now: UnixMillis) -> Result<(), BusError> {
            self.note("runs");
            if self.writes {
                engine.put_entry("bucket", self.name, Some(&Bytes::from("1")), None)?;
            }
            Ok(())
        }

        fn is_reading(&self) -> bool {
            self.is_reading
        }

        fn finish(self: Box<Self>, outcome: Result<(), BusError>) {
            outcome.unwrap();
            self.note("is answered");
        }
    }

    /// Runs jobs that all wait at the beginning: name, whether it is to read, whether it writes.
    fn run(jobs: &[(&'static str, bool, bool)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let engine = crate::engine(folder.path(), &*clock, None).unwrap();
        let (sender, receiver) = channel::<Box<dyn Job>>();
        let log = Log::default();
        for (name, is_reading, writes) in jobs.iter().copied() {
            let job = Noted { name, is_reading, writes, log: log.clone() };
            sender.send(Box::new(job)).unwrap();
        }
        drop(sender);
        WriterLoop::new(engine, clock, receiver).run();
        std::mem::take(&mut *log.lock().unwrap())
    }

    #[test]
    fn a_read_is_answered_before_queued_writes() {
        let said = run(&[("put", false, true), ("get", true, false), ("list", true, false)]);
        assert_eq!(
            said,
            [
                "get runs", "get is answered", "list runs", "list is answered", "put runs",
                "put is answered"
            ]
        );
    }

    #[test]
    fn a_reader_of_a_write_waits_until_it_is_durable() {
        let said = run(&[("get", true, true), ("list", true, false), ("put", false, true)]);
        assert_eq!(
            said,
            [
                "get runs", "list runs", "put runs", "get is answered", "list is answered",
                "put is answered"
            ]
        );
    }
}
