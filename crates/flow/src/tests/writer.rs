//! The loop of a writer alone.

use std::collections::BTreeSet;
use std::future::{pending, ready};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::pipeline::{
    Tally, all, article, article_of, create_streams, undisturbed, writer_config,
};
use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::config::StreamConfig;
use crate::dead::Reason;
use crate::invariants::{same_decisions, unbroken_chain};
use crate::lease::Lease;
use crate::loops::{Event, HEARTBEAT, LoopError, Observer, StageContext};
use crate::message::{Outgoing, Stored};
use crate::position::{Position, rolled_back};
use crate::sim::{SimBus, SimDisk, VirtualClock};
use crate::writer::{INPUT, INPUTS, Record, Source, StateMachine, WriterConfig, run_writer};

struct Stand {
    clock: VirtualClock,
    bus: Arc<dyn Bus>,
    gaps: Arc<Gaps>,
}

/// Records the reported gaps, the streams that went back, and the number of heartbeats and of strikes.
#[derive(Default)]
struct Gaps {
    alive: AtomicU64,
    strikes: AtomicU64,
    missing: Mutex<Vec<(u64, u64)>>,
    rollbacks: Mutex<Vec<(u64, u64)>>,
}

impl Observer for Gaps {
    fn observe(&self, _name: &str, event: Event<'_>) {
        match event {
            Event::Gap { expected, found, .. } => {
                self.missing.lock().unwrap().push((expected, found));
            }
            Event::RolledBack { read, last, .. } => {
                self.rollbacks.lock().unwrap().push((read, last));
            }
            Event::Struck { .. } => {
                self.strikes.fetch_add(1, Ordering::Relaxed);
            }
            Event::Alive => {
                self.alive.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

impl Stand {
    async fn new() -> Self {
        let clock = VirtualClock::default();
        let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
        create_streams(&*bus).await;
        Self { clock, bus, gaps: Arc::default() }
    }

    fn start(
        &self,
        config: WriterConfig,
    ) -> (CancellationToken, JoinHandle<Result<(), LoopError>>) {
        self.start_with(config, Box::new(Tally::default()))
    }

    fn start_with(
        &self,
        config: WriterConfig,
        decide: Box<dyn StateMachine>,
    ) -> (CancellationToken, JoinHandle<Result<(), LoopError>>) {
        let stop = CancellationToken::new();
        let clock = Arc::new(self.clock.clone());
        let context = StageContext {
            observer: self.gaps.clone(),
            ..StageContext::new(self.bus.clone(), clock)
        };
        let running =
            tokio::spawn(run_writer(context, config, decide, Lease::alone(), stop.clone()));
        (stop, running)
    }

    fn rollbacks(&self) -> &Mutex<Vec<(u64, u64)>> {
        &self.gaps.rollbacks
    }

    async fn publish(&self, numbers: std::ops::Range<u64>) {
        for number in numbers {
            self.bus.publish(article(number)).await.unwrap();
        }
    }

    async fn rest(&self) {
        for _ in 0..500 {
            tokio::task::yield_now().await;
        }
    }

    async fn check(&self, inputs: u64) {
        let decided = all(&*self.bus, "DECIDED", "decided.article").await;
        let dead: BTreeSet<u64> =
            (0..inputs).filter(|n| matches!(n % 19, 5 | 7)).map(|n| n + 1).collect();
        unbroken_chain(&decided, "IN", inputs, &dead).unwrap();
        same_decisions(&decided, &undisturbed(&all(&*self.bus, "IN", ">").await)).unwrap();
        let letters = self.bus.stream_state("DEAD").await.unwrap().messages;
        assert_eq!(letters, dead.len() as u64);
    }
}

#[tokio::test]
async fn each_input_is_decided_on_once_across_restarts() {
    let stand = Stand::new().await;
    for round in 0..4 {
        let (stop, running) = stand.start(writer_config());
        stand.publish(round * 30..(round + 1) * 30).await;
        stand.rest().await;
        stop.cancel();
        running.await.unwrap().unwrap();
    }
    stand.check(120).await;
}

#[tokio::test]
async fn a_writer_is_alive_as_soon_as_it_knows_its_decisions_also_without_inputs() {
    let stand = Stand::new().await;
    let (stop, running) = stand.start(writer_config());
    stand.rest().await;
    assert_eq!(stand.gaps.alive.load(Ordering::Relaxed), 1);
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// Recognises a body that it has decided on.
#[derive(Default)]
struct Once {
    tally: Tally,
    known: BTreeSet<Bytes>,
}

impl StateMachine for Once {
    fn restart(&mut self) -> u64 {
        self.known.clear();
        self.tally.restart()
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        self.known.extend(input.map(|input| input.body.clone()));
        self.tally.replay(decision, input);
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        self.tally.epoch_record(epoch, at)
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match self.known.insert(input.body.clone()) {
            true => self.tally.decide(epoch, input),
            false => Ok(None),
        }
    }
}

/// Has no state, and loads for ever, until `is_loaded`.
struct Loading {
    tally: Tally,
    is_loaded: bool,
}

impl StateMachine for Loading {
    fn has_state(&self) -> bool {
        false
    }

    fn recall(&mut self) -> BoxFuture<'_, ()> {
        match self.is_loaded {
            true => Box::pin(ready(())),
            false => Box::pin(pending()),
        }
    }

    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        self.tally.epoch_record(epoch, at)
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        self.tally.decide(epoch, input)
    }
}

#[tokio::test]
async fn kills_while_a_writer_loads_count_against_no_input() {
    let stand = Stand::new().await;
    stand.publish(0..3).await;
    let loading = |is_loaded| Box::new(Loading { tally: Tally::default(), is_loaded });
    for _ in 0..6 {
        let (_, running) = stand.start_with(writer_config(), loading(false));
        stand.rest().await;
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
    }
    assert_eq!(all(&*stand.bus, "DECIDED", "decided.article").await.len(), 0);
    let (stop, running) = stand.start_with(writer_config(), loading(true));
    stand.rest().await;
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(stand.gaps.strikes.load(Ordering::Relaxed), 0);
    stand.check(3).await;
}

/// The position of each input at a decision, without time and id.
fn read_through(decision: &Stored) -> String {
    let inputs = decision.headers.get(INPUTS).unwrap().split(' ');
    let positions = inputs.map(|input| input.splitn(3, '/').take(2).collect::<Vec<_>>().join("/"));
    positions.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_known_input_gets_no_decision_and_the_position_moves_on() {
    let stand = Stand::new().await;
    let again = |id: &str| Outgoing { id: id.into(), ..article(1) };
    for round in [0..3, 3..5] {
        let (stop, running) = stand.start_with(writer_config(), Box::<Once>::default());
        stand.publish(round.clone()).await;
        stand.bus.publish(again(&format!("again {}", round.start))).await.unwrap();
        stand.rest().await;
        stop.cancel();
        running.await.unwrap().unwrap();
    }
    let decided = all(&*stand.bus, "DECIDED", "decided.article").await;
    let inputs: Vec<_> = decided.iter().map(|d| d.headers.get(INPUT).unwrap()).collect();
    assert_eq!(inputs, ["IN/1", "IN/2", "IN/3", "IN/5", "IN/6"]);
    assert_eq!(read_through(&decided[3]), "IN/5");
    assert_eq!(stand.bus.stream_state("DEAD").await.unwrap().messages, 0);
}

#[tokio::test]
async fn one_that_was_taken_over_ends_and_gets_nothing_in() {
    let stand = Stand::new().await;
    let (_, zombie) = stand.start(writer_config());
    stand.publish(0..10).await;
    stand.rest().await;
    let (stop, heir) = stand.start(writer_config());
    stand.rest().await;
    stand.publish(10..40).await;
    stand.rest().await;
    let ended = zombie.await.unwrap();
    assert!(matches!(ended, Err(LoopError::Fenced(_))), "{ended:?}");
    stop.cancel();
    heir.await.unwrap().unwrap();
    stand.check(40).await;
}

#[tokio::test]
async fn ids_name_epoch_and_input_and_offsets_name_every_input() {
    let stand = Stand::new().await;
    let control = StreamConfig::new("CONTROL", &["control.>"]);
    stand.bus.create_stream(control).await.unwrap();
    let mut config = writer_config();
    let source = |stream: &str, mark: &str| Source {
        stream: stream.into(),
        filter: ">".into(),
        mark: mark.into(),
    };
    config.sources = vec![source("IN", ""), source("CONTROL", "c")];
    for (epoch, number) in [(1, 0), (2, 1)] {
        let (stop, running) = stand.start(config.clone());
        stand.publish(number..number + 1).await;
        stand.rest().await;
        let command = Outgoing::new("control.split", format!("a{}", 110 + epoch), "");
        stand.bus.publish(command).await.unwrap();
        stand.rest().await;
        stop.cancel();
        running.await.unwrap().unwrap();
    }
    let decided = all(&*stand.bus, "DECIDED", "decided.article").await;
    let named: Vec<_> = decided.iter().map(|d| (d.id.as_str(), read_through(d))).collect();
    let expected = [
        ("1-1", "IN/1"),
        ("1-c1", "CONTROL/1 IN/1"),
        ("2-2", "CONTROL/1 IN/2"),
        ("2-c2", "CONTROL/2 IN/2"),
    ];
    assert_eq!(named, expected.map(|(id, read)| (id, read.to_owned())));
}

#[tokio::test]
async fn a_gap_is_reported_before_new_work() {
    let stand = Stand::new().await;
    stand.publish(0..3).await;
    let mut stream = StreamConfig::new("IN", &["in.>"]);
    stream.max_age = Duration::from_secs(1);
    stand.bus.create_stream(stream).await.unwrap();
    stand.clock.advance(Duration::from_secs(1));
    stand.publish(3..4).await;
    let (stop, running) = stand.start(writer_config());
    stand.rest().await;
    assert_eq!(*stand.gaps.missing.lock().unwrap(), [(1, 4)]);
    stop.cancel();
    running.await.unwrap().unwrap();
}

/// Decides once on each id, whatever came before.
#[derive(Default)]
struct ById(BTreeSet<Bytes>);

impl StateMachine for ById {
    fn restart(&mut self) -> u64 {
        self.0.clear();
        0
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        assert!(input.is_none_or(|input| input.body == decision.body || input.sequence > 2));
        self.0.insert(decision.body.clone());
    }

    fn epoch_record(&mut self, _epoch: u64, _at: UnixMillis) -> Record {
        Record { subject: "decided.epoch".to_owned(), ..Record::default() }
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let is_new = self.0.insert(input.body.clone());
        let (subject, body) = ("decided.article".to_owned(), input.body.clone());
        Ok(is_new.then(|| Record { subject, body, ..Record::default() }))
    }
}

/// A store with the decisions of another writer, and other inputs: some of the same, then new ones.
async fn put_back(decisions: &[Stored], inputs: impl Iterator<Item = u64>) -> Stand {
    let stand = Stand::new().await;
    for number in inputs {
        stand.bus.publish(article(number)).await.unwrap();
    }
    for Stored { subject, id, headers, body, .. } in decisions.iter().cloned() {
        stand.bus.publish(Outgoing { subject, id, headers, body }).await.unwrap();
    }
    stand
}

#[tokio::test]
async fn an_input_that_went_back_is_told_and_what_is_new_there_is_decided_on() {
    let before = Stand::new().await;
    let (ended, running_before) = before.start_with(writer_config(), Box::<ById>::default());
    before.publish(20..24).await;
    before.rest().await;
    ended.cancel();
    running_before.await.unwrap().unwrap();
    let decisions = all(&*before.bus, "DECIDED", ">").await;

    // Shorter than what had been read; and equally long, with another message at its end.
    for (new, told) in [(30..31, (4, 3)), (30..34, (4, 6))] {
        let stand = put_back(&decisions, (20..22).chain(new.clone())).await;
        let (stop, running) = stand.start_with(writer_config(), Box::<ById>::default());
        stand.rest().await;
        assert_eq!(*stand.rollbacks().lock().unwrap(), [told]);
        stand.publish(40..41).await;
        stand.rest().await;
        stop.cancel();
        running.await.unwrap().unwrap();
        let decided = all(&*stand.bus, "DECIDED", "decided.article").await;
        let ids: Vec<String> = decided.iter().map(article_of).collect();
        let expected = (20..24).chain(new).chain(40..41).map(|number| format!("a{number}"));
        assert_eq!(ids, expected.collect::<Vec<_>>());
        let last = decided.last().map(Position::from).unwrap();

        // It continues from there, and has nothing more to report.
        let (again, running_again) = stand.start_with(writer_config(), Box::<ById>::default());
        stand.rest().await;
        again.cancel();
        running_again.await.unwrap().unwrap();
        assert_eq!(stand.rollbacks().lock().unwrap().len(), 1);
        assert!(rolled_back(&*stand.bus, "DECIDED", &last).await.unwrap().is_none());
    }
}

/// Counts its decisions.
struct Counted(Tally, Arc<AtomicU64>);

impl StateMachine for Counted {
    fn restart(&mut self) -> u64 {
        self.0.restart()
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        self.0.replay(decision, input);
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        self.0.epoch_record(epoch, at)
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.decide(epoch, input)
    }
}

#[tokio::test]
async fn inputs_during_a_write_go_into_the_next_batch_up_to_a_bound() {
    let stand = Stand::new().await;
    for number in (0..).filter(|number| number % 19 > 7).take(900) {
        stand.bus.publish(article(number)).await.unwrap();
    }
    // The stream is full after the epoch record: nobody reads, and no unread message is lost.
    let output = |max_bytes: u64| StreamConfig {
        max_bytes,
        readers: vec!["worker".into()],
        ..StreamConfig::new("DECIDED", &["decided.>"])
    };
    stand.bus.create_stream(output(200)).await.unwrap();
    let decided = Arc::new(AtomicU64::new(0));
    let decide = Counted(Tally::default(), decided.clone());
    let (stop, running) = stand.start_with(writer_config(), Box::new(decide));
    stand.rest().await;
    // One batch that is being written, and as many as may wait for it.
    assert_eq!(decided.load(Ordering::Relaxed), 100 + 500);
    assert!(stand.bus.stream_state("DECIDED").await.unwrap().messages < 10);

    stand.bus.create_stream(output(1 << 30)).await.unwrap();
    stand.clock.advance(Duration::from_secs(60));
    stand.rest().await;
    stop.cancel();
    running.await.unwrap().unwrap();
    let written = all(&*stand.bus, "DECIDED", "decided.article").await;
    unbroken_chain(&written, "IN", 900, &BTreeSet::new()).unwrap();
}

#[tokio::test]
async fn the_position_is_marked_when_the_writer_is_idle_after_a_full_batch() {
    for stops in [false, true] {
        let stand = Stand::new().await;
        for number in (0..).filter(|number| number % 19 > 7).take(100) {
            stand.bus.publish(article(number)).await.unwrap();
        }
        let (stop, running) = stand.start(writer_config());
        stand.rest().await;
        if stops {
            stop.cancel();
            running.await.unwrap().unwrap();
        } else {
            stand.clock.advance(HEARTBEAT);
            stand.rest().await;
        }
        // Only messages that were read make room.
        let narrow = StreamConfig {
            max_bytes: 200,
            readers: vec!["writer".into()],
            ..StreamConfig::new("IN", &["in.>"])
        };
        stand.bus.create_stream(narrow).await.unwrap();
        let bus = stand.bus.clone();
        let publishing = tokio::spawn(async move { bus.publish(article(8)).await });
        stand.rest().await;
        assert!(publishing.is_finished(), "stops: {stops}");
    }
}

#[tokio::test]
async fn the_marked_position_makes_room_in_a_full_input() {
    let stand = Stand::new().await;
    let stream = StreamConfig {
        max_bytes: 200,
        readers: vec!["writer".into()],
        ..StreamConfig::new("IN", &["in.>"])
    };
    stand.bus.create_stream(stream).await.unwrap();
    let (stop, running) = stand.start(writer_config());
    stand.publish(27..43).await;
    stand.rest().await;
    stand.publish(46..62).await;
    stand.rest().await;
    assert!(stand.bus.stream_state("IN").await.unwrap().first > 10);
    stop.cancel();
    running.await.unwrap().unwrap();
}
