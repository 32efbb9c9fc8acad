//! The subjects of requests to JetStream.

use super::Right;
use crate::streams::{DELIVERIES, ReadBy, Role, STORES, STREAMS, Stage, StoreKind, Stream};
use crate::table_keys::{ADDED_KEY, REPLAYED_KEY, gone_key};

/// The table with the positions of readers that do not acknowledge, by stream and role.
pub const MARKS: &str = "wf_marks";

/// The streams from which `setup` deletes messages that all readers have read, once they are full. The others
/// drop their oldest messages themselves.
pub const PURGED: [&str; 4] = ["WF_FETCHED", "WF_ENRICHED", "WF_OUTPUT", "WF_ALERTS"];

/// The durable consumers with fixed names: stream and consumer.
pub const READERS: [(&str, &str); 2] = [("WF_OUTPUT", "reader"), ("WF_ALERTS", "reader")];

/// The stream behind a bucket of keys or an object store.
#[must_use]
pub fn stream_of(kind: StoreKind, name: &str) -> String {
    match kind {
        StoreKind::KeyValue => format!("KV_{name}"),
        StoreKind::Objects => format!("OBJ_{name}"),
    }
}

pub(super) fn append(stream: &Stream, publish: Vec<String>) -> Right {
    let mut publish = publish;
    publish.push(format!("$JS.API.STREAM.INFO.{}", stream.name));
    Right { what: format!("writes {}", stream.name), publish, ..Right::default() }
}

/// Requests that read single messages of a stream.
fn lookup(stream: &str) -> Vec<String> {
    vec![
        format!("$JS.API.STREAM.INFO.{stream}"),
        format!("$JS.API.DIRECT.GET.{stream}"),
        format!("$JS.API.STREAM.MSG.GET.{stream}"),
    ]
}

fn make_durable(stream: &str, durable: &str) -> Vec<String> {
    vec![
        format!("$JS.API.CONSUMER.INFO.{stream}.{durable}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}.{durable}"),
        format!("$JS.API.CONSUMER.CREATE.{stream}.{durable}.>"),
    ]
}

/// The right to pull the messages of a durable consumer and to acknowledge them.
fn using(stream: &str, durable: &str) -> [String; 3] {
    [
        format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"),
        // With and without domain and account before the stream.
        format!("$JS.ACK.{stream}.{durable}.>"),
        format!("$JS.ACK.*.*.{stream}.{durable}.>"),
    ]
}

pub(super) fn reading(stream: &Stream, role: Role, by: ReadBy) -> Right {
    let name = stream.name;
    match by {
        ReadBy::Sequence => Right {
            what: format!("reads single messages of {name}"),
            publish: lookup(name),
            ..Right::default()
        },
        ReadBy::Order => {
            let mut publish = lookup(name);
            if Stage::from_word(role.as_str()).is_some() {
                publish.push(format!("$KV.{MARKS}.{name}.{role}"));
                publish.push(format!("$JS.API.STREAM.MSG.GET.KV_{MARKS}"));
            }
            // Reading by sequence needs no consumer. The server announces stored messages here.
            let subscribe = vec![format!("wirefold.stored.{name}.>")];
            Right { what: format!("reads {name} in order"), publish, subscribe }
        }
        ReadBy::Consumer => {
            let durable = role.as_str();
            let mut publish = vec![format!("$JS.API.CONSUMER.INFO.{name}.{durable}")];
            publish.extend(using(name, durable));
            let what = format!("reads {name} through a durable consumer");
            Right { what, publish, ..Right::default() }
        }
    }
}

pub(super) fn keys(bucket: &str, role: Role, writes: bool) -> Right {
    let stream = stream_of(StoreKind::KeyValue, bucket);
    let mut publish = Vec::new();
    if writes {
        publish.push(format!("$KV.{bucket}.>"));
    }
    publish.push(format!("$JS.API.STREAM.INFO.{stream}"));
    publish.push(format!("$JS.API.STREAM.MSG.GET.{stream}"));
    // The requests that other clients use for one key, or for all keys.
    publish.push(match role {
        Role::Reader => format!("$JS.API.DIRECT.GET.{stream}.>"),
        _ => format!("$JS.API.DIRECT.GET.{stream}"),
    });
    let verb = if writes { "keeps" } else { "reads" };
    Right { what: format!("{verb} the table {bucket}"), publish, ..Right::default() }
}

/// The keys that the gateway writes in the table of deliveries.
pub(super) fn replaying() -> Right {
    let keys = [gone_key("*"), REPLAYED_KEY.to_owned(), ADDED_KEY.to_owned()];
    let publish = keys.map(|key| format!("$KV.{}.{key}", DELIVERIES.name)).to_vec();
    let what =
        "adds deliveries, switches them on again, and notes replayed dead letters".to_owned();
    Right { what, publish, ..Right::default() }
}

pub(super) fn objects(store: &str, writes: bool) -> Right {
    let stream = stream_of(StoreKind::Objects, store);
    let mut publish = if writes { vec![format!("$O.{store}.>")] } else { Vec::new() };
    publish.extend(lookup(&stream));
    if writes {
        // Overwritten objects are purged immediately, because snapshots are large.
        publish.push(format!("$JS.API.STREAM.PURGE.{stream}"));
    }
    let verb = if writes { "keeps" } else { "reads" };
    Right { what: format!("{verb} the objects of {store}"), publish, ..Right::default() }
}

/// The streams of the contract, and those behind its stores and the marks.
fn every_stream() -> Vec<String> {
    let streams = STREAMS.iter().map(|stream| stream.name.to_owned());
    let stores = STORES.iter().map(|store| stream_of(store.kind, store.name));
    streams.chain(stores).chain([stream_of(StoreKind::KeyValue, MARKS)]).collect()
}

pub(super) fn setup() -> Vec<Right> {
    let mut making = vec!["$JS.API.STREAM.NAMES".to_owned()];
    for stream in every_stream() {
        for verb in ["INFO", "CREATE", "UPDATE"] {
            making.push(format!("$JS.API.STREAM.{verb}.{stream}"));
        }
    }
    let mut readers = Vec::new();
    for stream in STREAMS {
        readers.extend(make_durable(stream.name, "*"));
    }
    let mut keeping = vec![format!("$JS.API.STREAM.MSG.GET.KV_{MARKS}")];
    // The time of the oldest message tells how far back a stream reaches.
    keeping.extend(STREAMS.iter().flat_map(|stream| lookup(stream.name)));
    keeping.extend(PURGED.map(|stream| format!("$JS.API.STREAM.PURGE.{stream}")));
    let next = |stream: &Stream| format!("$JS.API.CONSUMER.MSG.NEXT.{}.*", stream.name);
    let reading = STREAMS.iter().map(next).collect();
    let right = |what: &str, publish| Right { what: what.to_owned(), publish, ..Right::default() };
    vec![
        right("reads all that is stored, to verify it", reading),
        right("makes streams and stores", making),
        right("makes readers", readers),
        right("deletes messages that all have read if a stream is full", keeping),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::STREAMS;

    #[test]
    fn the_known_readers_are_those_of_the_table() {
        let is_durable = |reader: &&crate::streams::Reader| reader.by == ReadBy::Consumer;
        let mut named = Vec::new();
        for stream in STREAMS {
            for reader in stream.readers.iter().filter(is_durable) {
                named.push((stream.name, reader.role.as_str()));
            }
        }
        assert_eq!(named, READERS);
    }
}
