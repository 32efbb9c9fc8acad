//! Every user of `deploy/nats.conf` against every subject of the contract and every JetStream request on its
//! streams. The table's entries are allowed, and all others are refused.

use std::collections::BTreeSet;

use wirefold_envelope::{Limits, create_streams, stream_configs};
use wirefold_flow::{Bus as _, Outgoing};
use wirefold_flow_nats::{Attempt, MARKS, NatsBus};
use wirefold_proto::rights::{self, Rights, sample};
use wirefold_proto::streams::{ReadBy, Role, STORES, STREAMS, StoreKind};

use crate::server::Server;

/// Requests that concern a whole stream.
const OF_STREAMS: [&str; 13] = [
    "STREAM.INFO",
    "STREAM.CREATE",
    "STREAM.UPDATE",
    "STREAM.DELETE",
    "STREAM.PURGE",
    "STREAM.MSG.GET",
    "STREAM.MSG.DELETE",
    "STREAM.SNAPSHOT",
    "STREAM.RESTORE",
    "STREAM.LEADER.STEPDOWN",
    "CONSUMER.NAMES",
    "CONSUMER.LIST",
    "DIRECT.GET",
];
/// Requests that concern one consumer of a stream.
const OF_READERS: [&str; 8] = [
    "CONSUMER.CREATE",
    "CONSUMER.DURABLE.CREATE",
    "CONSUMER.INFO",
    "CONSUMER.DELETE",
    "CONSUMER.MSG.NEXT",
    "CONSUMER.PAUSE",
    "CONSUMER.RESET",
    "CONSUMER.UNPIN",
];
/// Requests that concern no stream, and subjects without an owner.
const OTHERS: [&str; 13] = [
    "$JS.API.INFO",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.SERVER.REMOVE",
    "$JS.API.META.LEADER.STEPDOWN",
    "$SRV.PING",
    "$SRV.STATS.wirefold-detector",
    "$SRV.STATS.wirefold-detector.x",
    "$SRV.STATS.of-others",
    "wirefold.v1.health.detector",
    "$SYS.REQ.SERVER.PING",
    "wirefold.v1.compare",
    "wirefold.v2.article.enriched",
];

pub(crate) fn users() -> Vec<&'static str> {
    Role::ALL.map(Role::as_str).into()
}

fn streams() -> Vec<String> {
    let named = STREAMS.iter().map(|stream| stream.name.to_owned());
    let stores = STORES.iter().map(|store| rights::stream_of(store.kind, store.name));
    let more = [rights::stream_of(StoreKind::KeyValue, MARKS), "KV_of_others".to_owned()];
    named.chain(stores).chain(more).collect()
}

/// All subjects to try.
fn attempts() -> BTreeSet<Attempt> {
    let mut publish: BTreeSet<String> = OTHERS.map(str::to_owned).into();
    let mut subscribe: BTreeSet<String> =
        [">", "$JS.>", "$KV.>", "$SRV.>"].map(str::to_owned).into();
    // Each of these also has an owner that answers it.
    subscribe.extend(OTHERS.map(str::to_owned));
    for stream in streams() {
        publish.extend(OF_STREAMS.map(|request| format!("$JS.API.{request}.{stream}")));
        for reader in ["x", "enricher", "detector", "alerter-desk", "gateway", "reader"] {
            publish.extend(OF_READERS.map(|it| format!("$JS.API.{it}.{stream}.{reader}")));
            publish.insert(format!("$JS.API.CONSUMER.CREATE.{stream}.{reader}.a.b"));
            publish.insert(format!("$JS.ACK.{stream}.{reader}.1.0.0.0.0"));
            publish.insert(format!("$JS.ACK._.x.{stream}.{reader}.1.0.0.0.0"));
        }
        for role in users() {
            publish.insert(format!("$KV.{MARKS}.{stream}.{role}"));
        }
    }
    for store in STORES {
        publish.insert(format!("$KV.{}.key", store.name));
        publish.insert(format!("$O.{}.C.chunk", store.name));
    }
    for stream in STREAMS {
        publish.extend(stream.subjects.iter().map(|subject| sample(subject)));
        subscribe.extend(stream.subjects.iter().map(|&subject| subject.to_owned()));
    }
    for user in Role::ALL {
        subscribe.insert(format!("_INBOX_{user}.x.y"));
        subscribe.extend(user.inboxes());
        publish.insert(format!("_INBOX_{user}.x.y"));
        publish.insert(format!("wirefold.v1.dead.{user}"));
        let rights = Rights::of(user);
        publish.extend(rights.publish().map(sample));
        subscribe.extend(rights.subscribe().map(sample));
    }
    let publish = publish.into_iter().map(Attempt::Publish);
    publish.chain(subscribe.into_iter().map(Attempt::Subscribe)).collect()
}

