//! The loop of a stage alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::{ConsumerConfig, StreamConfig};
use crate::dead::DeadLetters;
use crate::loops::{LoopError, StageContext};
use crate::message::{Outgoing, Stored};
use crate::sim::{FaultyBus, Odds, SimBus, SimDisk, VirtualClock};
use crate::stage::{Input, Stage, StageError, run_stage};

const DEADLINE: Duration = Duration::from_secs(10);

/// Follows the instruction in a message's body, and publishes the message's id.
struct Obedient {
    bus: Arc<dyn Bus>,
    clock: VirtualClock,
    handled: Arc<Mutex<Vec<(String, u32)>>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Stage for Obedient {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<(), StageError>> {
        let id = input.message.id.clone();
        self.handled.lock().unwrap().push((id.clone(), input.attempt));
        Box::pin(async move {
            let now = self.at_once.fetch_add(1, Ordering::Relaxed) + 1;
            self.most_at_once.fetch_max(now, Ordering::Relaxed);
            if input.message.body == "slow" {
                self.clock.sleep_until(self.clock.now().plus(DEADLINE * 5)).await;
            }
            self.at_once.fetch_sub(1, Ordering::Relaxed);
            match &input.message.body[..] {
                b"reject" => Err(StageError::reject("as told")),
                b"panic" => panic!("as told"),
                b"retry" if input.attempt == 1 => {
                    Err(StageError::Retry { after: DEADLINE * 2, why: "as told".into() })
                }
                _ => {
                    self.bus.publish(Outgoing::new("out.x", id, "")).await.unwrap();
                    Ok(())
                }
            }
        })
    }
}

struct Running {
    clock: VirtualClock,
    bus: Arc<dyn Bus>,
    stage: Arc<Obedient>,
    handled: Arc<Mutex<Vec<(String, u32)>>>,
    stop: CancellationToken,
    done: JoinHandle<Result<(), LoopError>>,
}

async fn running(at_once: usize) -> Running {
    let clock = VirtualClock::default();
    let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
    for (name, subject) in [("IN", "in.>"), ("OUT", "out.>"), ("DEAD", "dead.>")] {
        bus.create_stream(StreamConfig::new(name, &[subject])).await.unwrap();
    }
    let handled = Arc::default();
    let stage = Arc::new(Obedient {
        bus: bus.clone(),
        clock: clock.clone(),
        handled: Arc::clone(&handled),
        at_once: AtomicUsize::new(0),
        most_at_once: AtomicUsize::new(0),
    });
    let dead = DeadLetters::plain("dead.stage");
    let consumer =
        ConsumerConfig { ack_deadline: DEADLINE, ..ConsumerConfig::new("IN", "stage", dead) };
    let stop = CancellationToken::new();
    let context = StageContext::new(bus.clone(), Arc::new(clock.clone()));
    let loop_ = run_stage(context, stage.clone(), consumer, at_once, stop.clone());
    Running { clock, bus, stage, handled, stop, done: tokio::spawn(loop_) }
}

impl Running {
    async fn publish(&self, id: &str, body: &'static str) {
        self.bus.publish(Outgoing::new("in.x", id, body)).await.unwrap();
        self.advance(Duration::ZERO).await;
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }

    async fn all(&self, stream: &str) -> Vec<Stored> {
        self.bus.read(stream, ">", 1).await.unwrap().ready(100).await.unwrap()
    }

    async fn output(&self) -> Vec<String> {
        self.all("OUT").await.into_iter().map(|message| message.id).collect()
    }

    /// The reason of each dead letter.
    async fn dead(&self) -> Vec<(String, String)> {
        let said = |letter: &Stored, name| letter.headers.get(name).unwrap_or_default().to_owned();
        let reasons = self.all("DEAD").await;
        reasons
            .iter()
            .map(|letter| (said(letter, "Wf-Dead-Cause"), said(letter, "Wf-Dead-Reason")))
            .collect()
    }

