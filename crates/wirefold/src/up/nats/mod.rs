//! Stages as processes over a NATS server: one stage, all stages, and the setup of the server.

pub(crate) mod pruner;
mod service;
mod supervisor;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use wirefold_envelope::{dead_letters, stream_configs};
use wirefold_flow::{
    Bus, BusError, Clock, ConsumerConfig, Lease, LeaseConfig, StageContext, SystemClock,
};
use wirefold_flow_nats::{
    ConnectError, Login, MARKS, NatsBus, Options, SignedBus, SignedStream, SigningKey, connect,
};
use wirefold_proto::rights::{READERS, Service};
use wirefold_proto::streams::{Role, STORES, STORIES, STREAMS, Stage, StoreKind, TRIES};
use wirefold_proto::{FORGETTING, Subject, streams};

use super::process::{Signals, StopSignal};
use crate::config::{BusConfig, Config, Loaded};
use crate::exit::{Exit, Stop, stop};
use crate::output;
use crate::up::repair;

pub(super) use service::{OwnEndpoint, Serving, inputs};
pub(super) use supervisor::Supervisor;

/// Names the default server if the settings name none.
pub(crate) fn name_default_server(bus: &mut BusConfig) {
    if bus.nats.is_empty() {
        bus.nats.push("nats://127.0.0.1:4222".to_owned());
    }
}

/// How to connect to the server of these settings in this role.
pub(crate) fn options(bus: &BusConfig, role: &str) -> Options {
    let password = bus.password.as_ref().map(|it| it.secret.expose().to_owned());
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
            stop!(Bus, "{error}: `bus.user` and `bus.password` name them")
        }
        Ok(connected) => Ok(connected.map_err(Stop::bus)?),
    }
}

/// Connects as soon as the server answers, unless the process is asked to end first.
///
/// # Errors
/// Exit code 4 if it refuses the connection.
pub(super) async fn wait_for_server(
    config: &Config,
    role: &str,
    clock: Arc<dyn Clock>,
    signals: &mut Signals,
) -> anyhow::Result<Result<NatsBus, StopSignal>> {
    let options = options(&config.bus, role);
    tokio::select! {
        bus = connect(&options, clock) => Ok(Ok(bus.map_err(Stop::bus)?)),
        asked = signals.next() => Ok(Err(asked)),
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
        begun => begun.map_err(Stop::bus)?,
    };
    if begun.is_some() {
        stop!(Bus, "a `forget` runs on this server, or was interrupted: run it to its end first");
    }
    Ok(())
}

/// Checks that the streams exist that a stage writes, and the one that all stages read.
///
/// # Errors
/// Exit code 4 with advice if one is missing or may not be read.
pub(super) async fn check_streams(bus: &NatsBus, stage: Service) -> anyhow::Result<()> {
    let uses = |stream: &&streams::Stream| {
        let is_its = |role: Role| role.as_str() == stage.as_str();
        let is_read = stream.name == streams::FETCHED.name;
        is_read || stream.writers.iter().any(|writer| is_its(writer.role))
    };
    for stream in STREAMS.iter().filter(uses) {
        match bus.stream_state(stream.name).await {
            Ok(_) => {}
            // It answered before: the loops wait for it.
            Err(error) if error.may_pass() => tracing::warn!(%error, "the bus does not answer"),
            Err(BusError::NoStream(name)) => stop!(
                Bus,
                "the server has no stream {name}: run `wirefold setup --nats URL` once, as a \
                 user that may make streams"
            ),
            Err(error) => return Err(Stop::bus(error).into()),
        }
    }
    Ok(())
}

/// Over NATS, requests the lease of a stage and renews it beside the work. With the embedded bus no other
/// process can lead.
pub(in crate::up) fn lease(
    nats: Option<&NatsBus>,
    context: &StageContext,
    stage: Service,
    instance: &str,
) -> anyhow::Result<Lease> {
    if nats.is_none() {
        return Ok(Lease::alone());
    }
    let stage = stage.as_str();
    let config = LeaseConfig {
        name: stage.to_owned(),
        keys: context.bus.key_value(streams::LEASES.name)?,
        key: stage.to_owned(),
        holder: format!("{instance} ({} on {})", std::process::id(), host()),
        unique: crate::random::hex::<8>()?,
    };
    Ok(Lease::spawn(context, config))
}

/// The name of this machine, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() { "this machine".to_owned() } else { name }
}