/// The shipped server with streams, tables and consumers, made by `setup`.
pub(crate) async fn prepared() -> (Server, NatsBus) {
    let server = Server::shipped(&users());
    let setup = server.bus_of("setup").await;
    create_streams(&setup, &Limits::default()).await.unwrap();
    let tables = STORES.iter().filter(|store| store.kind == StoreKind::KeyValue);
    for bucket in tables.map(|store| store.name).chain([MARKS]) {
        setup.create_bucket(bucket, None).await.unwrap();
    }
    for store in STORES.iter().filter(|store| store.kind == StoreKind::Objects) {
        setup.create_store(store.name).await.unwrap();
    }
    (server, setup)
}

#[tokio::test]
async fn each_user_may_do_what_the_table_says_and_nothing_else() {
    let (server, setup) = prepared().await;
    let fetcher = server.bus_of("fetcher").await;
    for number in 0..3 {
        let subject = "wirefold.v1.article.fetched.harbour";
        fetcher.publish(Outgoing::new(subject, format!("a-{number}"), "{}")).await.unwrap();
    }
    let attempts: Vec<Attempt> = attempts().into_iter().collect();
    let mut wrong = Vec::new();
    for user in Role::ALL {
        let rights = Rights::of(user);
        let bus = server.bus_of(user.as_str()).await;
        let answers = bus.are_refused(&attempts).await.unwrap();
        let mut let_in = 0;
        for (attempt, refused) in attempts.iter().zip(answers) {
            let may = match attempt {
                Attempt::Publish(subject) => rights.may_publish(subject),
                Attempt::Subscribe(pattern) => rights.may_subscribe(pattern),
            };
            let_in += usize::from(may);
            if may == refused {
                wrong.push(format!("{user}: {attempt:?} refused {refused}, meant {may}"));
            }
        }
        assert!(let_in > 5 && let_in < attempts.len() / 3, "{user}: {let_in}");
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), attempts.len());
    // The refused requests had no effect.
    for stream in STREAMS {
        let messages = setup.stream_state(stream.name).await.unwrap().messages;
        assert_eq!(messages, if stream.name == "WF_FETCHED" { 3 } else { 0 }, "{}", stream.name);
    }
}

#[tokio::test]
async fn a_check_of_rights_reports_requests_that_are_not_refused() {
    let mut server = Server::prepared("");
    server.restart();
    let attempts = ["STREAM.DELETE.WF_FETCHED", "STREAM.PURGE.WF_FETCHED"]
        .map(|request| Attempt::Publish(format!("$JS.API.{request}")));
    let bus = server.bus().await;
    create_streams(&bus, &Limits::default()).await.unwrap();
    let subject = "wirefold.v1.article.fetched.harbour";
    bus.publish(Outgoing::new(subject, "a-1", "{}")).await.unwrap();
    assert_eq!(bus.are_refused(&attempts).await.unwrap(), [false, false]);
    assert_eq!(bus.stream_state("WF_FETCHED").await.unwrap().messages, 1);
}

#[test]
fn setup_may_drop_from_every_stream_that_has_readers_to_wait_for() {
    let limits = Limits { has_deliveries: true, ..Limits::default() };
    let waiting: Vec<_> = stream_configs(&limits)
        .into_iter()
        .filter(|config| !config.readers.is_empty())
        .map(|config| config.name)
        .collect();
    assert_eq!(waiting, rights::PURGED);
    assert_eq!(rights::MARKS, MARKS);
}

#[test]
fn all_ways_of_reading_are_tried() {
    let ways: BTreeSet<ReadBy> =
        STREAMS.iter().flat_map(|stream| stream.readers).map(|reader| reader.by).collect();
    assert_eq!(ways.len(), 3);
}
