//! Chaos over NATS, by seeds: every process is killed during the run, a detector is suspended and continues
//! with an outdated state, and two detectors and two enrichers run at once. The results must be those of an
//! undisturbed run over the same articles.
//!
//! `WIREFOLD_SEED=n` runs only that seed, `WIREFOLD_CHAOS=20` this many seeds; `cargo xtask chaos` runs
//! twenty.

mod beside;
mod checks;
mod lag;
mod plan;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use rustix::process::{Pid, Signal, kill_process};
use wirefold_flow::EPOCH;
use wirefold_proto::streams::{FETCHED, OUTPUT, OUTPUT_DECISIONS, Stream};

use super::forms::{self, SourceOfArticles};
use super::over::NatsPipeline;
use crate::pipeline::generated::{GeneratedArticle, Numbers, articles};
use crate::pipeline::kept::StoredStreams;
use crate::pipeline::killed::{LAST, wait_for_last};
use crate::pipeline::say;
use crate::pipeline::targets::Target;
use crate::pipeline::up::now;
use crate::program::Folder;
use beside::ExtraStage;
use plan::{Act, Step, plan};

/// The number of seeds by default.
const SEEDS: u64 = 2;
/// The number of articles in the file that is handled during a step.
const FILE: usize = 60;
/// The folder that the fetcher watches.
const DROPPED: &str = "dropped";

/// A run with its disturbances.
struct Chaos {
    folder: Folder,
    target: Target,
    over: NatsPipeline,
    detector: ExtraStage,
    enricher: ExtraStage,
    dropped: usize,
}

impl Chaos {
    #[track_caller]
    fn start() -> Chaos {
        let target = Target::open();
        let folder = forms::folder(&SourceOfArticles::File(DROPPED.into()), &target);
        std::fs::create_dir(folder.path().join(DROPPED)).expect("a temporary folder takes folders");
        let over = NatsPipeline::start(&folder);
        let beside = |stage| ExtraStage::start(stage, &over, &folder);
        let (detector, enricher) = (beside("detector"), beside("enricher"));
        Chaos { folder, target, over, detector, enricher, dropped: 0 }
    }

    fn drop_file(&mut self, articles: &[GeneratedArticle]) {
        let lines: String = articles.iter().map(GeneratedArticle::line).collect();
        self.folder.write(&format!("{DROPPED}/{:06}.jsonl", self.dropped), lines.as_bytes());
        self.dropped += articles.len();
    }

    /// Waits for the moment of a step and carries it out.
    #[track_caller]
    fn carry_out(&self, step: &Step) {
        let (stream, filter) = step.stream.of();
        self.over.until(&stream, filter, step.count);
        match step.act {
            Act::Kill(name) => self.over.kill(name),
            Act::KillBeside("detector") => self.detector.kill(),
            Act::KillBeside(_) => self.enricher.kill(),
            Act::Zombie => self.make_a_zombie(),
        }
    }

    /// Suspends the detector, lets the other take over, and resumes it. Its pending publishes and its next
    /// decisions must be refused.
    #[track_caller]
    fn make_a_zombie(&self) {
        let zombie = self.over.pid_of("detector");
        send(zombie, Signal::STOP);
        let epochs = self.over.count(&OUTPUT, EPOCHS);
        self.detector.kill();
        self.over.until(&OUTPUT, EPOCHS, epochs + 1);
        send(zombie, Signal::CONT);
    }

    /// Waits until everything was published and alerted, and no reader lags.
    #[track_caller]
    fn wait_for_end(&mut self) -> StoredStreams {
        self.over.until_output(self.dropped);
        self.folder.write(&format!("{DROPPED}/last.txt"), LAST.as_bytes());
        self.over.until_output(self.dropped + 1);
        wait_for_last(&mut self.target);
        // The next enricher writes that it takes over behind the last article, and the detector reads articles only.
        lag::until_none(&self.over);
        self.detector.stop();
        self.enricher.stop();
        self.over.kept()
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (detector, enricher) = (self.detector.output(), self.enricher.output());
            say(format_args!("{}\n{detector}\n{enricher}", self.over.up.output()));
        }
    }
}

/// The subject of the records that name the writer. The other records are decisions.
const EPOCHS: &str = "wirefold.v1.output.epoch";

impl plan::Watched {
    fn of(self) -> (Stream, &'static str) {
        match self {
            plan::Watched::Fetched => (FETCHED, ">"),
            plan::Watched::Judged => (OUTPUT, OUTPUT_DECISIONS),
            plan::Watched::Output => (OUTPUT, "wirefold.v1.output.article.>"),
        }
    }
}

/// A process that has just ended needs no signal.
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
        chaos.carry_out(step);
    }
    let kept = chaos.wait_for_end();
    let ended = now();
    chaos.target.read_arrived();
    checks::check(&kept, &made, &chaos.target);
    let epochs: Vec<&str> = kept.output.iter().filter_map(|it| it.headers.get(EPOCH)).collect();
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
fn read_count(name: &str) -> Option<u64> {
    let asked = std::env::var(name).ok()?;
    Some(asked.parse().unwrap_or_else(|error| panic!("{name}={asked}: {error}")))
}

#[test]
fn chaos_changes_nothing() {
    let count = read_count("WIREFOLD_CHAOS").unwrap_or(SEEDS);
    let seeds = read_count("WIREFOLD_SEED").map_or(0..count, |seed| seed..seed + 1);
    for seed in seeds {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(seed))) {
            say(format_args!("replay it with WIREFOLD_SEED={seed}"));
            resume_unwind(panic);
        }
    }
}
