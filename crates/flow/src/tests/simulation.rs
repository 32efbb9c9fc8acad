//! The pipeline under faults, by seeds. `WIREFOLD_SEED=n` runs one seed, `WIREFOLD_SEEDS=n` the first n.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::pipeline::{
    DELAY, Tally, all, article, article_of, create_streams, undisturbed, writer_config,
};
use crate::BoxFuture;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::StreamConfig;
use crate::dead::Cause;
use crate::invariants::{conservation, same_decisions, unbroken_chain};
use crate::lease::Lease;
use crate::loops::{FailPoints, LoopError, Point, StageContext};
use crate::message::{Outgoing, Published, Stored, parse_reference};
use crate::position::{Position, rolled_back};
use crate::sim::{FaultyBus, Odds, Random, SimBus, SimDisk, VirtualClock};
use crate::writer::run_writer;

const SEEDS: u64 = 200;
const ARTICLES: u64 = 60;
/// With random crashes, at most this many inputs may be set aside, and one more for this many crashes.
const SET_ASIDE: usize = 2;
const ENDS_FOR_ONE: usize = 300;
/// A pipeline that is not done after this virtual time counts as stuck.
const PATIENCE: Duration = Duration::from_hours(12);

/// Crashes at random, until it is stopped.
struct Dice {
    random: Mutex<Random>,
    in_a_thousand: u64,
    calm: CancellationToken,
}

impl FailPoints for Dice {
    fn crashes_at(&self, _point: Point) -> bool {
        let crashes = self.random.lock().unwrap().happens(self.in_a_thousand);
        crashes && !self.calm.is_cancelled()
    }
}

struct Simulation {
    clock: VirtualClock,
    sim: SimBus,
    /// The bus under the faults.
    bus: Arc<dyn Bus>,
    random: Random,
    calm: CancellationToken,
    stop: CancellationToken,
    /// Cancelled while the power is off: everything that runs stops at once. A watch channel would wake its
    /// receivers in its own order.
    power: Arc<Mutex<CancellationToken>>,
    disk: SimDisk,
    /// Commits that a power cut may lose.
    unsynced: usize,
    /// How often a loop ended early.
    ends: Arc<AtomicUsize>,
}

