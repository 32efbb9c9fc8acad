//! Verifies the streams on a NATS server. The server checks its own files.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::SystemClock;
use wirefold_flow_nats::connect;
use wirefold_proto::rights::User;
use wirefold_proto::streams::JUDGED;

use super::files;
use crate::config::{Instance, Overrides};
use crate::contents::read_all;
use crate::exit::{Exit, Stop};
use crate::finding::Finding;
use crate::up::nats::{name_default_server, options};

/// How long the server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Checks the streams on the server of this instance, and the files of its folder.
pub(super) async fn verify_server(
    instance: &Instance,
    folder: &Path,
) -> anyhow::Result<Vec<Finding>> {
    let mut config = crate::config::load_here(instance, Overrides::default())?.config;
    name_default_server(&mut config.bus);
    let addresses = config.bus.addresses();
    let options = options(&config.bus, User::Setup.as_str());
    let connected =
        tokio::time::timeout(ANSWER_TIMEOUT, connect(&options, Arc::new(SystemClock))).await;
    let missed = format!("no NATS server answers at {addresses} within {ANSWER_TIMEOUT:?}");
    let bus = connected.map_err(|_| Stop::new(Exit::Bus, missed))?;
    let refused = |error: &dyn std::fmt::Display| Stop::new(Exit::Bus, error.to_string());
    let bus = bus.map_err(|error| refused(&error))?;
    let contents = read_all(&bus).await.map_err(|error| refused(&error))?;
    let unread = bus.unread(JUDGED.name, &wirefold_enricher::consumer().durable).await;
    let mut findings = contents.findings(unread.map_err(|error| refused(&error))?);
    bus.close().await;
    if findings.is_empty() {
        findings.push(Finding::good(format!("streams: {} read", contents.describe())));
    }
    findings.extend(files::beside(&folder.join("nats")));
    Ok(findings)
}
