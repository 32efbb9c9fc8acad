//! Promises of a writer's loop over any bus: it sets aside exactly the inputs that crash it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{dead_letters, publish, streams, until, work};
use crate::clock::UnixMillis;
use crate::config::StreamConfig;
use crate::conformance::Harness;
use crate::dead::{DeadLetters, Reason};
use crate::error::Answer;
use crate::lease::Lease;
use crate::loops::{Event, FailPoints, LoopError, Observer, Point, StageContext};
use crate::message::Stored;
use crate::writer::{Record, Source, StateMachine, WriterConfig, run_writer};

/// A writer in a process that is killed, or crashed by an input whose name begins with `poison`.
#[derive(Default)]
struct Victim {
    /// The input that crashes the process.
    is_dying: AtomicBool,
    /// The process is killed after this many decisions; 0: never.
    kill_after: AtomicUsize,
    most_strikes: AtomicU32,
    /// The inputs that it examined before their turn.
    inspected: Mutex<BTreeSet<String>>,
}

struct Deciding(Arc<Victim>);

impl StateMachine for Deciding {
    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, _epoch: u64, _at: UnixMillis) -> Record {
        Record { subject: "decided.epoch".to_owned(), ..Record::default() }
    }

    fn prepare<'a>(&'a mut self, inputs: &'a [Stored]) -> Answer<'a, ()> {
        let mut inspected = self.0.inspected.lock().unwrap();
        inspected.extend(inputs.iter().map(|input| input.id.clone()));
        Box::pin(async { Ok(()) })
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        if input.id.starts_with("poison") {
            self.0.is_dying.store(true, Ordering::SeqCst);
        }
        let (subject, body) = ("decided.one".to_owned(), Bytes::from(input.id.clone()));
        Ok(Some(Record { subject, body, ..Record::default() }))
    }
}

impl FailPoints for Victim {
    fn crashes_at(&self, point: Point) -> bool {
        let is_killed = point == Point::Decided
            && self.kill_after.load(Ordering::SeqCst) > 0
            && self.kill_after.fetch_sub(1, Ordering::SeqCst) == 1;
        is_killed || self.is_dying.swap(false, Ordering::SeqCst)
    }
}

impl Observer for Victim {
    fn observe(&self, _name: &str, event: Event<'_>) {
        if let Event::Struck { strikes, .. } = event {
            self.most_strikes.fetch_max(strikes, Ordering::SeqCst);
        }
    }
}

/// A life of the process.
struct Life {
    stop: CancellationToken,
    running: JoinHandle<Result<(), LoopError>>,
}

impl Life {
    fn start(victim: &Arc<Victim>, harness: &dyn Harness) -> Life {
        let config = WriterConfig {
            name: "writer".into(),
            sources: vec![Source {
                stream: "WORK".into(),
                filter: ">".into(),
                mark: String::new(),
            }],
            output: "DECIDED".into(),
            decisions: "decided.one".into(),
            epochs: "decided.epoch".into(),
            dead: DeadLetters::plain("dead.writer"),
        };
        let context = StageContext {
            fail_points: victim.clone(),
            observer: victim.clone(),
            ..StageContext::new(harness.bus(), harness.clock())
        };
        let stop = CancellationToken::new();
        let decide = Box::new(Deciding(victim.clone()));
        let running =
            tokio::spawn(run_writer(context, config, decide, Lease::alone(), stop.clone()));
        Life { stop, running }
    }

    /// Waits until the process has ended.
    async fn ends(self, harness: &dyn Harness) {
        until(harness, async || self.running.is_finished()).await;
        let ended = self.running.await.unwrap();
        assert!(matches!(ended, Err(LoopError::Crashed(Point::Decided))), "{ended:?}");
    }

    async fn stops(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}

async fn decided(harness: &dyn Harness) -> Vec<String> {
    let mut reader = harness.bus().read("DECIDED", "decided.one", 1).await.unwrap();
    let decided = reader.ready(1000).await.unwrap();
    decided.iter().map(|one| String::from_utf8_lossy(&one.body).into_owned()).collect()
}

async fn streams_of_a_writer(harness: &dyn Harness) {
    streams(harness).await;
    let decided = StreamConfig::new("DECIDED", &["decided.>"]);
    harness.bus().create_stream(decided).await.unwrap();
}

/// An input that crashes the writer becomes a dead letter after two crashes with others and three alone, and
/// stays one.
pub async fn an_input_that_kills_a_writer_is_set_aside(harness: &mut dyn Harness) {
    streams_of_a_writer(harness).await;
    let bus = harness.bus();
    publish(&*bus, &["a", "b", "poison", "c", "d"]).await;
    let victim = Arc::<Victim>::default();
    for _ in 0..5 {
        Life::start(&victim, harness).ends(harness).await;
        assert_eq!(dead_letters(&*bus).await.len(), 0);
    }
    let life = Life::start(&victim, harness);
    until(harness, async || decided(harness).await == ["a", "b", "c", "d"]).await;
    life.stops().await;
    let dead = dead_letters(&*bus).await;
    assert_eq!((dead.len(), &dead[0].body[..]), (1, &b"poison"[..]));
    let said = |name| dead[0].headers.get(name).unwrap_or_default();
    assert_eq!(said("Wf-Dead-Cause"), "max_deliver");
    assert!(said("Wf-Dead-Reason").starts_with("ended the process 3 times"), "{dead:?}");
    // An input without a later decision stays aside, too.
    publish(&*bus, &["poison-2"]).await;
    for _ in 0..5 {
        Life::start(&victim, harness).ends(harness).await;
    }
    for _ in 0..3 {
        let again = Life::start(&victim, harness);
        until(harness, async || dead_letters(&*bus).await.len() == 2).await;
        again.stops().await;
    }
    victim.inspected.lock().unwrap().clear();
    bus.publish(work("next")).await.unwrap();
    let last = Life::start(&victim, harness);
    until(harness, async || decided(harness).await == ["a", "b", "c", "d", "next"]).await;
    last.stops().await;
    let inspected: Vec<String> = victim.inspected.lock().unwrap().iter().cloned().collect();
    // The inputs of the decisions that it replayed, and the new one.
    assert_eq!(inspected, ["a", "b", "c", "d", "next"]);
    assert_eq!(dead_letters(&*bus).await.len(), 2);
}

/// Ten kills with inputs in hand make no dead letter.
pub async fn kills_set_no_good_input_aside(harness: &mut dyn Harness) {
    streams_of_a_writer(harness).await;
    let names: Vec<String> = (0..24).map(|number| format!("m{number:02}")).collect();
    publish(&*harness.bus(), &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let victim = Arc::<Victim>::default();
    for round in 0..10 {
        // One at a time from the third life on, because nothing distinguishes them from a killer.
        victim.kill_after.store(if round < 2 { 1 } else { 2 }, Ordering::SeqCst);
        Life::start(&victim, harness).ends(harness).await;
        assert_eq!(decided(harness).await.len(), usize::max(round, 1) - 1);
    }
    let life = Life::start(&victim, harness);
    until(harness, async || decided(harness).await == names).await;
    life.stops().await;
    assert_eq!(dead_letters(&*harness.bus()).await.len(), 0);
    assert_eq!(victim.most_strikes.load(Ordering::SeqCst), 2);
}
