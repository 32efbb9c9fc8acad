//! One run: articles, the fault, the rest of the articles, the examination.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use super::disk::Disk;
use super::examine::{Control, Difference, Output};
use super::fault::{Change, Fault, FaultKind, File};
use super::pusher::{ARTICLES, articles, id_of, wait_for_alerts, wait_for_quiet};
use super::random::RunRandom;
use super::shim::{Setting, Shim};
use super::{Programs, nats, temporary};
use crate::commands::attack::receiver::Receiver;
use crate::machine::Stopwatch;
use crate::running::{Running, command};

/// The fault comes after at least this many articles, and at most this many more.
pub(super) const BEFORE: usize = 60;
pub(super) const MORE: u64 = 80;
/// A fault while articles arrive comes within this many milliseconds.
const WITHIN: u64 = 400;
/// The size of a disk.
pub(super) const DISK: u64 = 256 << 20;
/// The settings with a folder that stays empty. Without any source, `up` would show the demo.
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// The end of a run.
pub(super) enum Outcome {
    Played(Box<Found>),
    /// This machine cannot do it, with the reason.
    Skipped(String),
}

/// The findings of a run.
#[derive(Default)]
pub(super) struct Found {
    pub(super) difference: Difference,
    /// Whether the problem was reported: in the log, by `verify`, or by a refusal to start.
    pub(super) said: bool,
    /// Whether it did not start again. Then there are no other findings.
    pub(super) refused: bool,
    /// The seconds until the next article is accepted. `None` if that never happened.
    pub(super) recovery: Option<f64>,
    /// The number of articles whose output was lost, and was made again by `setup --repair`.
    pub(super) repaired: usize,
    /// The log of the run.
    pub(super) log: String,
}

/// The output and the alerts for the same articles without a fault.
pub(super) fn undisturbed(program: &Path, seed: u64) -> anyhow::Result<Control> {
    undisturbed_but(program, seed, None)
}

/// The same, but the machine sleeps for this many seconds after this many articles, once all their effects
/// have happened.
pub(super) fn undisturbed_but(
    program: &Path,
    seed: u64,
    sleep: Option<(usize, &Shim, i64)>,
) -> anyhow::Result<Control> {
    let folder = tempfile::tempdir()?;
    let mut receiver = Receiver::open();
    prepare(folder.path(), &receiver)?;
    let mut up = command(program, folder.path());
    up.envs(sleep.into_iter().flat_map(|(_, shim, _)| shim.environment()));
    let mut running = Running::start_as(up)?;
    for (number, article) in articles(seed).iter().enumerate() {
        if let Some((_, shim, seconds)) = sleep.filter(|(before, ..)| *before == number) {
            wait_for_quiet(&mut running, &mut receiver, number);
            shim.set(Setting::Slept, seconds)?;
        }
        running.post("/api/v1/articles", article)?;
    }
    wait_for_quiet(&mut running, &mut receiver, ARTICLES);
    running.terminate();
    receiver.receive();
    let output = Output::of(&folder.path().join("data"))?;
    Ok(Control { output, alerts: receiver.alerts() })
}

/// Prepares the folder of a run.
pub(super) fn prepare(folder: &Path, receiver: &Receiver) -> anyhow::Result<()> {
    fs::create_dir(folder.join("dropped"))?;
    fs::write(folder.join("wirefold.toml"), format!("{SETTINGS}{}", receiver.settings()))?;
    // The data from before the fault is on the disk.
    let synced = Command::new("sync").arg("-f").arg(folder).status()?;
    anyhow::ensure!(synced.success(), "sync failed");
    Ok(())
}

