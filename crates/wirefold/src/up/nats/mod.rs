//! Stages as processes over a NATS server: one stage, all stages, and the setup of the server.

mod service;
mod supervisor;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};
use wirefold_envelope::{dead_letters, stream_configs};
use wirefold_flow::{
    Bus, BusError, Clock, Lease, LeaseConfig, StageContext, SystemClock, UnixMillis,
};
use wirefold_flow_nats::{
    ConnectError, Consumer, Login, MARKS, NatsBus, Options, SignedBus, SignedStream, SigningKey,
    StreamUsage, connect,
};
use wirefold_proto::rights::{READERS, Service};
use wirefold_proto::streams::{
    OUTPUT, OUTPUT_DECISIONS, STORES, STORIES, STREAMS, Stage, StoreKind,
};
use wirefold_proto::{FORGETTING, Subject, streams};

use super::process::{BUS, Signals};
use crate::config::{BusConfig, Config, Loaded};
use crate::exit::{Exit, Stop, stop};
use crate::output;
use crate::telemetry::{
    Health, MISSING, PRUNED, READERS_RECREATED, STREAM_AGE, STREAM_CHECKS, STREAM_USED,
};

pub(super) use service::{Serving, inputs};
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

/// Connects as soon as the server answers, unless the process is asked to end first. Until then the bus is not ready.
///
/// # Errors
/// Exit code 4 if it refuses the connection.
pub(super) async fn wait_for_server(
    config: &Config,
    role: &str,
    clock: Arc<dyn Clock>,
    health: &Health,
    signals: &mut Signals,
) -> anyhow::Result<Result<NatsBus, Exit>> {
    let addresses = config.bus.addresses();
    health.waiting(BUS, format!("no NATS server answers at {addresses} yet"));
    let options = options(&config.bus, role);
    tokio::select! {
        bus = connect(&options, clock) => Ok(Ok(bus.map_err(Stop::bus)?)),
        asked = signals.next() => Ok(Err(asked)),
    }
}