/// The final state.
#[derive(PartialEq)]
struct Outcome {
    inputs: Vec<Stored>,
    decided: Vec<Stored>,
    dead: Vec<Stored>,
    /// How often a loop ended early.
    ends: usize,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let (clock, disk) = (VirtualClock::default(), SimDisk::default());
        let mut random = Random::new(seed);
        let sim = SimBus::open(&disk, Arc::new(clock.clone()));
        // Half of the disks sync.
        let unsynced = if random.happens(500) { 0 } else { 100 };
        Self {
            bus: sim.bus(),
            sim,
            clock,
            random,
            calm: CancellationToken::new(),
            stop: CancellationToken::new(),
            power: Arc::default(),
            disk,
            unsynced,
            ends: Arc::default(),
        }
    }

    /// A bus with faults and a loop's context on it, each with its own random numbers.
    fn context(&mut self) -> StageContext {
        let odds = Odds {
            refused: self.random.below(60),
            answer_lost: self.random.below(60),
            stale: self.random.below(200),
            ..Odds::slow(self.random.below(200), DELAY * 2)
        };
        let clock = Arc::new(self.clock.clone());
        let seed = self.random.next_number();
        let bus = Arc::new(FaultyBus::new(self.bus.clone(), clock.clone(), odds, seed));
        let dice = Dice {
            random: Mutex::new(Random::new(self.random.next_number())),
            in_a_thousand: self.random.below(30),
            calm: self.calm.clone(),
        };
        StageContext { fail_points: Arc::new(dice), ..StageContext::new(bus, clock) }
    }

    /// Starts a loop, again after each crash or fence, until it is stopped.
    fn supervise(
        &mut self,
        longest_pause: Duration,
        start: impl Fn(CancellationToken) -> BoxFuture<'static, Result<(), LoopError>> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        let (clock, stop, power) = (self.clock.clone(), self.stop.clone(), self.power.clone());
        let ends = self.ends.clone();
        let mut random = Random::new(self.random.next_number());
        tokio::spawn(async move {
            while !stop.is_cancelled() {
                let is_off = power.lock().unwrap().clone();
                let ended = tokio::select! {
                    biased;
                    () = is_off.cancelled() => None,
                    ended = start(stop.clone()) => Some(ended),
                };
                match ended {
                    Some(Ok(())) => return,
                    None | Some(Err(LoopError::Crashed(_) | LoopError::Fenced(_))) => {}
                    Some(Err(other)) => panic!("the loop ended: {other}"),
                }
                ends.fetch_add(1, Ordering::Relaxed);
                let longest = u64::try_from(longest_pause.as_millis()).unwrap();
                let pause = Duration::from_millis(random.below(longest));
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    () = clock.sleep_until(clock.now().plus(pause)) => {}
                }
            }
        })
    }

    fn start_all(&mut self) -> Vec<tokio::task::JoinHandle<()>> {
        let mut running = Vec::new();
        for _ in 0..2 {
            // Two writers at once. Each takes over from the other when it comes back.
            let context = self.context();
            running.push(self.supervise(Duration::from_mins(1), move |stop| {
                let decide = Box::new(Tally::default());
                Box::pin(run_writer(context.clone(), writer_config(), decide, Lease::alone(), stop))
            }));
        }
        running
    }

    /// Publishes every article until it is stored, also again if a power cut lost it.
    fn source(&mut self) -> tokio::task::JoinHandle<()> {
        let context = self.context();
        let sound = self.bus.clone();
        self.supervise(Duration::from_secs(1), move |stop| {
            let (context, sound) = (context.clone(), sound.clone());
            Box::pin(async move {
                while !stop.is_cancelled() {
                    let stands = loop {
                        match sound.stream_state("IN").await {
                            Ok(state) => break state.last,
                            Err(error) => assert!(error.may_pass(), "{error}"),
                        }
                    };
                    for number in stands..ARTICLES {
                        while context.bus.publish(article(number)).await.is_err() {
                            context.wait(Duration::from_millis(50)).await;
                        }
                    }
                    context.wait(Duration::from_secs(1)).await;
                }
                Ok(())
            })
        })
    }

    /// The power fails for a moment: all processes stop, and unsynced writes are lost.
    async fn cut_power(&mut self) {
        self.power.lock().unwrap().cancel();
        // Messages under way arrive or are lost.
        self.clock.sleep_until(self.clock.now().plus(DELAY * 3)).await;
        let commits = self.random.below(self.unsynced as u64 + 1);
        self.sim.lose_tail(usize::try_from(commits).unwrap());
        *self.power.lock().unwrap() = CancellationToken::new();
    }

    async fn run(mut self) -> Result<Outcome, String> {
        create_streams(&*self.bus).await;
        self.sim.fail_commits(self.random.below(40), self.random.next_number());
        self.disk.may_lose(self.unsynced);
        let running = self.start_all();
        let source = self.source();
        let begin = self.clock.now();
        while self.finished().await < ARTICLES {
            if self.random.happens(100) {
                self.sim.restart();
            }
            if self.random.happens(30) {
                self.cut_power().await;
            }
            if self.clock.now().since(begin) > PATIENCE {
                return Err(format!("stuck with {} finished", self.finished().await));
            }
            self.clock.sleep_until(self.clock.now().plus(Duration::from_secs(1))).await;
        }
        // Late messages arrive; then all loops stop.
        self.clock.sleep_until(self.clock.now().plus(Duration::from_mins(5))).await;
        self.calm.cancel();
        self.stop.cancel();
        for task in running.into_iter().chain([source]) {
            task.await.map_err(|error| error.to_string())?;
        }
        Ok(Outcome {
            inputs: all(&*self.bus, "IN", ">").await,
            decided: all(&*self.bus, "DECIDED", "decided.article").await,
            dead: all(&*self.bus, "DEAD", ">").await,
            ends: self.ends.load(Ordering::Relaxed),
        })
    }

    async fn finished(&self) -> u64 {
        let decided = all(&*self.bus, "DECIDED", "decided.article").await.len() as u64;
        decided + self.bus.stream_state("DEAD").await.unwrap().messages
    }
}

fn check(outcome: &Outcome) -> Result<(), String> {
    let names = |messages: &[Stored]| messages.iter().map(article_of).collect::<Vec<_>>();
    let (accepted, decided) = (names(&outcome.inputs), names(&outcome.decided));
    let dead = names(&outcome.dead);
    conservation(
        accepted.iter().map(String::as_str),
        decided.iter().map(String::as_str),
        dead.iter().map(String::as_str),
    )
    .map_err(|violation| format!("conservation: {violation}"))?;
    if accepted.len() as u64 != ARTICLES {
        return Err(format!("{} articles accepted", accepted.len()));
    }
    let buried = outcome.dead.iter().filter(|letter| letter.subject == "dead.writer");
    let buried = buried.filter_map(|letter| letter.headers.get("Wf-Dead-Message"));
    let buried: BTreeSet<u64> =
        buried.filter_map(parse_reference).map(|(_, sequence)| sequence).collect();
    unbroken_chain(&outcome.decided, "IN", ARTICLES, &buried)
        .map_err(|violation| format!("chain: {violation}"))?;
    let set_aside = outcome.dead.iter().filter(|letter| {
        let cause = letter.headers.get("Wf-Dead-Cause");
        letter.subject == "dead.writer" && cause == Some(Cause::MaxDeliver.as_str())
    });
    // A writer may crash at random three times on one input. Here take-overs happen as often, too.
    let set_aside = set_aside.count();
    if set_aside > SET_ASIDE + outcome.ends / ENDS_FOR_ONE {
        return Err(format!("{set_aside} good inputs set aside after {} ends", outcome.ends));
    }
    let inputs = outcome.inputs.iter().filter(|input| !buried.contains(&input.sequence));
    let inputs: Vec<Stored> = inputs.cloned().collect();
    same_decisions(&outcome.decided, &undisturbed(&inputs))
        .map_err(|violation| format!("decisions: {violation}"))
}