    async fn stopped(self) {
        self.stop.cancel();
        self.done.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn handled_messages_are_acknowledged() {
    let running = running(4).await;
    running.publish("a", "").await;
    running.publish("b", "").await;
    running.advance(DEADLINE * 3).await;
    assert_eq!(running.output().await, ["a", "b"]);
    assert_eq!(running.handled.lock().unwrap().len(), 2);
    running.stopped().await;
}

#[tokio::test]
async fn a_panic_and_a_rejection_are_dead_letters_and_the_stage_goes_on() {
    let running = running(1).await;
    for (id, body) in [("a", "panic"), ("b", "reject"), ("d", "")] {
        running.publish(id, body).await;
    }
    running.advance(Duration::ZERO).await;
    let dead = running.dead().await;
    assert_eq!(dead[0], ("rejected".to_owned(), "panicked: as told".to_owned()));
    assert_eq!(dead[1], ("rejected".to_owned(), "as told".to_owned()));
    assert_eq!(running.output().await, ["d"]);
    running.stopped().await;
}

#[tokio::test]
async fn slow_work_is_kept_alive_and_done_once() {
    let running = running(1).await;
    running.publish("a", "slow").await;
    for _ in 0..20 {
        running.advance(DEADLINE / 3).await;
    }
    assert_eq!(running.output().await, ["a"]);
    assert_eq!(*running.handled.lock().unwrap(), [("a".to_owned(), 1)]);
    running.stopped().await;
}

#[tokio::test]
async fn a_retry_comes_again_in_its_time() {
    let running = running(1).await;
    running.publish("a", "retry").await;
    running.advance(DEADLINE).await;
    assert!(running.output().await.is_empty());
    running.advance(DEADLINE).await;
    assert_eq!(running.output().await, ["a"]);
    running.stopped().await;
}

#[tokio::test]
async fn no_more_than_asked_for_are_in_hand() {
    let running = running(3).await;
    for number in 0..9 {
        running.publish(&format!("m{number}"), "slow").await;
    }
    for _ in 0..60 {
        running.advance(DEADLINE / 3).await;
    }
    assert_eq!(running.stage.most_at_once.load(Ordering::Relaxed), 3);
    assert_eq!(running.output().await.len(), 9);
    running.stopped().await;
}

#[tokio::test]
async fn work_that_waits_for_something_holds_up_no_other() {
    let running = running(4).await;
    let messages = [("a", "slow"), ("b", ""), ("c", "")];
    for (id, body) in messages {
        running.bus.publish(Outgoing::new("in.x", id, body)).await.unwrap();
    }
    running.advance(Duration::ZERO).await;
    assert_eq!(running.output().await, ["b", "c"]);
    for _ in 0..20 {
        running.advance(DEADLINE / 3).await;
    }
    assert_eq!(running.output().await, ["b", "c", "a"]);
    running.stopped().await;
}

#[tokio::test]
async fn a_stopped_stage_finishes_its_messages_and_pulls_no_more() {
    let running = running(1).await;
    running.publish("a", "slow").await;
    running.publish("b", "").await;
    running.advance(Duration::ZERO).await;
    running.stop.cancel();
    running.advance(Duration::ZERO).await;
    assert!(!running.done.is_finished(), "it left its work");
    for _ in 0..20 {
        running.advance(DEADLINE / 3).await;
    }
    assert!(running.done.is_finished());
    assert_eq!(running.output().await, ["a"]);
    assert_eq!(*running.handled.lock().unwrap(), [("a".to_owned(), 1)]);
}

#[tokio::test]
async fn a_stream_that_is_not_there_ends_it() {
    let clock = VirtualClock::default();
    let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
    let running = running(1).await;
    let context = StageContext::new(bus, Arc::new(clock));
    let consumer = ConsumerConfig::new("NONE", "stage", DeadLetters::plain("dead.stage"));
    let stop = CancellationToken::new();
    let ended = run_stage(context, running.stage.clone(), consumer, 1, stop).await;
    assert!(matches!(ended, Err(LoopError::Bus(_))), "{ended:?}");
    running.stopped().await;
}

#[tokio::test]
async fn told_to_stop_while_the_bus_is_away_it_does_not_wait_for_it() {
    let running = running(1).await;
    let clock: Arc<dyn Clock> = Arc::new(running.clock.clone());
    let odds = Odds { refused: 1000, ..Odds::NONE };
    let away = Arc::new(FaultyBus::new(running.bus.clone(), clock.clone(), odds, 1));
    let stop = CancellationToken::new();
    let consumer = ConsumerConfig::new("IN", "other", DeadLetters::plain("dead.other"));
    let context = StageContext::new(away, clock);
    let trying = tokio::spawn(run_stage(context, running.stage.clone(), consumer, 1, stop.clone()));
    running.advance(Duration::from_mins(1)).await;
    assert!(!trying.is_finished());
    stop.cancel();
    running.advance(Duration::ZERO).await;
    assert!(trying.is_finished());
    running.stopped().await;
}