/// The bus that signs and checks decisions, if there is a key for it. The alerter reports forged ones.
///
/// # Errors
/// Exit code 2 if the key cannot be read or is too short.
pub(super) fn signed(
    config: &Config,
    bus: &NatsBus,
    stage: Service,
) -> anyhow::Result<Arc<dyn Bus>> {
    let bus: Arc<dyn Bus> = Arc::new(bus.clone());
    let Some(key) = signing_key(&config.bus)? else { return Ok(bus) };
    let (name, epochs) = (OUTPUT.name.to_owned(), Subject::output_epoch().to_string());
    let letters = (stage == Service::Alerter)
        .then(|| (stage.as_str().to_owned(), dead_letters(Stage::Alerter)));
    Ok(Arc::new(SignedBus::new(bus, key, SignedStream { name, epochs, letters })))
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

/// Checks that the streams exist that a stage writes.
///
/// # Errors
/// Exit code 4 with advice if one is missing or may not be read.
pub(super) async fn check_streams(bus: &NatsBus, stage: Service) -> anyhow::Result<()> {
    let uses = |stream: &&streams::Stream| {
        stream.writers.iter().any(|writer| writer.role.as_str() == stage.as_str())
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
pub(in crate::up) async fn run_setup(loaded: &Loaded) -> anyhow::Result<Exit> {
    let config = &loaded.config;
    let bus = connect_within(SERVER_TIMEOUT, &config.bus, "setup").await?;
    let made = make(&bus, config).await.context("the server is not set up")?;
    for (what, names) in made {
        output::print(format!("{what:<8} {}\n", names.join(" ")).as_bytes())?;
    }
    Ok(Exit::Ok)
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
    for reader in foreign_consumers() {
        readers_made.push(format!("{}/{}", reader.stream, reader.durable));
        bus.create_or_update_consumer(&reader).await.map_err(Stop::bus)?;
    }
    Ok([("streams", streams), ("tables", tables), ("readers", readers_made)])
}

/// How long a key is stored after its last write. A story does not grow after the window.
fn age(table: &str, config: &Config) -> Option<Duration> {
    (table == STORIES.name).then(|| config.limits().window + DAY)
}

/// The consumers of other programs, which may not make any.
fn foreign_consumers() -> impl Iterator<Item = Consumer> {
    READERS.iter().map(|(stream, durable)| {
        let all = Consumer::new(*stream, *durable);
        match *stream == OUTPUT.name {
            // Take-overs of the enricher concern only its successors.
            true => Consumer { filter: OUTPUT_DECISIONS.to_owned(), ..all },
            false => all,
        }
    })
}

// The pruner: before a stream is full, it deletes the oldest messages that every named reader has read. On a
// NATS server, acknowledging a message frees nothing.
//
// It also makes deleted durable consumers again, because the programs that use them may not do so.

/// The pruner makes room in a stream that is filled to this share of its bytes.
const FULL_FROM: f64 = 0.8;
/// How often streams are checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

const DAY_SECONDS: f64 = 86_400.0;

/// Checks all streams until `stop`.
///
/// # Errors
/// A stream is missing or may not be purged. Temporary errors are retried.
pub(in crate::up) async fn run_pruner(
    bus: NatsBus,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut before = BTreeMap::new();
    while !stop.is_cancelled() {
        for stream in &STREAMS {
            retry_later(check_stream(&bus, stream.name, &mut before, &*clock).await)?;
        }
        for reader in foreign_consumers() {
            retry_later(ensure_consumer(&bus, &reader).await)?;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = clock.sleep_until(clock.now().plus(CHECK_INTERVAL)) => {}
        }
    }
    Ok(())
}

/// The state of a stream at a check.
struct StreamCheck {
    at: UnixMillis,
    kept: StreamUsage,
}

/// Logs a temporary error, after which the next check tries again.
fn retry_later(looked: Result<(), BusError>) -> anyhow::Result<()> {
    match looked {
        Ok(()) => Ok(()),
        Err(error) if error.may_pass() => {
            debug!(%error, "the check failed");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes a missing reader. It begins with the first stored message; its user knows which ones it has handled.
async fn ensure_consumer(bus: &NatsBus, reader: &Consumer) -> Result<(), BusError> {
    if bus.create_or_update_consumer(reader).await? {
        READERS_RECREATED.add(1, &[]);
        let Consumer { stream, durable, .. } = reader;
        error!(stream, reader = durable, "a consumer was deleted or changed: it was created again");
    }
    Ok(())
}

async fn check_stream(
    bus: &NatsBus,
    stream: &'static str,
    before: &mut BTreeMap<&'static str, StreamCheck>,
    clock: &dyn Clock,
) -> Result<(), BusError> {
    let kept = bus.prune_below(stream, FULL_FROM).await?;
    let at = clock.now();
    let missing = before.get(stream).map_or(0, |before| count_left_early(before, &kept, at));
    if missing > 0 {
        MISSING.add(missing, &[stream]);
        let what = "messages left a stream too early, such as after a purge; `wirefold forget` also \
                    removes some";
        error!(stream, missing, "{what}");
    }
    before.insert(stream, StreamCheck { at, kept });
    STREAM_CHECKS.add(1, &[stream]);
    STREAM_USED.set(kept.share, &[stream]);
    let reach = kept.oldest.map(|oldest| clock.now().since(oldest).as_secs_f64());
    STREAM_AGE.set(reach.unwrap_or(0.0), &[stream]);
    if kept.dropped > 0 {
        PRUNED.add(kept.dropped, &[stream]);
        let days = reach.unwrap_or(0.0) / DAY_SECONDS;
        warn!(stream, dropped = kept.dropped, "window shortened to {days:.1} d by disk");
    } else if kept.share >= FULL_FROM {
        let percent = (kept.share * 100.0).round();
        warn!(stream, percent, "a stream is nearly full of messages that a consumer has not read");
    }
    Ok(())
}

/// The number of messages that left a stream since the last check for no reason: neither by age nor to make
/// room. No stage would notice them, because a server counts purged messages as read.
fn count_left_early(before: &StreamCheck, now: &StreamUsage, at: UnixMillis) -> u64 {
    let StreamCheck { at: looked, kept: before } = before;
    // Later messages are not older than the last check.
    let oldest = before.oldest.unwrap_or(*looked);
    let is_due = before.max_age.is_some_and(|age| at.since(oldest) >= age);
    // A publisher makes room in a full stream.
    if before.share >= FULL_FROM || is_due {
        return 0;
    }
    // A new stream has no first message yet.
    now.first.saturating_sub(now.dropped).saturating_sub(before.first.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_left_for_no_reason_are_counted() {
        let (start, hour) = (UnixMillis(1_000_000), Duration::from_hours(1));
        let kept = StreamUsage {
            share: 0.1,
            dropped: 0,
            first: 5,
            oldest: Some(start),
            max_age: Some(hour),
        };
        let later = start.plus(Duration::from_mins(1));
        let now = |first, dropped| StreamUsage { first, dropped, ..kept };
        let early = |old: StreamUsage, new: StreamUsage, at| {
            count_left_early(&StreamCheck { at: start, kept: old }, &new, at)
        };
        assert_eq!(early(kept, now(12, 0), later), 7);
        assert_eq!(early(kept, now(12, 3), later), 4);
        assert_eq!(early(kept, now(5, 0), later), 0);
        // A stream that was made again begins at 1. Its readers report that it went back.
        assert_eq!(early(kept, now(1, 0), later), 0);
        assert_eq!(early(kept, now(12, 0), start.plus(hour)), 0, "they left by age");
        assert_eq!(early(StreamUsage { share: 0.9, ..kept }, now(12, 0), later), 0, "for room");
        assert_eq!(early(StreamUsage { max_age: None, ..kept }, now(12, 0), later), 7);
        let empty = StreamUsage { oldest: None, first: 0, ..kept };
        assert_eq!(early(empty, now(12, 0), later), 11, "all that came since");
        assert_eq!(early(empty, now(1, 0), later), 0);
        assert_eq!(early(empty, now(12, 0), start.plus(hour)), 0, "they left by age");
    }
}