fn simulate(seed: u64) -> Result<Outcome, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let simulation = Simulation::new(seed);
        let clock = simulation.clock.clone();
        tokio::select! {
            biased;
            outcome = simulation.run() => outcome,
            () = clock.run_when_idle() => unreachable!("the clock runs for ever"),
        }
    })
}

/// The seeds to run: this many, unless the environment gives a number or one seed.
pub(super) fn seeds(count: u64) -> Range<u64> {
    match (number("WIREFOLD_SEED"), number("WIREFOLD_SEEDS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, more) => 0..more.unwrap_or(count),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "replays what a failure printed, or looks for the next"
)]
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn invariants_hold_under_faults() {
    for seed in seeds(SEEDS) {
        if let Err(why) = simulate(seed).and_then(|outcome| check(&outcome)) {
            panic!("{why}\nreplay it with WIREFOLD_SEED={seed}");
        }
    }
}

#[tokio::test]
async fn a_commit_that_fails_leaves_nothing_or_all_of_it_and_a_power_cut_the_beginning() {
    let (clock, disk) = (VirtualClock::default(), SimDisk::default());
    let sim = SimBus::open(&disk, Arc::new(clock));
    let bus = sim.bus();
    create_streams(&*bus).await;
    disk.may_lose(5);
    sim.fail_commits(500, 1);
    let mut told = [0, 0];
    for number in 0..40 {
        let before = all(&*bus, "IN", ">").await;
        let published = bus.publish(article(number)).await;
        let after = all(&*bus, "IN", ">").await;
        let new = &after[before.len()..];
        match published {
            Ok(published) => {
                assert_eq!(new.len() as u64, published.sequence() - before.len() as u64);
            }
            Err(error) => {
                assert!(error.may_pass(), "{error}");
                told[new.len()] += 1;
            }
        }
        assert!(after.starts_with(&before));
        assert_eq!(bus.stream_state("IN").await.unwrap().last, after.len() as u64);
    }
    assert!(told.iter().all(|times| *times > 0), "{told:?}");
    sim.fail_commits(0, 1);
    // The last seed that had to fail.
    let _ = bus.publish(article(40)).await;
    let before = all(&*bus, "IN", ">").await;
    assert_eq!(sim.lose_tail(3), 3);
    let kept = all(&*bus, "IN", ">").await;
    assert_eq!(kept, before[..before.len() - 3]);
    // A lost message leaves neither its id nor its sequence.
    let lost = &before[kept.len()];
    let again = Outgoing::new(lost.subject.clone(), lost.id.clone(), lost.body.to_vec());
    assert_eq!(bus.publish(again).await.unwrap(), Published::New(lost.sequence));
}

#[tokio::test]
async fn a_copy_that_lags_behind_is_no_stream_that_went_back() {
    let clock = Arc::new(VirtualClock::default());
    let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
    bus.create_stream(StreamConfig::new("IN", &["in"])).await.unwrap();
    for id in ["a", "b", "c", "d"] {
        bus.publish(Outgoing::new("in", id, id.as_bytes().to_vec())).await.unwrap();
    }
    let read = Position::from(&bus.get("IN", 4).await.unwrap());
    let other = Position { id: "e".to_owned(), ..read.clone() };
    let odds = Odds { stale: 1_000, ..Odds::NONE };
    let lagging = FaultyBus::new(bus, clock, odds, 1);
    let mut lags = false;
    for _ in 0..32 {
        lags |= lagging.stream_state("IN").await.unwrap().last < 4;
        assert_eq!(rolled_back(&lagging, "IN", &read).await.unwrap(), None);
        assert!(rolled_back(&lagging, "IN", &other).await.unwrap().is_some());
    }
    assert!(lags, "nothing was stale");
}

#[test]
fn a_seed_gives_the_same_run_twice() {
    let [one, other] = [simulate(7), simulate(7)].map(Result::unwrap);
    assert!(one == other, "two runs of one seed differ");
    assert!(one != simulate(8).unwrap(), "two seeds give the same run");
}