/// Runs a fault.
pub(super) fn play(
    programs: Programs<'_>,
    fault: &Fault,
    seed: u64,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let program = programs.tested;
    match fault.kind {
        FaultKind::Nats(kind) => return nats::play(programs, (fault, kind), seed, control),
        FaultKind::TemporaryFault(temporary) => {
            return temporary::play(program, (fault, temporary), seed, control);
        }
        FaultKind::Kill | FaultKind::PowerCut { .. } | FaultKind::Damage(..) => {}
    }
    let folder = tempfile::tempdir()?;
    let mut scene = Scene {
        program,
        home: folder.path().to_owned(),
        articles: articles(seed),
        acknowledged: Vec::new(),
        receiver: Receiver::open(),
        random: RunRandom::new(seed, fault.name),
        disks: Vec::new(),
    };
    if let FaultKind::PowerCut { .. } = fault.kind {
        match Disk::make(folder.path(), DISK)? {
            Ok(disk) => {
                scene.home = disk.path().to_owned();
                scene.disks.push(disk);
            }
            Err(why) => return Ok(Outcome::Skipped(why)),
        }
    }
    prepare(&scene.home, &scene.receiver)?;
    let found = scene.play(fault, folder.path(), control)?;
    Ok(Outcome::Played(Box::new(found)))
}

struct Scene<'a> {
    program: &'a Path,
    /// The folder in which it runs now.
    home: PathBuf,
    articles: Vec<Value>,
    acknowledged: Vec<String>,
    receiver: Receiver,
    random: RunRandom,
    /// Disks that are mounted during the run.
    disks: Vec<Disk>,
}

