//! Chaos over NATS, by seeds: everything is killed in mid-run, a detector is stopped and comes back
//! as a zombie, two detectors and two enrichers run at once. What comes out is what would have come
//! out of a quiet run over the same articles.
//!
//! `WIREFOLD_SEED=n` runs that seed alone, `WIREFOLD_CHAOS=20` so many seeds; `cargo xtask chaos`
//! runs twenty.

mod beside;
mod checks;
mod lag;
mod plan;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rustix::process::{Pid, Signal, kill_process};
use wirefold_flow::EPOCH;
use wirefold_proto::streams::{FETCHED, JUDGED, OUTPUT, Stream};

use super::forms::{self, Given};
use super::over::Over;
use crate::pipeline::generated::{Made, Numbers, articles};
use crate::pipeline::kept::Kept;
use crate::pipeline::killed::{LAST, wait_for_last};
use crate::pipeline::say;
use crate::pipeline::targets::Target;
use crate::pipeline::up::now;
use crate::program::Folder;
use beside::Beside;
use plan::{Act, Step, plan};

/// Seeds where nothing else is said.
const SEEDS: u64 = 2;
/// Articles in the file that is taken while a step comes.
const FILE: usize = 60;
/// The folder that the fetcher watches.
const DROPPED: &str = "dropped";

/// A run with everything that disturbs it.
struct Chaos {
    folder: Folder,
    target: Target,
    over: Over,
    detector: Beside,
    enricher: Beside,
    dropped: usize,
}

impl Chaos {
    #[track_caller]
    fn start() -> Chaos {
        let target = Target::open();
        let folder = forms::folder(&Given::File(DROPPED.into()), &target);
        std::fs::create_dir(folder.path().join(DROPPED)).expect("a temporary folder takes folders");
        let over = Over::start(&folder);
        let beside = |stage| Beside::start(stage, &over, &folder);
        let (detector, enricher) = (beside("detector"), beside("enricher"));
        Chaos { folder, target, over, detector, enricher, dropped: 0 }
    }

    fn drop_file(&mut self, articles: &[Made]) {
        let lines: String = articles.iter().map(Made::line).collect();
        self.folder.write(&format!("{DROPPED}/{:06}.jsonl", self.dropped), lines.as_bytes());
        self.dropped += articles.len();
    }

    /// Waits for the moment, and does it.
    #[track_caller]
    fn take(&self, step: &Step) {
        let (stream, filter) = step.stream.of();
        self.over.until(&stream, filter, step.count);
        match step.act {
            Act::Kill(name) => self.over.kill(name),
            Act::KillBeside("detector") => self.detector.kill(),
            Act::KillBeside(_) => self.enricher.kill(),
            Act::Zombie => self.make_a_zombie(),
        }
    }

    /// Stops the detector wherever it is, has the other take over, and lets it go on: what it had
    /// on its way, and what it decides next, must not get in.
    #[track_caller]
    fn make_a_zombie(&self) {
        let zombie = self.over.pid_of("detector");
        send(zombie, Signal::STOP);
        let epochs = self.over.count(&JUDGED, EPOCHS);
        self.detector.kill();
        self.over.until(&JUDGED, EPOCHS, epochs + 1);
        send(zombie, Signal::CONT);
    }

    /// Waits until everything is out and told, and nobody lags.
    #[track_caller]
    fn settle(&mut self) -> Kept {
        self.over.until_output(self.dropped);
        self.folder.write(&format!("{DROPPED}/last.txt"), LAST.as_bytes());
        self.over.until_output(self.dropped + 1);
        wait_for_last(&mut self.target);
        self.detector.stop();
        self.enricher.stop();
        lag::until_none(&self.over);
        self.over.kept()
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (detector, enricher) = (self.detector.said(), self.enricher.said());
            say(format_args!("{}\n{detector}\n{enricher}", self.over.up.said()));
        }
    }
}

/// The records that say who writes, and those that say what was decided.
const EPOCHS: &str = "wirefold.v1.article.judged.epoch";
const DECISIONS: &str = "wirefold.v1.article.judged";

impl plan::Watched {
    fn of(self) -> (Stream, &'static str) {
        match self {
            plan::Watched::Fetched => (FETCHED, ">"),
            plan::Watched::Judged => (JUDGED, DECISIONS),
            plan::Watched::Output => (OUTPUT, "wirefold.v1.output.article.>"),
        }
    }
}

/// A process that has just ended needs nothing more.
fn send(process: Pid, signal: Signal) {
    let _ = kill_process(process, signal);
}

fn run(seed: u64) {
    let began = now();
    let mut numbers = Numbers::from_seed(seed);
    let steps = plan(FILE, &mut numbers);
    let made = articles((steps.len() + 1) * FILE, &mut numbers);
    let mut chaos = Chaos::start();
    let mut files = made.chunks(FILE);
    files.by_ref().take(1).for_each(|file| chaos.drop_file(file));
    for (step, file) in steps.iter().zip(files) {
        chaos.drop_file(file);
        chaos.take(step);
    }
    let kept = chaos.settle();
    let ended = now();
    chaos.target.take();
    checks::check(&kept, &made, &chaos.target);
    let epochs: Vec<&str> = kept.judged.iter().filter_map(|it| it.headers.get(EPOCH)).collect();
    say(format_args!(
        "  seed {seed}: {} steps, {} articles, {} epochs, {} revisions, {} messages; {:?}, checked \
         in {:?}",
        steps.len(),
        kept.fetched.len(),
        epochs.last().unwrap_or(&"0"),
        kept.alerts.len(),
        chaos.target.messages.len(),
        ended.since(began),
        now().since(ended),
    ));
}

#[expect(clippy::disallowed_methods, reason = "seeds are asked for from outside")]
fn asked(name: &str) -> Option<u64> {
    let asked = std::env::var(name).ok()?;
    Some(asked.parse().unwrap_or_else(|error| panic!("{name}={asked}: {error}")))
}

#[test]
fn chaos_changes_nothing() {
    let count = asked("WIREFOLD_CHAOS").unwrap_or(SEEDS);
    let seeds = asked("WIREFOLD_SEED").map_or(0..count, |seed| seed..seed + 1);
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            say(format_args!("replay it with WIREFOLD_SEED={seed}"));
            resume_unwind(panic);
        }
    }
}
