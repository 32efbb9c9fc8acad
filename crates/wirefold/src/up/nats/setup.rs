//! `wirefold setup`: makes the streams, tables and consumers on a NATS server. Only its role may do so.

use std::time::Duration;

use anyhow::Context;
use wirefold_envelope::{dead_letters, stream_configs};
use wirefold_flow::{Bus as _, BusError, ConsumerConfig};
use wirefold_flow_nats::{MARKS, NatsBus};
use wirefold_proto::rights::READERS;
use wirefold_proto::streams::{Role, STORES, STORIES, Stage, StoreKind, TRIES};

use super::{connect_within, must_not_be_forgetting};
use crate::config::{Config, Loaded};
use crate::exit::{Exit, Stop};
use crate::output;
use crate::up::repair;

/// How long to wait for the server.
const SERVER_TIMEOUT: Duration = Duration::from_secs(30);
const DAY: Duration = Duration::from_hours(24);

/// The names of the streams, tables and readers that were made, or existed already.
type Made = [(&'static str, Vec<String>); 3];

/// Runs `setup`.
pub(in crate::up) async fn run(loaded: &Loaded, repairs: bool) -> anyhow::Result<Exit> {
    let config = &loaded.config;
    let bus = connect_within(SERVER_TIMEOUT, &config.bus, "setup").await?;
    let made = make(&bus, config).await.context("the server is not set up")?;
    for (what, names) in made {
        output::print(format!("{what:<8} {}\n", names.join(" ")).as_bytes())?;
    }
    if repairs { repair::over_nats(&bus).await } else { Ok(Exit::Ok) }
}

/// Makes everything that is missing.
pub(super) async fn make(bus: &NatsBus, config: &Config) -> anyhow::Result<Made> {
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
