//! The suite over a real server. A crash is a SIGKILL of the server. The tests cannot move the time; it
//! really passes.

use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::conformance::Harness;
use wirefold_flow::{BoxFuture, Bus, Clock, SystemClock, conformance_suite};
use wirefold_flow_nats::{MARKS, NatsBus};

use crate::server::Server;
use crate::waiting::{pass, pass_behind_all};

/// Time for the server to act: its timers are not exact to the millisecond, requests and answers take time,
/// and both wait on a busy machine.
const SLACK: Duration = Duration::from_millis(250);
/// Long compared with the suite's requests between two deliveries, each of which may wait for a sync of the
/// disk.
const DEADLINE: Duration = Duration::from_secs(2);
/// The server writes the positions of consumers ten times a second. So deliveries and acknowledgements of the
/// last tenth before a crash are repeated. The suite checks the state after that.
const PLACES_WRITTEN: Duration = Duration::from_secs(1);

struct JetStream {
    server: Server,
    bus: Arc<NatsBus>,
}

async fn jetstream() -> JetStream {
    let server = Server::start();
    let bus = Arc::new(server.bus().await);
    create_tables(&bus).await;
    JetStream { server, bus }
}

/// Creates the tables and stores of the suite.
pub(crate) async fn create_tables(bus: &NatsBus) {
    for bucket in ["feeds", "stories", MARKS] {
        bus.create_bucket(bucket, None).await.unwrap();
    }
    for store in ["states", "others"] {
        bus.create_store(store).await.unwrap();
    }
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
        Box::pin(pass_behind_all(&self.bus, by + SLACK))
    }
}

conformance_suite!(jetstream);
