//! Servers that are killed, come late, or lose a stream that is in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use wirefold_flow::conformance::unique;
use wirefold_flow::sim::Random;
use wirefold_flow::{Bus, BusError, Outgoing, Stored, StreamConfig, SystemClock};
use wirefold_flow_nats::{Options, connect};

use crate::server::Server;
use crate::waiting::{pass, within_reason};

const SEED: u64 = 20_261_122;
const KILLS: u64 = 6;
const LANES: usize = 8;

/// The messages of the stream. Servers that have just started elect the leader of the stream, and answer
/// nothing before. Like the loops, this repeats the request for as long as that may take.
async fn all(bus: &dyn Bus, stream: &str) -> Vec<Stored> {
    within_reason(async {
        loop {
            match read_all(bus, stream).await {
                Ok(messages) => return messages,
                Err(error) => assert!(error.may_pass(), "{error}"),
            }
        }
    })
    .await
}

async fn read_all(bus: &dyn Bus, stream: &str) -> Result<Vec<Stored>, BusError> {
    bus.read(stream, ">", 1).await?.ready(1_000_000).await
}

pub(crate) async fn streams(bus: &dyn Bus) {
    for (name, subjects) in [("WORK", "work.>"), ("OUT", "out.>"), ("DEAD", "dead.>")] {
        let window = Duration::from_mins(10);
        let stream = StreamConfig { window, ..StreamConfig::new(name, &[subjects]) };
        bus.create_stream(stream).await.unwrap();
    }
}

/// Publishes with the same id until the bus is back, like the loops.
async fn publish(bus: &dyn Bus, message: Outgoing) {
    loop {
        match bus.publish(message.clone()).await {
            Ok(_) => return,
            Err(error) => assert!(error.may_pass(), "{error}"),
        }
    }
}

/// The answers that publishers got.
struct Told {
    acknowledged: AtomicUsize,
    stop: AtomicBool,
    /// The number of messages, once all are published.
    all: AtomicUsize,
}

