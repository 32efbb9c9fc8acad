//! Answers health requests before any stage runs in this process.

use std::net::SocketAddr;

use super::process::{Process, bind};
use crate::config::Config;
use crate::telemetry::{Health, Telemetry, operations_router};

/// A process that only serves the operations port yet.
pub(super) struct StartingProcess {
    pub(super) process: Process,
    pub(super) health: Health,
    /// The address of health and metrics.
    pub(super) operations: SocketAddr,
}

/// The part of the health that all stages wait for.
pub(super) const BUS: &str = "bus";

impl StartingProcess {
    /// Serves health and metrics at this address. Nothing is ready before the bus is.
    pub(super) async fn start(config: &Config, telemetry: &Telemetry) -> anyhow::Result<Self> {
        let listen = config.operations.listen;
        let health = Health::new(telemetry.loops.clone());
        health.expect(BUS);
        let mut process = Process::new();
        let port = bind("operations port", "--operations", listen).await?;
        let operations = port.local_addr()?;
        let router = operations_router(telemetry.clone(), health.clone(), &config.page.hosts);
        process.serve("operations port", port, router);
        Ok(Self { process, health, operations })
    }
}
