//! One run with one process: articles, the fault, the rest of the articles, the examination.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};
use serde_json::json;
use wirefold_score::Random;

use super::disk::{DISK, Disk};
use super::examine::{Control, Difference, Output, complains, names_the_file, verify_complains};
use super::fault::{Change, Fault, FaultKind, File, TemporaryFault};
use super::pusher::{ARTICLES, BEFORE, MORE, Pusher, articles, wait_for_alerts, wait_for_quiet};
use super::receiver::Receiver;
use super::shim::{Setting, Shim};
use super::{Found, pause};
use crate::commands::run_command;
use crate::machine::Stopwatch;
use crate::running::{Running, command};
use crate::tree;

/// A kill or a power cut comes within this many milliseconds.
const WITHIN: usize = 400;
/// The size of a disk that is soon full.
const SMALL: u64 = 64 << 20;
/// The most writes or syncs that fail.
const FAILURES: usize = 20;
/// Late alerts are collected for less than this many seconds.
const CATCH_UP: i64 = 600;

/// The id and the size of the article that ends the process.
const POISON: &str = "poison";
const DEADLY: usize = 7_998;
/// The most times that it may end the process.
const MOST_ENDS: usize = 20;

/// The settings with a folder that stays empty. Without any source, `up` would show the demo.
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// Prepares the folder in which wirefold runs.
pub(super) fn prepare(folder: &Path, receiver: &Receiver) -> anyhow::Result<()> {
    fs::create_dir(folder.join("dropped"))?;
    fs::write(folder.join("wirefold.toml"), format!("{SETTINGS}{}", receiver.settings()))?;
    // The data from before the fault is on the disk.
    run_command(Command::new("sync").arg("-f").arg(folder))
}

/// Runs a fault.
pub(super) fn play(
    program: &Path,
    fault: &Fault,
    seed: u64,
    control: &Control,
) -> anyhow::Result<Found> {
    let folder = tempfile::tempdir()?;
    let receiver = Receiver::open();
    let mut scene = Scene::open(program, folder.path(), (fault, seed), &receiver)?;
    let articles = articles(seed);
    let before = BEFORE + scene.random.below(MORE);
    let pusher = Pusher::new(&scene.running.page, &articles);
    let recovery = pusher.push_while(|| {
        if let FaultKind::Damage(file, _) = fault.kind {
            // A snapshot is written at the stop, and the log has the later messages.
            pusher.wait_for(before / 2)?;
            if file == File::Snapshot || scene.random.below(2) == 0 {
                scene.running.terminate();
                scene.start(&pusher)?;
            }
        }
        pusher.wait_for(before)?;
        scene.strike(fault.kind, &pusher)?;
        let mut watch = Stopwatch::start();
        if !matches!(fault.kind, FaultKind::TemporaryFault(_)) {
            scene.said = verify_complains(scene.program, &scene.home)?;
            watch = Stopwatch::start();
            scene.start_or_refuse(&pusher)?;
        }
        let recovery = pusher.recovery(&mut scene.running, control, &watch);
        if !scene.running.is_alive() {
            pusher.stop();
        }
        Ok(recovery)
    })?;
    scene.examine(fault, receiver, (pusher.acknowledged(), recovery), (seed, control))
}

struct Scene<'a> {
    program: &'a Path,
    /// The folder in which it runs now.
    home: PathBuf,
    running: Running,
    shim: Shim,
    random: Random,
    /// Disks that are mounted during the run.
    disks: Vec<Disk>,
    /// Whether the problem was reported.
    said: bool,
    /// The words with which it refused to start again.
    refusal: Option<String>,
}

