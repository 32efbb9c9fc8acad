//! The chained publisher over a real server: both forms, writers that were replaced, crashes and a full
//! stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use wirefold_flow::{Bus, BusError, Outgoing, Published, Stored, StreamConfig};
use wirefold_flow_nats::NatsBus;

use crate::server::Server;
use crate::waiting::{pass, within_reason};

/// A writer and the sequence of its last record.
pub(crate) struct Chain<'a> {
    bus: &'a dyn Bus,
    last: u64,
}

impl Chain<'_> {
    pub(crate) async fn append(&mut self, messages: Vec<Outgoing>) -> Result<u64, BusError> {
        self.last = self.bus.append("WORK", self.last, messages).await?;
        Ok(self.last)
    }
}

pub(crate) async fn take_over(bus: &dyn Bus, epoch: u64) -> Result<Chain<'_>, BusError> {
    let last = bus.last("WORK", "work.epoch").await?.map_or(0, |last| last.sequence);
    let record = Outgoing::new("work.epoch", format!("epoch-{epoch}"), "");
    match bus.publish_if_last(record, last).await? {
        Published::New(sequence) => Ok(Chain { bus, last: sequence }),
        Published::Duplicate(found) => Err(BusError::Refused { expected: last, found }),
    }
}

pub(crate) fn numbered(epoch: u64, from: usize, count: usize) -> Vec<Outgoing> {
    let one = |number| Outgoing::new("work.one", format!("{epoch}-{number}"), vec![b'x'; 200]);
    (from..from + count).map(one).collect()
}

pub(crate) async fn all(bus: &dyn Bus) -> Vec<Stored> {
    bus.read("WORK", ">", 1).await.unwrap().ready(1_000_000).await.unwrap()
}

/// After each epoch record follow its records, from the first on without a hole.
pub(crate) fn each_epoch_stands_alone(stands: &[Stored]) {
    let mut epoch = "";
    let mut expected = 0;
    for record in stands {
        if let Some(begun) = record.id.strip_prefix("epoch-") {
            (epoch, expected) = (begun, 0);
            continue;
        }
        assert_eq!(record.id, format!("{epoch}-{expected}"));
        expected += 1;
    }
}

async fn bus_with_stream(server: &Server) -> Arc<dyn Bus> {
    let bus = server.bus().await;
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    Arc::new(bus)
}

#[tokio::test]
async fn singles_and_batches_make_one_chain() {
    let server = Server::start();
    let bus = bus_with_stream(&server).await;
    let mut chain = take_over(&*bus, 1).await.unwrap();
    let mut next = 0;
    for count in [1, 100, 3, 31, 32, 1, 600, 2] {
        let last = chain.append(numbered(1, next, count)).await.unwrap();
        next += count;
        assert_eq!(last, next as u64 + 1);
    }
    let stands = all(&*bus).await;
    assert_eq!(stands.len(), next + 1);
    each_epoch_stands_alone(&stands);
}

/// As long as a batch, but one after the other.
#[tokio::test]
async fn a_stream_that_takes_no_batches_is_appended_to_singly() {
    let server = Server::start();
    let bus = server.bus().await;
    let config = json!({
        "name": "WORK", "subjects": ["work.>"], "retention": "limits", "storage": "file",
        "discard": "old", "num_replicas": 1, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1,
        "allow_direct": true,
    });
    let created = server.ask("STREAM.CREATE.WORK", config).await;
    assert_eq!(created["error"], json!(null));
    let mut chain = take_over(&bus, 1).await.unwrap();
    for round in 0..5 {
        chain.append(numbered(1, round * 400, 400)).await.unwrap();
    }
    let stands = all(&bus).await;
    assert_eq!(stands.len(), 2001);
    each_epoch_stands_alone(&stands);
}

#[tokio::test]
async fn a_zombie_gets_nothing_in_by_either_form() {
    let server = Server::start();
    let bus = bus_with_stream(&server).await;
    // The second of each pair lives on in another process, with a connection of its own.
    for (epoch, size) in [(1, 1), (2, 10), (3, 100)] {
        let other = server.bus().await;
        let mut zombie = take_over(&other, epoch * 10).await.unwrap();
        zombie.append(numbered(epoch * 10, 0, 5)).await.unwrap();
        let mut heir = take_over(&*bus, epoch * 10 + 1).await.unwrap();
        heir.append(numbered(epoch * 10 + 1, 0, 40)).await.unwrap();
        let before = all(&*bus).await;
        for try_from in [5, 5, 200] {
            let refused = zombie.append(numbered(epoch * 10, try_from, size)).await;
            assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
        }
        assert_eq!(all(&*bus).await.len(), before.len(), "size {size}");
        heir.append(numbered(epoch * 10 + 1, 40, size)).await.unwrap();
    }
    each_epoch_stands_alone(&all(&*bus).await);
}

