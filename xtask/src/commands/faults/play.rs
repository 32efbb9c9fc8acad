//! One run: articles, the fault, the rest of the articles, the examination. Here are kills, power cuts and damaged
//! files; other faults have runs of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Signal, kill_process};
use serde_json::Value;

use super::complaints::{complains, names_the_file, verify_complains};
use super::disk::{DISK, Disk};
use super::examine::{Control, Difference, Output};
use super::fault::{Change, Fault, FaultKind, File};
use super::found::{Found, Outcome};
use super::home::prepare;
use super::pusher::{BEFORE, MORE, articles, id_of, wait_for_alerts};
use super::random::RunRandom;
use super::shim::{Setting, Shim};
use super::{Programs, nats, temporary};
use crate::commands::faults::receiver::Receiver;
use crate::machine::Stopwatch;
use crate::running::{Running, command};

/// A fault while articles arrive comes within this many milliseconds.
const WITHIN: u64 = 400;

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