/// Asks the kernel to terminate this process when its parent ends.
pub(in crate::up) fn end_with_parent() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))
    {
        tracing::debug!(%error, "this process stays when its parent is killed");
    }
}

/// These are below the ports that systems use for outgoing connections. A client that waits for a server on
/// such a port might connect to itself.
const PORTS: std::ops::Range<u16> = 18_000..32_000;

/// A port on which nothing listens. `nth` separates the ports of one run.
fn free_port(nth: u16) -> anyhow::Result<SocketAddr> {
    let count = PORTS.end - PORTS.start;
    let own = u16::try_from(std::process::id() % u32::from(count)).unwrap_or(0);
    let port = |step: u16| PORTS.start + (own + nth * 997 + step * 13) % count;
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let mut addresses = (0..1000).map(|step| (Ipv4Addr::LOCALHOST, port(step)).into());
    addresses.find(is_free).ok_or_else(|| anyhow::anyhow!("no port is free on 127.0.0.1"))
}

// `wirefold setup`: makes the streams, tables and consumers on a NATS server. Only its role may do so.

/// How long to wait for the server.
const SERVER_TIMEOUT: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_hours(24);

/// The names of the streams, tables and readers that were made, or existed already.
type Made = [(&'static str, Vec<String>); 3];

/// Runs `setup`.
pub(in crate::up) async fn run_setup(loaded: &Loaded, repairs: bool) -> anyhow::Result<Exit> {
    let config = &loaded.config;
    let bus = connect_within(SERVER_TIMEOUT, &config.bus, "setup").await?;
    let made = make(&bus, config).await.context("the server is not set up")?;
    for (what, names) in made {
        output::print(format!("{what:<8} {}\n", names.join(" ")).as_bytes())?;
    }
    if repairs { repair::over_nats(&bus).await } else { Ok(Exit::Ok) }
}

/// Makes everything that is missing.
async fn make(bus: &NatsBus, config: &Config) -> anyhow::Result<Made> {
    must_not_be_forgetting(bus).await?;
    let [mut streams, mut tables, mut readers_made] = [const { Vec::new() }; 3];
    for stream in stream_configs(&config.limits()) {
        streams.push(stream.name.clone());
        bus.create_stream(stream).await.map_err(|error| match error {
            BusError::BadStream { .. } => Stop::bus(format_args!(
                "{error}; `retention.max_bytes` in wirefold.toml bounds the size of the streams"
            )),
            other => Stop::bus(other),
        })?;
    }
    let stores = STORES.iter().filter(|store| store.kind == StoreKind::KeyValue);
    for table in stores.map(|store| store.name).chain([MARKS]) {
        tables.push(table.to_owned());
        bus.create_bucket(table, age(table, config)).await.map_err(Stop::bus)?;
    }
    for store in STORES.iter().filter(|store| store.kind == StoreKind::Objects) {
        tables.push(store.name.to_owned());
        bus.create_store(store.name).await.map_err(Stop::bus)?;
    }
    for reader in readers(config.delivery.iter().map(|it| it.name.as_str())) {
        readers_made.push(format!("{}/{}", reader.stream, reader.durable));
        bus.create_or_update_consumer(&reader).await.map_err(Stop::bus)?;
    }
    Ok([("streams", streams), ("tables", tables), ("readers", readers_made)])
}

/// The durable consumers that are needed with deliveries of these names.
pub(in crate::up) fn readers<'a>(deliveries: impl Iterator<Item = &'a str>) -> Vec<ConsumerConfig> {
    let deliveries = deliveries.map(wirefold_alerter::consumer);
    let own = [wirefold_enricher::consumer()].into_iter().chain(deliveries);
    own.chain(foreign_consumers()).collect()
}

/// How long a key is stored after its last write. A story does not grow after the window, and no retry takes
/// this long.
fn age(table: &str, config: &Config) -> Option<Duration> {
    [STORIES.name, TRIES.name].contains(&table).then(|| config.limits().window + DAY)
}

/// The consumers of other programs, which may not make any. They acknowledge their messages themselves, so nothing
/// of theirs becomes a dead letter.
fn foreign_consumers() -> impl Iterator<Item = ConsumerConfig> {
    let reader = Role::Reader.as_str();
    let theirs = READERS.iter().filter(move |(_, durable)| *durable == reader);
    theirs.map(move |(stream, durable)| {
        ConsumerConfig::new(*stream, *durable, dead_letters(Stage::Gateway))
    })
}