impl<'a> Scene<'a> {
    fn open(
        program: &'a Path,
        folder: &Path,
        (fault, seed): (&Fault, u64),
        receiver: &Receiver,
    ) -> anyhow::Result<Scene<'a>> {
        let size = match fault.kind {
            FaultKind::PowerCut { .. } => Some(DISK),
            FaultKind::TemporaryFault(TemporaryFault::DiskFull) => Some(SMALL),
            _ => None,
        };
        let disk = size.map(|bytes| Disk::make(folder, bytes)).transpose()?;
        let home = disk.as_ref().map_or_else(|| folder.join("home"), |it| it.path().to_owned());
        fs::create_dir_all(&home)?;
        prepare(&home, receiver)?;
        let shim = Shim::build(folder)?;
        if fault.is_control {
            shim.set(Setting::Unsynced, 1)?;
        }
        Ok(Scene {
            program,
            running: start(program, &home, &shim)?,
            home,
            shim,
            random: Random::for_purpose(seed, fault.name),
            disks: disk.into_iter().collect(),
            said: false,
            refusal: None,
        })
    }

    /// Starts it again after it ended.
    fn start(&mut self, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        self.running = start(self.program, &self.home, &self.shim)?;
        pusher.goes_to(&self.running.page);
        Ok(())
    }

    /// Starts it again on what the fault left.
    fn start_or_refuse(&mut self, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        match self.start(pusher) {
            // A program that could not be started did not refuse anything.
            Err(refusal) if !refusal.is::<std::io::Error>() => {
                let words = refusal.to_string();
                self.said |= names_the_file(&words);
                self.refusal = Some(words);
                Ok(())
            }
            started => started,
        }
    }

    fn strike(&mut self, kind: FaultKind, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        match kind {
            FaultKind::Kill => {
                pause(&mut self.random, 0, WITHIN);
                self.running.kill();
                Ok(())
            }
            FaultKind::PowerCut { .. } => {
                pause(&mut self.random, 0, WITHIN);
                kill_process(self.running.process(), Signal::STOP)?;
                let disk = self.disks.last().context("it was made")?;
                let cut = disk.after_a_power_cut();
                self.running.kill();
                let cut = cut?;
                cut.path().clone_into(&mut self.home);
                self.disks.push(cut);
                Ok(())
            }
            FaultKind::Damage(file, change) => {
                self.running.kill();
                self.damage(file, change)
            }
            FaultKind::TemporaryFault(fault) => self.cast(fault, pusher),
            FaultKind::Nats(_) => Ok(()),
        }
    }

    fn damage(&mut self, file: File, change: Change) -> anyhow::Result<()> {
        let data = self.home.join("data");
        let mut found = tree::entries(&data)?;
        found.extend(tree::entries(&data.join("wf_snapshots")).unwrap_or_default());
        found.retain(|path| {
            let name = path.strip_prefix(&data).unwrap_or(path).to_string_lossy();
            path.is_file() && file.is(&name) && fs::metadata(path).is_ok_and(|it| it.len() > 0)
        });
        found.sort();
        // A missing file cannot be damaged.
        if found.is_empty() {
            return Ok(());
        }
        let path = self.random.pick(&found);
        let mut bytes = fs::read(path)?;
        let place = self.random.below(bytes.len());
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

    /// Causes a fault while the process runs, and ends it.
    fn cast(&mut self, fault: TemporaryFault, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        match fault {
            TemporaryFault::DiskFull => {
                let Scene { disks, random, .. } = self;
                disks.last().context("it was made")?.fill(|| pause(random, 2_000, 3_000))?;
            }
            TemporaryFault::FailingWrites | TemporaryFault::FailingSyncs => {
                let times = 1 + i64::try_from(self.random.below(FAILURES))?;
                let is_write = fault == TemporaryFault::FailingWrites;
                let what = if is_write { Setting::FailingWrites } else { Setting::FailingSyncs };
                self.set_for(what, times, (1_000, 1_000))?;
            }
            TemporaryFault::SlowDisk => self.set_for(Setting::SlowSyncs, 300, (3_000, 3_000))?,
            TemporaryFault::Clock(seconds) => {
                self.set_for(Setting::Clock, seconds, (1_000, 1_000))?;
            }
            TemporaryFault::Suspended(seconds) => {
                kill_process(self.running.process(), Signal::STOP)?;
                pause(&mut self.random, 500, 1_000);
                self.shim.set(Setting::Slept, seconds)?;
                kill_process(self.running.process(), Signal::CONT)?;
            }
            TemporaryFault::OutOfMemory => {
                starve(self.running.process())?;
                self.running.kill();
                self.start(pusher)?;
            }
            TemporaryFault::Restarts(times) => {
                for _ in 0..times {
                    pause(&mut self.random, 0, 200);
                    self.running.kill();
                    self.start(pusher)?;
                }
            }
            TemporaryFault::Poison => self.poison(pusher)?,
        }
        Ok(())
    }

    /// Changes a setting of the shim for some milliseconds.
    fn set_for(&mut self, what: Setting, value: i64, time: (usize, usize)) -> anyhow::Result<()> {
        self.shim.set(what, value)?;
        pause(&mut self.random, time.0, time.1);
        self.shim.set(what, 0)
    }

    /// Pushes the article that ends the process, and starts the process again until the article is set aside.
    /// Then the article is made harmless and replayed.
    fn poison(&mut self, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        self.shim.set(Setting::Deadly, i64::try_from(DEADLY)?)?;
        let text = "quorvex ".repeat(DEADLY / 8);
        let poison = json!({
            "id": POISON, "outlet": "poison.example", "title": "Quorvex zimbular",
            "url": "https://poison.example/1", "text": format!("{text}vexed."),
        });
        // The process may end before it acknowledges the article.
        let _ = self.running.post("/api/v1/articles", &poison);
        for _ in 0..MOST_ENDS {
            self.running.until(|running| set_aside(running).is_some());
            if let Some(sequence) = set_aside(&self.running) {
                self.shim.set(Setting::Deadly, 0)?;
                return self.running.post(&format!("/api/v1/dead/{sequence}/replay"), &json!({}));
            }
            // It may end before its page is served.
            let _ = self.start(pusher);
        }
        bail!("the input that ends the process is not set aside")
    }

    /// Waits until all that was acknowledged has its effects, and compares them with those without a fault.
    fn examine(
        mut self,
        fault: &Fault,
        mut receiver: Receiver,
        (mut acknowledged, recovery): (Vec<String>, Option<f64>),
        (seed, control): (u64, &Control),
    ) -> anyhow::Result<Found> {
        if fault.kind == FaultKind::TemporaryFault(TemporaryFault::Poison) {
            acknowledged.push(POISON.to_owned());
        }
        let slept = match fault.kind {
            FaultKind::TemporaryFault(TemporaryFault::Suspended(seconds)) => Some(seconds),
            _ => None,
        };
        if let Some(seconds) = slept {
            // Alerts that became late during the sleep come in one message, some minutes later.
            self.shim.set(Setting::Slept, seconds + CATCH_UP)?;
        }
        wait_for_alerts(&mut self.running, &mut receiver, acknowledged.len(), control);
        let has_ended = !self.running.is_alive();
        let log = self.refusal.take().unwrap_or_else(|| self.running.output());
        self.running.terminate();
        receiver.receive();
        self.said |= complains(&log) || verify_complains(self.program, &self.home)?;
        let found = Found { said: self.said, recovery, log, ..Found::default() };
        // It found the damage and ended. If pages are damaged, even the examiner cannot read on. Both must have been reported.
        let output = match has_ended {
            true => None,
            false => Output::of(&self.home.join("data")).ok(),
        };
        let Some(output) = output else {
            let difference = Difference { lost: acknowledged, ..Difference::default() };
            return Ok(Found { difference, refused: true, ..found });
        };
        let slept =
            slept.map(|seconds| asleep(self.program, seed, &output, seconds)).transpose()?;
        let expected = slept.as_ref().unwrap_or(control);
        Ok(Found { difference: output.differs(&acknowledged, &receiver, expected), ..found })
    }
}