impl Scene<'_> {
    fn play(mut self, fault: &Fault, scratch: &Path, control: &Control) -> anyhow::Result<Found> {
        let mut up = command(self.program, &self.home);
        if fault.is_control() {
            let shim = Shim::build(scratch)?;
            shim.set(Setting::Unsynced, 1)?;
            up.envs(shim.environment());
        }
        let mut running = Running::start_as(up)?;
        let before = BEFORE + usize::try_from(self.random.below(MORE))?;
        if let FaultKind::Damage(file, _) = fault.kind {
            // A snapshot is written at the stop, and the log has the later messages.
            self.push(&running, before / 2)?;
            if file == File::Snapshot || self.random.below(2) == 0 {
                running.terminate();
                running = Running::start(self.program, &self.home)?;
            }
        }
        self.push(&running, before)?;
        self.strike(fault, running)?;
        let said = verify_complains(self.program, &self.home)?;
        let watch = Stopwatch::start();
        let mut again = match Running::start(self.program, &self.home) {
            Ok(again) => again,
            // A program that could not be started did not refuse anything.
            Err(refusal) if refusal.is::<std::io::Error>() => return Err(refusal),
            Err(refusal) => {
                let words = refusal.to_string();
                return Ok(Found { said: said || names_the_file(&words), ..self.refused(words) });
            }
        };
        let first = self.acknowledged.len();
        let taken = self.push(&again, first + 1);
        let recovery = watch.elapsed().as_secs_f64();
        if taken.and_then(|()| self.push(&again, self.articles.len())).is_err() {
            // It found the damage and ended, with or without a report.
            let log = again.output();
            return Ok(Found { said: said || complains(&log), ..self.refused(log) });
        }
        wait_for_alerts(&mut again, &mut self.receiver, self.articles.len(), control);
        let log = again.output();
        again.terminate();
        let said = said || complains(&log) || verify_complains(self.program, &self.home)?;
        self.receiver.receive();
        // If pages are damaged, even the examiner cannot read on. `verify` must have reported it.
        let Ok(output) = Output::of(&self.home.join("data")) else {
            return Ok(Found { said, ..self.refused(log) });
        };
        let difference = output.differs(&self.acknowledged, &self.receiver, control);
        Ok(Found { difference, said, recovery: Some(recovery), log, ..Found::default() })
    }

    fn refused(&self, log: String) -> Found {
        let difference = Difference { lost: self.acknowledged.clone(), ..Difference::default() };
        Found { difference, refused: true, log, ..Found::default() }
    }

    /// Pushes until this many articles are acknowledged.
    fn push(&mut self, running: &Running, until: usize) -> anyhow::Result<()> {
        for article in &self.articles[self.acknowledged.len()..until.min(self.articles.len())] {
            running.post("/api/v1/articles", article)?;
            self.acknowledged.push(id_of(article));
        }
        Ok(())
    }

    fn strike(&mut self, fault: &Fault, running: Running) -> anyhow::Result<()> {
        match fault.kind {
            FaultKind::PowerCut { .. } => {
                let disk = self.disks.pop().context("it was made")?;
                let cut = self.meanwhile(running, |running| {
                    let stopped = kill_process(running.process(), Signal::STOP);
                    let cut = disk.after_a_power_cut();
                    running.kill();
                    stopped.map_err(anyhow::Error::from).and(cut)
                })?;
                self.home = cut.path().to_owned();
                self.disks.extend([disk, cut]);
                Ok(())
            }
            FaultKind::Damage(file, change) => {
                running.kill();
                self.damage(file, change)
            }
            FaultKind::Kill | FaultKind::TemporaryFault(_) | FaultKind::Nats(_) => {
                self.meanwhile(running, Running::kill);
                Ok(())
            }
        }
    }

    /// Causes a fault while another thread pushes articles.
    fn meanwhile<T>(&mut self, running: Running, strike: impl FnOnce(Running) -> T) -> T {
        let wait = Duration::from_millis(self.random.below(WITHIN));
        let rest = &self.articles[self.acknowledged.len()..];
        let (page, acknowledged) = (running.page.clone(), Mutex::new(&mut self.acknowledged));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for article in rest {
                    if Running::post_to(&page, "/api/v1/articles", article).is_err() {
                        return;
                    }
                    if let Ok(mut acknowledged) = acknowledged.lock() {
                        acknowledged.push(id_of(article));
                    }
                }
            });
            std::thread::park_timeout(wait);
            strike(running)
        })
    }

    fn damage(&mut self, file: File, change: Change) -> anyhow::Result<()> {
        let data = self.home.join("data");
        let mut found: Vec<PathBuf> = Vec::new();
        for below in [data.clone(), data.join("wf_snapshots")] {
            let Ok(entries) = fs::read_dir(&below) else { continue };
            found.extend(entries.flatten().map(|entry| entry.path()));
        }
        found.retain(|path| {
            let name = path.strip_prefix(&data).unwrap_or(path).to_string_lossy();
            path.is_file() && file.is(&name) && fs::metadata(path).is_ok_and(|it| it.len() > 0)
        });
        found.sort();
        // A missing file cannot be damaged.
        if found.is_empty() {
            return Ok(());
        }
        let path = &found[self.random.index(found.len())];
        let mut bytes = fs::read(path)?;
        let place = self.random.index(bytes.len());
        match change {
            Change::Flip => bytes[place] ^= 1 << self.random.below(8),
            Change::Zero => {
                let begin = place / 4096 * 4096;
                let end = bytes.len().min(begin + 4096);
                bytes[begin..end].fill(0);
            }
            Change::Cut => bytes.truncate(place),
            Change::Remove => return Ok(fs::remove_file(path)?),
        }
        Ok(fs::write(path, bytes)?)
    }
}

/// Whether `verify` reports a problem.
pub(super) fn verify_complains(program: &Path, home: &Path) -> anyhow::Result<bool> {
    let verify = command(program, home).args(["verify", "--quiet"]).output();
    Ok(!verify.context("verify does not start")?.status.success())
}

/// Whether a refusal to start names the unreadable file.
fn names_the_file(words: &str) -> bool {
    words.contains("bus.sqlite") || words.contains("gateway.db")
}

/// Whether a log reports a problem.
pub(super) fn complains(log: &str) -> bool {
    const REPORTS: [&str; 8] = [
        // As the release before says it.
        "before their time",
        "went back in time",
        "is passed over",
        "skipping a snapshot",
        "put aside",
        "set the projection aside",
        "damaged",
        "left a stream too early",
    ];
    REPORTS.iter().any(|it| log.contains(it))
}
