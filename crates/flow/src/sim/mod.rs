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
        let place = Arc::new(InPlace { engine, clock: clock.clone() });
        Self { bus: LocalBus::new(place.clone(), clock, Arc::new(disk.0.clone())), place }
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

/// Carries out a job where it is submitted.
struct InPlace {
    engine: Mutex<Engine>,
    clock: Arc<dyn Clock>,
}

impl Runner for InPlace {
    fn submit(&self, mut job: Box<dyn Job>) {
        let now = self.clock.now();
        // A job that panicked has changed nothing after the panic: the tables hold.
        let engine = || self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = {
            let mut engine = engine();
            job.run(&mut engine, now).and_then(|()| engine.commit())
        };
        job.finish(outcome);
        engine().tell();
    }
}
