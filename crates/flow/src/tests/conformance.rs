//! The suite over the simulated bus.

use std::sync::Arc;
use std::time::Duration;

use crate::bus::Bus;
use crate::clock::Clock;
use crate::conformance::Harness;
use crate::sim::{SimBus, SimDisk, VirtualClock};
use crate::{BoxFuture, conformance_suite};

struct Simulated {
    disk: SimDisk,
    clock: VirtualClock,
    bus: Arc<dyn Bus>,
}

async fn simulated() -> Simulated {
    let (disk, clock) = (SimDisk::default(), VirtualClock::default());
    let bus = SimBus::open(&disk, Arc::new(clock.clone())).bus();
    Simulated { disk, clock, bus }
}

impl Harness for Simulated {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()> {
        self.bus = SimBus::open(&self.disk, Arc::new(self.clock.clone())).bus();
        Box::pin(async {})
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        self.clock.advance(by);
        Box::pin(async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        })
    }
}

conformance_suite!(simulated);