impl Default for Told {
    fn default() -> Self {
        let (acknowledged, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        Self { acknowledged, stop, all: AtomicUsize::new(usize::MAX) }
    }
}

impl Told {
    async fn at_least(&self, count: usize) {
        while self.acknowledged.load(Ordering::Relaxed) < count {
            pass(Duration::from_millis(2)).await;
        }
    }
}

async fn publish_lane(bus: Arc<dyn Bus>, lane: usize, told: Arc<Told>) -> Vec<String> {
    let mut ids = Vec::new();
    while !told.stop.load(Ordering::Relaxed) {
        let id = format!("{lane}-{}", ids.len());
        publish(&*bus, Outgoing::new("work.one", id.as_str(), vec![b'x'; 3000])).await;
        told.acknowledged.fetch_add(1, Ordering::Relaxed);
        ids.push(id);
    }
    ids
}

/// Publishes each message under its id until all have come. Their number is known before the last one comes.
async fn relay(bus: Arc<dyn Bus>, told: Arc<Told>) {
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    let mut had = 0;
    while had < told.all.load(Ordering::Relaxed) {
        let messages = match reader.next(32).await {
            Ok(messages) => messages,
            Err(error) => {
                assert!(error.may_pass(), "{error}");
                continue;
            }
        };
        for message in messages {
            publish(&*bus, Outgoing::new("out.one", message.id.as_str(), "")).await;
            had += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_acknowledged_and_repeats_nothing() {
    let mut server = Server::start();
    let bus: Arc<dyn Bus> = Arc::new(server.bus().await);
    streams(&*bus).await;
    nothing_is_lost_or_repeated(bus, |_| {
        server.kill();
        server.restart();
    })
    .await;
}

/// Several tasks publish and one handles their messages, while a fault occurs again and again.
pub(crate) async fn nothing_is_lost_or_repeated(bus: Arc<dyn Bus>, mut fail: impl FnMut(u64)) {
    let told = Arc::new(Told::default());
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        lanes.spawn(publish_lane(bus.clone(), lane, told.clone()));
    }
    let relaying = tokio::spawn(relay(bus.clone(), told.clone()));
    let mut random = Random::new(SEED);
    for time in 0..KILLS {
        let until = told.acknowledged.load(Ordering::Relaxed) + 50 + random.below(300) as usize;
        within_reason(told.at_least(until)).await;
        fail(time);
    }
    let last = told.acknowledged.load(Ordering::Relaxed) + 100;
    within_reason(told.at_least(last)).await;
    told.stop.store(true, Ordering::Relaxed);
    let acknowledged: Vec<String> = within_reason(lanes.join_all()).await.concat();
    told.all.store(acknowledged.len() + 1, Ordering::Relaxed);
    publish(&*bus, Outgoing::new("work.end", "end", "")).await;
    within_reason(relaying).await.unwrap();

    let [work, out] = [all(&*bus, "WORK").await, all(&*bus, "OUT").await];
    let [worked, put_out] = [unique(&work), unique(&out)];
    assert!(acknowledged.iter().all(|id| worked.contains(id.as_str())), "acknowledged and lost");
    assert_eq!(work.len(), acknowledged.len() + 1, "more than was acknowledged");
    assert_eq!(worked, put_out, "handled messages were published");
}

#[tokio::test]
async fn a_reader_in_order_leaves_nothing_out_across_kills() {
    let mut server = Server::start();
    let bus: Arc<dyn Bus> = Arc::new(server.bus().await);
    streams(&*bus).await;
    let told = Arc::new(Told::default());
    let publishing = tokio::spawn(publish_lane(bus.clone(), 0, told.clone()));
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    let mut read = Vec::new();
    for kill in 1..=3 {
        while read.len() < kill * 40 {
            match within_reason(reader.next(10)).await {
                Ok(messages) => read.extend(messages),
                Err(error) => assert!(error.may_pass(), "{error}"),
            }
        }
        server.kill();
        server.restart();
    }
    let last = told.acknowledged.load(Ordering::Relaxed) + 20;
    within_reason(told.at_least(last)).await;
    told.stop.store(true, Ordering::Relaxed);
    let acknowledged = within_reason(publishing).await.unwrap();
    while read.len() < acknowledged.len() {
        match within_reason(reader.next(100)).await {
            Ok(messages) => read.extend(messages),
            Err(error) => assert!(error.may_pass(), "{error}"),
        }
    }
    assert_eq!(unique(&read).len(), acknowledged.len());
    assert!(read.iter().map(|message| &message.id).eq(&acknowledged), "another order");
}

#[tokio::test]
async fn a_broker_that_comes_after_its_clients_is_waited_for() {
    let mut server = Server::prepared("");
    let options = server.options();
    let clients = tokio::spawn(async move {
        let bus = connect(&options, Arc::new(SystemClock)).await.unwrap();
        streams(&bus).await;
        bus.publish(Outgoing::new("work.a", "a", "")).await.unwrap().sequence()
    });
    pass(Duration::from_millis(400)).await;
    assert!(!clients.is_finished(), "there was no broker yet");
    server.restart();
    assert_eq!(within_reason(clients).await.unwrap(), 1);
}

#[tokio::test]
async fn a_broker_that_is_away_is_told_of_and_readers_go_on() {
    let mut server = Server::start();
    let bus = server.bus().await;
    streams(&bus).await;
    let mut reader = bus.read("WORK", ">", 1).await.unwrap();
    let (waiting, killed) = tokio::join!(within_reason(reader.next(1)), async {
        pass(Duration::from_millis(100)).await;
        server.kill();
        let away = within_reason(bus.publish(Outgoing::new("work.a", "a", ""))).await;
        server.restart();
        publish(&bus, Outgoing::new("work.b", "b", "")).await;
        away
    });
    assert!(matches!(killed, Err(BusError::Unavailable(_))), "{killed:?}");
    let taken = match waiting {
        Ok(taken) => taken,
        Err(error) if error.may_pass() => within_reason(reader.next(1)).await.unwrap(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(taken.len(), 1);
}

/// Nobody answers a request to a dead server, so no caller may wait for it. The time limit of an answer is
/// far longer than this test.
#[tokio::test]
async fn open_requests_fail_with_the_connection() {
    let mut server = Server::start();
    let patient = Options { answer_within: Duration::from_hours(1), ..server.options() };
    let bus = connect(&patient, Arc::new(SystemClock)).await.unwrap();
    streams(&bus).await;
    server.freeze();
    let publish = bus.publish(Outgoing::new("work.a", "a", ""));
    let (published, ()) = tokio::join!(within_reason(publish), async {
        pass(Duration::from_millis(100)).await;
        server.kill();
    });
    assert!(matches!(published, Err(BusError::Unavailable(_))), "{published:?}");
}

#[tokio::test]
async fn a_stream_deleted_under_its_users_is_named() {
    let server = Server::start();
    let bus = server.bus().await;
    streams(&bus).await;
    bus.publish(Outgoing::new("work.a", "a", "")).await.unwrap();
    let mut reader = bus.read("WORK", ">", 2).await.unwrap();
    let (read, ()) = tokio::join!(
        within_reason(async {
            loop {
                match reader.next(8).await {
                    Ok(_) => {}
                    Err(error) => return error,
                }
            }
        }),
        async {
            pass(Duration::from_millis(100)).await;
            server.delete_stream("WORK").await;
        }
    );
    assert!(matches!(&read, BusError::NoStream(stream) if stream == "WORK"), "{read:?}");
    let published = within_reason(bus.publish(Outgoing::new("work.b", "b", ""))).await;
    assert!(matches!(published, Err(BusError::NoStreamFor(_))), "{published:?}");
    let late = vec![Outgoing::new("work.c", "c", "")];
    let appended = within_reason(bus.append("WORK", 1, late)).await;
    assert!(matches!(appended, Err(BusError::NoStreamFor(_))), "{appended:?}");
    let got = within_reason(bus.get("WORK", 1)).await;
    assert!(matches!(got, Err(BusError::NoStream(_))), "{got:?}");
}
