//! Inputs that crash the process, over a bus that loses answers and has replicas that lag. No strike is
//! lost, and none is added. `WIREFOLD_SEED=n` runs one seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pipeline::{DELAY, all, create_streams, writer_config};
use super::simulation::seeds;
use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::{Clock, UnixMillis};
use crate::dead::Reason;
use crate::lease::Lease;
use crate::loops::{Event, FailPoints, LoopError, Observer, Point, StageContext};
use crate::message::{Outgoing, Stored};
use crate::sim::{FaultyBus, Odds, Random, SimBus, SimDisk, VirtualClock};
use crate::writer::{Record, StateMachine, run_writer};

const SEEDS: u64 = 200;
const GOOD: u64 = 7;
/// More lives than any run needs.
const MOST_LIVES: u32 = 50;

/// One process, until the poison crashes it.
#[derive(Default)]
struct Process {
    ends: CancellationToken,
    is_dying: AtomicBool,
    /// Whether the writer has reported that it tries inputs alone.
    is_alone: AtomicBool,
}

impl Observer for Process {
    fn observe(&self, _name: &str, event: Event<'_>) {
        if let Event::Struck { .. } = event {
            self.is_alone.store(true, Ordering::SeqCst);
        }
    }
}

impl FailPoints for Process {
    fn crashes_at(&self, _point: Point) -> bool {
        if self.is_dying.load(Ordering::SeqCst) {
            self.ends.cancel();
        }
        self.is_dying.load(Ordering::SeqCst)
    }
}

struct Deciding(Arc<Process>);

impl StateMachine for Deciding {
    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, _epoch: u64, _at: UnixMillis) -> Record {
        Record { subject: "decided.epoch".to_owned(), ..Record::default() }
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        if input.id == "poison" {
            self.0.is_dying.store(true, Ordering::SeqCst);
        }
        let (subject, body) = ("decided.article".to_owned(), input.body.clone());
        Ok(Some(Record { subject, body, ..Record::default() }))
    }
}

fn writer(
    context: StageContext,
    process: Arc<Process>,
) -> BoxFuture<'static, Result<(), LoopError>> {
    let decide = Box::new(Deciding(process));
    Box::pin(run_writer(context, writer_config(), decide, Lease::alone(), CancellationToken::new()))
}

/// Whether the poison was tried alone, for each crash that it caused.
async fn lives(seed: u64, clock: VirtualClock) -> Result<Vec<bool>, String> {
    let bus = SimBus::open(&SimDisk::default(), Arc::new(clock.clone())).bus();
    create_streams(&*bus).await;
    let mut random = Random::new(seed);
    let place = random.below(GOOD + 1);
    for number in 0..=GOOD {
        let id = if number == place { "poison".to_owned() } else { format!("a{number}") };
        bus.publish(Outgoing::new("in.f", id.clone(), id.into_bytes())).await.unwrap();
    }
    let mut fatal = Vec::new();
    for _ in 0..MOST_LIVES {
        let odds = Odds {
            refused: random.below(60),
            answer_lost: random.below(60),
            stale: random.below(500),
            ..Odds::slow(random.below(100), DELAY / 2)
        };
        let sim_clock = Arc::new(clock.clone());
        let faulty = FaultyBus::new(bus.clone(), sim_clock.clone(), odds, random.next_number());
        let process = Arc::<Process>::default();
        let context = StageContext {
            observer: process.clone(),
            fail_points: process.clone(),
            ..StageContext::new(Arc::new(faulty), sim_clock)
        };
        tokio::select! {
            biased;
            () = process.ends.cancelled() => {}
            _ = writer(context, process.clone()) => {}
            () = is_done(&*bus, &clock) => {
                let buried = all(&*bus, "DEAD", ">").await;
                let buried: Vec<_> = buried.iter().map(|letter| letter.body.clone()).collect();
                return if buried == ["poison"] { Ok(fatal) } else { Err(format!("{buried:?}")) };
            }
        }
        fatal.push(process.is_alone.load(Ordering::SeqCst));
        // The messages in hand come back.
        clock.sleep_until(clock.now().plus(DELAY * 2)).await;
    }
    Err(format!("no end of it: {fatal:?}"))
}

/// Waits until the poison is a dead letter and the good results are stored.
async fn is_done(bus: &dyn Bus, clock: &VirtualClock) {
    loop {
        let stands = all(bus, "DECIDED", "decided.article").await.len() as u64;
        if stands >= GOOD && bus.stream_state("DEAD").await.unwrap().messages > 0 {
            return;
        }
        clock.sleep_until(clock.now().plus(Duration::from_millis(100))).await;
    }
}

#[test]
fn a_poison_input_tried_alone_ends_a_writer_three_times() {
    for seed in seeds(SEEDS) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let fatal = runtime.block_on(async {
            let clock = VirtualClock::default();
            tokio::select! {
                biased;
                fatal = lives(seed, clock.clone()) => fatal,
                () = clock.run_when_idle() => unreachable!("the clock runs for ever"),
            }
        });
        let alone = fatal.map(|fatal| fatal.into_iter().filter(|alone| *alone).count());
        assert_eq!(alone, Ok(3), "replay it with WIREFOLD_SEED={seed}");
    }
}