fn start(program: &Path, home: &Path, shim: &Shim) -> anyhow::Result<Running> {
    let mut up = command(program, home);
    up.envs(shim.environment());
    Running::start_as(up)
}

/// The expected result if the machine slept. The articles after the sleep came later, so they are other news.
/// The same articles are judged in a run in which the machine sleeps between the same two while it is idle.
fn asleep(program: &Path, seed: u64, output: &Output, seconds: i64) -> anyhow::Result<Control> {
    let folder = tempfile::tempdir()?;
    let shim = Shim::build(folder.path())?;
    let before = output.seen_before_a_gap_of(seconds);
    undisturbed(program, seed, Some((before, &shim, seconds)))
}

/// The sequence of the first dead letter.
fn set_aside(running: &Running) -> Option<u64> {
    running.json("/api/v1/dead").ok()?["dead"][0]["sequence"].as_u64()
}

/// The output and the alerts for the same articles without a fault. With `sleep`, the machine sleeps for this many
/// seconds after this many articles, once all their effects have happened.
pub(super) fn undisturbed(
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

/// Limits the memory of a process to its current size. An allocation then ends it.
pub(super) fn starve(process: Pid) -> anyhow::Result<()> {
    let path = format!("/proc/{}/statm", process.as_raw_nonzero());
    let pages: u64 = fs::read_to_string(path)?.split(' ').next().context("statm")?.parse()?;
    let most = pages * 4096;
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    prlimit(Some(process), Resource::As, limit)?;
    std::thread::park_timeout(Duration::from_secs(3));
    // A process that needs no more memory is killed, as the system would do.
    let _ = kill_process(process, Signal::KILL);
    Ok(())
}
