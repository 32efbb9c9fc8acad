//! Temporary faults while one process runs: a full disk, failing writes, a wrong clock, a sleeping machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::bail;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use super::complaints::{complains, verify_complains};
use super::disk::Disk;
use super::examine::{Control, Output};
use super::fault::{Fault, TemporaryFault};
use super::found::{Found, Outcome};
use super::home::prepare;
use super::memory::starve;
use super::pusher::{BEFORE, MORE, Pusher, articles, wait_for_alerts};
use super::random::RunRandom;
use super::shim::{Setting, Shim};
use super::undisturbed::undisturbed_but;
use crate::commands::faults::receiver::Receiver;
use crate::running::{Running, command};

/// The size of a disk that is soon full.
const SMALL: u64 = 64 << 20;
/// The most writes or syncs that fail.
const FAILURES: u64 = 20;

/// Late alerts are collected for less than this many seconds.
const CATCH_UP: i64 = 600;

/// The id and the size of the article that ends the process.
const POISON: &str = "poison";
const DEADLY: usize = 7_998;
/// The most times that it may end the process.
const MOST_ENDS: usize = 20;

/// Runs a temporary fault.
pub(super) fn play(
    program: &Path,
    (fault, temporary_fault): (&Fault, TemporaryFault),
    seed: u64,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let (mut home, mut disk) = (folder.path().join("home"), None);
    fs::create_dir(&home)?;
    if temporary_fault == TemporaryFault::DiskFull {
        match Disk::make(folder.path(), SMALL)? {
            Ok(made) => {
                home = made.path().to_owned();
                disk = Some(made);
            }
            Err(why) => return Ok(Outcome::Skipped(why)),
        }
    }
    let (mut receiver, shim) = (Receiver::open(), Shim::build(folder.path())?);
    prepare(&home, &receiver)?;
    let mut casting = TemporaryFaultRun {
        program,
        running: start(program, &home, &shim)?,
        home,
        shim,
        random: RunRandom::new(seed, fault.name),
    };
    let articles = articles(seed);
    let before = BEFORE + usize::try_from(casting.random.below(MORE))?;
    let pusher = Pusher::new(&casting.running.page, &articles);
    let recovery = std::thread::scope(|scope| {
        scope.spawn(|| pusher.push());
        let struck = pusher.wait_for(before).and_then(|()| casting.cast(temporary_fault, &pusher));
        if struck.is_err() {
            pusher.stop();
        }
        struck.map(|()| pusher.recovery(&mut casting.running, control))
    })?;
    let mut acknowledged = pusher.acknowledged();
    if temporary_fault == TemporaryFault::Poison {
        acknowledged.push(POISON.to_owned());
    }
    if let TemporaryFault::Suspended(seconds) = temporary_fault {
        // Alerts that became late during the sleep come in one message, some minutes later.
        casting.shim.set(Setting::Slept, seconds + CATCH_UP)?;
    }
    wait_for_alerts(&mut casting.running, &mut receiver, acknowledged.len(), control);
    let log = casting.running.output();
    casting.running.terminate();
    receiver.receive();
    let said = complains(&log) || verify_complains(program, &casting.home)?;
    let output = Output::of(&casting.home.join("data"))?;
    let slept = match temporary_fault {
        TemporaryFault::Suspended(seconds) => Some(asleep(program, seed, &output, seconds)?),
        _ => None,
    };
    let difference = output.differs(&acknowledged, &receiver, slept.as_ref().unwrap_or(control));
    drop(disk);
    let found = Found { difference, said, recovery, log, ..Found::default() };
    Ok(Outcome::Played(Box::new(found)))
}

/// The expected result if the machine slept. The articles after the sleep came later, so they are other news.
/// The same articles are judged in a run in which the machine sleeps between the same two while it is idle.
fn asleep(program: &Path, seed: u64, output: &Output, seconds: i64) -> anyhow::Result<Control> {
    let folder = tempfile::tempdir()?;
    let shim = Shim::build(folder.path())?;
    let before = output.seen_before_a_gap_of(seconds);
    undisturbed_but(program, seed, Some((before, &shim, seconds)))
}

fn start(program: &Path, home: &Path, shim: &Shim) -> anyhow::Result<Running> {
    let mut up = command(program, home);
    up.envs(shim.environment());
    Running::start_as(up)
}

struct TemporaryFaultRun<'a> {
    program: &'a Path,
    home: PathBuf,
    running: Running,
    shim: Shim,
    random: RunRandom,
}

impl TemporaryFaultRun<'_> {
    fn cast(&mut self, temporary_fault: TemporaryFault, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        match temporary_fault {
            TemporaryFault::DiskFull => self.fill_disk()?,
            TemporaryFault::FailingWrites => self.fail(Setting::FailingWrites)?,
            TemporaryFault::FailingSyncs => self.fail(Setting::FailingSyncs)?,
            TemporaryFault::SlowDisk => {
                self.shim.set(Setting::SlowSyncs, 300)?;
                self.wait(3_000, 3_000);
                self.shim.set(Setting::SlowSyncs, 0)?;
            }
            TemporaryFault::Clock(seconds) => {
                self.shim.set(Setting::Clock, seconds)?;
                self.wait(1_000, 1_000);
                self.shim.set(Setting::Clock, 0)?;
            }
            TemporaryFault::Suspended(seconds) => {
                kill_process(self.running.process(), Signal::STOP)?;
                self.wait(500, 1_000);
                self.shim.set(Setting::Slept, seconds)?;
                kill_process(self.running.process(), Signal::CONT)?;
            }
            TemporaryFault::OutOfMemory => {
                starve(self.running.process())?;
                self.restart(pusher)?;
            }
            TemporaryFault::Restarts(times) => {
                for _ in 0..times {
                    self.wait(0, 200);
                    self.restart(pusher)?;
                }
            }
            TemporaryFault::Poison => self.poison(pusher)?,
        }
        Ok(())
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
            if let Ok(running) = start(self.program, &self.home, &self.shim) {
                self.running = running;
                pusher.goes_to(&self.running.page);
            }
        }
        bail!("the input that ends the process is not set aside")
    }

    fn wait(&mut self, least: u64, more: u64) {
        std::thread::park_timeout(Duration::from_millis(least + self.random.below(more)));
    }

    fn fail(&mut self, what: Setting) -> anyhow::Result<()> {
        let times = 1 + i64::try_from(self.random.below(FAILURES))?;
        self.shim.set(what, times)?;
        self.wait(1_000, 1_000);
        self.shim.set(what, 0)
    }

    fn fill_disk(&mut self) -> anyhow::Result<()> {
        let ballast = self.home.join("ballast");
        // Until the disk is full.
        let _ = Command::new("dd")
            .args(["if=/dev/zero", "bs=4k", "status=none"])
            .arg(format!("of={}", ballast.display()))
            .stderr(Stdio::null())
            .status();
        self.wait(2_000, 3_000);
        Ok(fs::remove_file(ballast)?)
    }

    /// Kills it and starts it again.
    fn restart(&mut self, pusher: &Pusher<'_>) -> anyhow::Result<()> {
        let _ = kill_process(self.running.process(), Signal::KILL);
        self.running.until(|_| false);
        self.running = start(self.program, &self.home, &self.shim)?;
        pusher.goes_to(&self.running.page);
        Ok(())
    }
}

/// The sequence of the first dead letter.
fn set_aside(running: &Running) -> Option<u64> {
    running.json("/api/v1/dead").ok()?["dead"][0]["sequence"].as_u64()
}
