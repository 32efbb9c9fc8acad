//! Stages as processes over a NATS server: one stage, all stages, and the setup of the server.

mod child;
mod lease;
mod parent_death;
mod ports;
pub(crate) mod pruner;
mod service;
mod setup;
mod supervisor;

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wirefold_flow::{Bus, BusError, Clock, SystemClock};
use wirefold_flow_nats::{
    ConnectError, Login, NatsBus, Options, SignedBus, SignedStream, SigningKey, connect,
};
use wirefold_proto::streams::{self, Role, STREAMS};
use wirefold_proto::{FORGETTING, Subject};

use super::arguments::StageName;
use super::signals::{Signals, StopSignal};
use crate::config::{BusConfig, Config};
use crate::exit::{Exit, Stop, stop};

pub(super) use lease::lease;
pub(super) use parent_death::end_with_parent;
pub(super) use service::{OwnEndpoint, Serving, inputs};
pub(super) use setup::{readers, run as run_setup};
pub(super) use supervisor::Supervisor;

/// Names the default server if the settings name none.
pub(crate) fn name_default_server(bus: &mut BusConfig) {
    if bus.nats.is_empty() {
        bus.nats.push("nats://127.0.0.1:4222".to_owned());
    }
}

/// How to connect to the server of these settings in this role.
pub(crate) fn options(bus: &BusConfig, role: &str) -> Options {
    let password = bus.password.as_ref().map(|password| password.expose().to_owned());
    let login = |user: &String| Login {
        user: user.clone(),
        password: password.clone().unwrap_or_default(),
    };
    Options {
        login: bus.user.as_ref().map(login),
        root_certificates: bus.ca_file.clone(),
        replicas: bus.replicas,
        ..Options::new(bus.addresses(), role)
    }
}

/// Connects to the server of these settings in this role.
///
/// # Errors
/// Exit code 4 if it does not answer within this time, or refuses the connection.
pub(crate) async fn connect_within(
    time: Duration,
    bus: &BusConfig,
    role: &str,
) -> anyhow::Result<NatsBus> {
    let options = options(bus, role);
    let connecting = tokio::time::timeout(time, connect(&options, Arc::new(SystemClock)));
    match connecting.await {
        Err(_) => stop!(Bus, "no NATS server answers at {} within {time:?}", bus.addresses()),
        Ok(Err(error @ ConnectError::NotLetIn { .. })) => {
            stop!(Bus, "{error}: `bus.user` and `bus.password_file` name them")
        }
        Ok(connected) => Ok(connected.map_err(|error| Stop::new(Exit::Bus, error.to_string()))?),
    }
}

/// How waiting for a server ended.
pub(super) enum ServerWait {
    /// It answered.
    Connected(NatsBus),
    /// The process was asked to end first.
    Stopped(StopSignal),
}

/// Connects as soon as the server answers.
///
/// # Errors
/// Exit code 4 if it refuses the connection.
pub(super) async fn wait_for_server(
    config: &Config,
    role: &str,
    clock: Arc<dyn Clock>,
    signals: &mut Signals,
) -> anyhow::Result<ServerWait> {
    let options = options(&config.bus, role);
    tokio::select! {
        bus = connect(&options, clock) => match bus {
            Ok(bus) => Ok(ServerWait::Connected(bus)),
            Err(error) => Err(Stop::new(Exit::Bus, error.to_string()).into()),
        },
        asked = signals.next() => Ok(ServerWait::Stopped(asked)),
    }
}

/// The bus that signs and checks decisions, if there is a key for it.
///
/// # Errors
/// Exit code 2 if the key cannot be read or is too short.
pub(super) fn signed(config: &Config, bus: &NatsBus) -> anyhow::Result<Arc<dyn Bus>> {
    let bus: Arc<dyn Bus> = Arc::new(bus.clone());
    let Some(key) = signing_key(&config.bus)? else { return Ok(bus) };
    let (name, epochs) = (streams::JUDGED.name.to_owned(), Subject::epoch().to_string());
    Ok(Arc::new(SignedBus::new(bus, key, SignedStream { name, epochs })))
}

/// The key with which decisions are signed, if there is one.
///
/// # Errors
/// Exit code 2 if it cannot be read or is too short.
pub(crate) fn signing_key(bus: &BusConfig) -> anyhow::Result<Option<SigningKey>> {
    let Some(path) = &bus.signing_key_file else { return Ok(None) };
    let refused = |why: String| {
        Stop::new(Exit::Usage, format!("bus.signing_key_file: {}: {why}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
    let key = SigningKey::new(text.trim().as_bytes());
    key.map(Some).ok_or_else(|| refused("expected at least 16 characters".to_owned()).into())
}

/// The folder for files beside a NATS server. It is created for its owner only.
pub(super) fn folder(data: &Path) -> anyhow::Result<PathBuf> {
    let folder = data.join("nats");
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Fails if a `forget` was not finished. Until it is, streams may be missing and published messages would be
/// lost. A role that may not read the list starts anyway.
///
/// # Errors
/// Exit code 4 if one was not finished.
pub(super) async fn must_not_be_forgetting(bus: &NatsBus) -> anyhow::Result<()> {
    let begun = match bus.key_value(streams::FORGOTTEN.name)?.get(FORGETTING).await {
        Err(BusError::NotAllowed { .. } | BusError::NoStream(_)) => None,
        Err(error) if error.may_pass() => None,
        begun => begun.map_err(|error| Stop::new(Exit::Bus, error.to_string()))?,
    };
    match begun {
        None => Ok(()),
        Some(_) => {
            let what =
                "a `forget` runs on this server, or was interrupted: run it to its end first";
            Err(Stop::new(Exit::Bus, what).into())
        }
    }
}

/// Checks that the streams exist that a stage writes, and the one that all stages read.
///
/// # Errors
/// Exit code 4 with advice if one is missing or may not be read.
pub(super) async fn check_streams(bus: &NatsBus, stage: StageName) -> anyhow::Result<()> {
    let uses = |stream: &&streams::Stream| {
        let is_its = |role: Role| role.as_str() == stage.name();
        let is_read = stream.name == streams::FETCHED.name;
        is_read || stream.writers.iter().any(|writer| is_its(writer.role))
    };
    for stream in STREAMS.iter().filter(uses) {
        match bus.stream_state(stream.name).await {
            Ok(_) => {}
            // It answered before: the loops wait for it.
            Err(error) if error.may_pass() => tracing::warn!(%error, "the bus does not answer"),
            Err(BusError::NoStream(name)) => {
                let what = format!(
                    "the server has no stream {name}: run `wirefold setup --nats URL` once, as a \
                     user that may make streams"
                );
                return Err(Stop::new(Exit::Bus, what).into());
            }
            Err(error) => return Err(Stop::new(Exit::Bus, error.to_string()).into()),
        }
    }
    Ok(())
}
