//! The suite over a real server. A crash is a SIGKILL of it; time cannot be moved and passes.

use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::conformance::Harness;
use wirefold_flow::{BoxFuture, Bus, Clock, SystemClock, conformance_suite};

use crate::server::Server;
use crate::waiting::{pass, pass_behind_all};

/// For the server to do what is due: its timers are not to the millisecond, questions and answers
/// take their way, and a busy machine lets both wait.
const SLACK: Duration = Duration::from_millis(250);
/// Long against what the suite asks between two deliveries, each question up to a sync of the disk.
const DEADLINE: Duration = Duration::from_secs(2);
/// The server writes the places of readers ten times a second, so that what it delivered or was
/// told within the last tenth before a crash comes again. The suite asks what stands after that.
const PLACES_WRITTEN: Duration = Duration::from_secs(1);

struct JetStream {
    server: Server,
    bus: Arc<dyn Bus>,
}

async fn jetstream() -> JetStream {
    let server = Server::start();
    let bus = Arc::new(server.bus().await);
    JetStream { server, bus }
}

impl Harness for JetStream {
    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn crash_and_reopen(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            pass(PLACES_WRITTEN).await;
            self.server.kill();
            self.server.restart();
            self.bus = Arc::new(self.server.bus().await);
        })
    }

    fn deadline(&self) -> Duration {
        DEADLINE
    }

    fn advance(&self, by: Duration) -> BoxFuture<'_, ()> {
        Box::pin(pass_behind_all(&*self.bus, by + SLACK))
    }
}

conformance_suite!(jetstream);
