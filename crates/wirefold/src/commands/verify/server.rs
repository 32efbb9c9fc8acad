//! The streams on a NATS server. Its own files have checksums of their own, which the server looks at.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::{Bus as _, BusError, SystemClock};
use wirefold_flow_nats::{NatsBus, connect};
use wirefold_proto::rights::User;
use wirefold_proto::streams::JUDGED;

use super::super::finding::Finding;
use super::contents::{Contents, ORDER};
use super::files;
use crate::client::Instance;
use crate::config::{BusConfig, Overrides};
use crate::exit::{Exit, Stop};
use crate::up::nats::{options, own_bus};

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Messages read at once.
const AT_ONCE: usize = 256;

/// Reads the streams of the server of this instance, and the files of its folder.
pub(super) async fn look(instance: &Instance, folder: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut config = crate::config::load_here(instance, Overrides::default())?.config;
    if config.bus.nats.is_empty() {
        config.bus = own_server(folder)?;
    }
    let addresses = config.bus.addresses();
    let options = options(&config.bus, User::Setup.as_str());
    let connected = tokio::time::timeout(PATIENCE, connect(&options, Arc::new(SystemClock))).await;
    let missed = format!("no NATS server answers at {addresses} within {PATIENCE:?}");
    let bus = connected.map_err(|_| Stop::new(Exit::Bus, missed))?;
    let refused = |error: &dyn std::fmt::Display| Stop::new(Exit::Bus, error.to_string());
    let bus = bus.map_err(|error| refused(&error))?;
    let contents = read_all(&bus).await.map_err(|error| refused(&error))?;
    let unread = bus.unread(JUDGED.name, &wirefold_enricher::consumer().durable).await;
    let mut findings = contents.findings(unread.map_err(|error| refused(&error))?);
    bus.close().await;
    if findings.is_empty() {
        findings.push(Finding::good(format!("streams: {} read", contents.in_words())));
    }
    findings.extend(files::beside(&folder.join("nats")));
    Ok(findings)
}

/// Reads all streams of a server.
pub(crate) async fn read_all(bus: &NatsBus) -> Result<Contents, BusError> {
    let mut contents = Contents::default();
    for stream in ORDER {
        let first = bus.stream_state(stream.name).await?.first;
        let mut reader = bus.read(stream.name, ">", first).await?;
        loop {
            let messages = reader.ready(AT_ONCE).await?;
            if messages.is_empty() {
                break;
            }
            messages.iter().for_each(|stored| contents.look_at(stored));
        }
    }
    Ok(contents)
}

/// How the server of `up --nats` is spoken to, by the configuration that it wrote.
fn own_server(folder: &Path) -> anyhow::Result<BusConfig> {
    own_bus(folder).ok_or_else(|| {
        let what =
            "what is collected stands on the server of `up --nats`, which was never started here";
        Stop::new(Exit::NotFound, what).into()
    })
}