#[tokio::test]
async fn a_known_id_in_a_batch_refuses_the_batch() {
    let server = Server::start();
    let bus = bus_with_stream(&server).await;
    let mut chain = take_over(&*bus, 1).await.unwrap();
    chain.append(numbered(1, 0, 3)).await.unwrap();
    let refused = chain.append(numbered(1, 2, 50)).await;
    assert!(matches!(refused, Err(BusError::Fenced(_))), "{refused:?}");
    assert_eq!(all(&*bus).await.len(), 4);
}

/// Takes over whenever it is fenced or the server fails. Returns the acknowledged records.
async fn rival_writer(
    bus: NatsBus,
    rival: u64,
    goes_on: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for life in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let epoch = life * 2 + rival + 1;
        let Ok(mut chain) = take_over(&bus, epoch).await else {
            tokio::task::yield_now().await;
            continue;
        };
        for (batch, size) in [1, 40, 7, 100, 1, 64].into_iter().enumerate() {
            let from = [0, 1, 41, 48, 148, 149][batch];
            let messages = numbered(epoch, from, size);
            let ids: Vec<String> = messages.iter().map(|m| m.id.clone()).collect();
            match chain.append(messages).await {
                Ok(_) => acknowledged.extend(ids),
                Err(_) => break,
            }
            goes_on.fetch_add(size, Ordering::Relaxed);
        }
    }
    acknowledged
}

/// Two writers at once, each of which takes over whenever it is fenced, and a server that is killed. In every
/// case, each epoch is in one piece, and no acknowledged record is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rival_writers_and_kills_leave_no_hole() {
    let mut server = Server::start();
    bus_with_stream(&server).await;
    let (goes_on, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let mut rivals = Vec::new();
    for rival in 0..2_u64 {
        let bus = server.bus().await;
        rivals.push(tokio::spawn(rival_writer(bus, rival, goes_on.clone(), stop.clone())));
    }
    // Each kill comes in the middle of work, whichever side is killed.
    for kill in 1..=4 {
        let until = goes_on.load(Ordering::Relaxed) + 150;
        within_reason(async {
            while goes_on.load(Ordering::Relaxed) < until {
                pass(Duration::from_millis(2)).await;
            }
        })
        .await;
        if kill < 4 {
            server.kill();
            server.restart();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let mut acknowledged = Vec::new();
    for rival in rivals {
        acknowledged.extend(within_reason(rival).await.unwrap());
    }
    let bus = server.bus().await;
    let stands = all(&bus).await;
    each_epoch_stands_alone(&stands);
    let ids: std::collections::HashSet<&str> = stands.iter().map(|m| m.id.as_str()).collect();
    assert!(!acknowledged.is_empty());
    assert!(acknowledged.iter().all(|id| ids.contains(id.as_str())), "acknowledged and lost");
}

#[tokio::test]
async fn a_chain_waits_for_room_and_goes_on_without_a_hole() {
    let server = Server::start();
    let bus = server.bus().await;
    let readers = vec!["reader".to_owned()];
    let small =
        StreamConfig { readers, max_bytes: 10_000, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(small).await.unwrap();
    let writer = bus.clone();
    let appending = tokio::spawn(async move {
        let mut chain = take_over(&writer, 1).await.unwrap();
        for (from, count) in [(0, 5), (5, 100), (105, 20)] {
            chain.append(numbered(1, from, count)).await.unwrap();
        }
    });
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    let mut read = Vec::new();
    while read.len() < 126 {
        read.extend(within_reason(reader.next(10)).await.unwrap());
        bus.mark_read("WORK", "reader", read.len() as u64).await.unwrap();
        bus.prune_below("WORK", 0.5).await.unwrap();
    }
    within_reason(appending).await.unwrap();
    each_epoch_stands_alone(&read);
    assert!(bus.stream_state("WORK").await.unwrap().first > 1, "it was never full");
}
