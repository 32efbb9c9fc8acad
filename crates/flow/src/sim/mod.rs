//! The simulated bus: in memory, on a clock that tests move, with seeded faults if wanted.
//!
//! It runs the same rules as the embedded bus, over maps instead of tables, so a bug that a seed finds
//! here is a bug of the product. [`FaultyBus`] wraps any bus.

mod clock;
mod crash;
mod faulty_bus;
mod memory;
mod objects;
mod partition;
mod random;

use std::sync::{Arc, Mutex, PoisonError};

pub use clock::VirtualClock;
pub use crash::CrashAt;
pub use faulty_bus::{FaultyBus, Odds};
pub use partition::Partition;
pub use random::Random;

use memory::FailingCommit;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::local::LocalBus;
use crate::store::{Engine, Job, Runner};

/// The store of a simulated bus. Like a disk, it outlives the buses over it.
#[derive(Clone, Default)]
pub struct SimDisk(memory::Memory);

impl SimDisk {
    /// After this many more changes of objects, the process counts as killed: the next change waits for
    /// ever. `None` ends this.
    pub fn kill_after_objects(&self, count: Option<usize>) {
        let mut maps = self.0.maps();
        (maps.objects_left, maps.is_killed) = (count, false);
    }

    /// From now on a power cut may lose this many commits: they are not synced.
    pub fn may_lose(&self, commits: usize) {
        self.0.may_lose(commits);
    }

    /// Whether the process reached the point at which it is killed.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.0.maps().is_killed
    }
}

/// A bus in memory. Its stored state is in its [`SimDisk`]; the rest is lost with it.
pub struct SimBus {
    runner: Arc<InlineRunner>,
    bus: LocalBus,
    disk: SimDisk,
}

impl SimBus {
    /// Opens a bus over a disk.
    ///
    /// # Panics
    /// Never: memory can be read.
    #[must_use]
    pub fn open(disk: &SimDisk, clock: Arc<dyn Clock>) -> Self {
        let engine = Engine::open(Box::new(disk.0.clone()), clock.now());
        let engine = Mutex::new(engine.expect("tables in memory can always be read"));
        let runner = Arc::new(InlineRunner {
            engine,
            clock: clock.clone(),
            disk: disk.0.clone(),
            faults: Mutex::default(),
        });
        let bus = LocalBus::new(runner.clone(), clock, Arc::new(disk.0.clone()));
        Self { bus, runner, disk: disk.clone() }
    }

    /// From now on this many of a thousand commits fail, by a seed. Half of them are undone. The others
    /// are stored, although the caller gets an error.
    pub fn fail_commits(&self, in_a_thousand: u64, seed: u64) {
        let faults = Some((Random::new(seed), in_a_thousand));
        *self.runner.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// The bus.
    #[must_use]
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.bus.clone())
    }

    /// Crashes and restarts the bus: state that is only in memory is lost, and calls that wait for an
    /// answer go on waiting.
    ///
    /// # Panics
    /// Never: memory can be read.
    pub fn restart(&self) {
        let mut engine = self.runner.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.reload(self.runner.clock.now()).expect("tables in memory can always be read");
    }
}

impl SimBus {
    /// A power cut: up to this many of the last commits never reached the disk. Returns how many were
    /// lost. The users of the bus would be gone, too: drop them first.
    pub fn lose_tail(&self, commits: usize) -> usize {
        let lost = self.disk.0.lose_tail(commits);
        self.restart();
        lost
    }
}

/// Carries out each job within `submit`.
struct InlineRunner {
    engine: Mutex<Engine>,
    clock: Arc<dyn Clock>,
    disk: memory::Memory,
    /// How often commits fail, in a thousand.
    faults: Mutex<Option<(Random, u64)>>,
}

impl InlineRunner {
    /// How this commit fails, if it does.
    fn fault(&self) -> Option<FailingCommit> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let (random, in_a_thousand) = faults.as_mut()?;
        let fails = random.happens(*in_a_thousand);
        let how = if random.happens(500) { FailingCommit::Undone } else { FailingCommit::Done };
        fails.then_some(how)
    }
}

impl Runner for InlineRunner {
    fn submit(&self, mut job: Box<dyn Job>) {
        let now = self.clock.now();
        // A lock that a panic poisoned can be used: the tables are whole.
        let engine = || self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = {
            let mut engine = engine();
            let done = engine.begin().and_then(|()| job.run(&mut engine, now));
            if let Some(how) = self.fault() {
                self.disk.fail_commit(how);
            }
            let done = done.and_then(|()| engine.commit());
            if done.is_err() {
                engine.roll_back(now).expect("tables in memory can always be read");
            }
            done
        };
        job.finish(outcome);
        engine().wake_waiters();
    }
}
