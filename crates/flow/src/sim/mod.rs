//! The simulated bus: in memory, on a clock that tests move, with seeded faults where wanted.
//!
//! It runs the same rules as the embedded bus, over maps instead of tables; so what a seed finds
//! here is a fault of what ships. [`FaultyBus`] wraps any bus, this one or another.

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

/// What a simulated bus has stored; outlives the buses over it as a disk does.
#[derive(Clone, Default)]
pub struct SimDisk(memory::Memory);

impl SimDisk {
    /// Lets so many objects more be stored or deleted, as if the process were killed before the next: who
    /// waits for that goes on waiting. `None` ends this.
    pub fn kill_after_objects(&self, count: Option<usize>) {
        let mut maps = self.0.maps();
        (maps.objects_left, maps.is_killed) = (count, false);
    }

    /// From now on a power cut may lose so many commits: none of them is synced.
    pub fn may_lose(&self, commits: usize) {
        self.0.may_lose(commits);
    }

    /// Whether the process came to where it is killed.
    #[must_use]
    pub fn is_killed(&self) -> bool {
        self.0.maps().is_killed
    }
}

/// A bus in memory. What is stored is in its [`SimDisk`]; what is only known is lost with it.
pub struct SimBus {
    place: Arc<InPlace>,
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
        let place = Arc::new(InPlace {
            engine,
            clock: clock.clone(),
            disk: disk.0.clone(),
            faults: Mutex::default(),
        });
        let bus = LocalBus::new(place.clone(), clock, Arc::new(disk.0.clone()));
        Self { bus, place, disk: disk.clone() }
    }

    /// From now on so many of a thousand commits fail, by a seed: half of them are undone, and the others
    /// stand although the caller hears that they failed.
    pub fn fail_commits(&self, in_a_thousand: u64, seed: u64) {
        let faults = Some((Random::new(seed), in_a_thousand));
        *self.place.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// The seam.
    #[must_use]
    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(self.bus.clone())
    }

    /// Crashes behind the seam and comes back: whatever was only known is lost, and who waits
    /// for an answer goes on waiting.
    ///
    /// # Panics
    /// Never: memory can be read.
    pub fn restart(&self) {
        let mut engine = self.place.engine.lock().unwrap_or_else(PoisonError::into_inner);
        engine.reload(self.place.clock.now()).expect("tables in memory can always be read");
    }
}

impl SimBus {
    /// A power cut: the last commits, so many at most, never reached the disk. Says how many were lost. Whoever used
    /// the bus is gone, too: drop them first.
    pub fn lose_tail(&self, commits: usize) -> usize {
        let lost = self.disk.0.lose_tail(commits);
        self.restart();
        lost
    }
}

/// Carries out a job where it is submitted.
struct InPlace {
    engine: Mutex<Engine>,
    clock: Arc<dyn Clock>,
    disk: memory::Memory,
    /// How often commits fail, in a thousand.
    faults: Mutex<Option<(Random, u64)>>,
}

impl InPlace {
    /// How this commit fails, if it does.
    fn fault(&self) -> Option<FailingCommit> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let (random, in_a_thousand) = faults.as_mut()?;
        let fails = random.happens(*in_a_thousand);
        let how = if random.happens(500) { FailingCommit::Undone } else { FailingCommit::Done };
        fails.then_some(how)
    }
}

impl Runner for InPlace {
    fn submit(&self, mut job: Box<dyn Job>) {
        let now = self.clock.now();
        // A job that panicked has changed nothing after the panic: the tables hold.
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
        engine().tell();
    }
}
