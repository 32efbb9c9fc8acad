//! One run: articles, the fault, the rest of the articles, the examination.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use super::disk::{Disk, unsynced};
use super::examine::{Difference, Output};
use super::fault::{Change, Deed, Fault, File};
use crate::commands::attack::running::{Running, command};
use crate::commands::bench::machine::Stopwatch;
use crate::commands::bench::news::News;

/// Articles of a run.
const ARTICLES: usize = 200;
/// The fault comes after at least so many, and at most so many more.
const BEFORE: usize = 60;
const MORE: u64 = 80;
/// The lengths of texts, in percent of 500 words.
const LENGTH: usize = 60;
/// A fault that strikes while articles come in does so within so many milliseconds.
const WITHIN: u64 = 400;
/// So often nothing may come, a twentieth of a second apart: what was in hand at a kill comes again after
/// five seconds.
const QUIET: u32 = 200;
/// A folder that stays empty: with nothing to watch at all, `up` shows the demo.
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

/// How a run ended.
pub(super) enum Outcome {
    Played(Found),
    /// This machine cannot do it, and why.
    Skipped(String),
}

/// What was found.
pub(super) struct Found {
    pub(super) difference: Difference,
    /// Whether somebody said that something is wrong: the log, `verify`, or the refusal to start.
    pub(super) said: bool,
    /// Whether it did not start again; then nothing else is known.
    pub(super) refused: bool,
    /// Seconds from the start to the first article taken.
    pub(super) recovery: f64,
}

/// The articles of a seed, in order.
fn articles(seed: u64) -> Vec<Value> {
    let mut news = News::new(seed, LENGTH);
    let made = (0..ARTICLES).map(|_| news.next());
    let pushed = made.enumerate().map(|(number, article)| {
        json!({
            "id": format!("{number:04}"), "outlet": article.host, "title": article.title,
            "url": format!("https://{}/{number}", article.host), "text": article.text(),
        })
    });
    pushed.collect()
}

fn id_of(article: &Value) -> String {
    article["id"].as_str().unwrap_or_default().to_owned()
}

/// The output of the same articles where nothing breaks.
pub(super) fn undisturbed(program: &Path, seed: u64) -> anyhow::Result<Output> {
    let folder = tempfile::tempdir()?;
    prepare(folder.path())?;
    let mut running = Running::start(program, folder.path())?;
    for article in articles(seed) {
        running.post("/api/v1/articles", &article)?;
    }
    settle(&mut running, ARTICLES);
    running.terminate();
    Output::of(&folder.path().join("data"))
}

fn prepare(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder.join("dropped"))?;
    fs::write(folder.join("wirefold.toml"), SETTINGS)?;
    // What is there before the fault is on the disk.
    let synced = Command::new("sync").arg("-f").arg(folder).status()?;
    anyhow::ensure!(synced.success(), "sync failed");
    Ok(())
}

/// Waits until so many articles are on the page, or no more come.
fn settle(running: &mut Running, articles: usize) {
    let mut quiet = 0;
    running.until(|running| {
        let Ok(status) = running.json("/api/v1/status") else { return false };
        quiet = if status["lag"] == 0 { quiet + 1 } else { 0 };
        status["articles"] == articles && status["lag"] == 0 || quiet > QUIET
    });
}

/// Plays a fault.
pub(super) fn play(
    program: &Path,
    fault: &Fault,
    seed: u64,
    control: &Output,
) -> anyhow::Result<Outcome> {
    let folder = tempfile::tempdir()?;
    let mut scene = Scene {
        program,
        home: folder.path().to_owned(),
        articles: articles(seed),
        acknowledged: Vec::new(),
        dice: Dice(seed.wrapping_mul(0x9e37_79b9) ^ fault.name.bytes().map(u64::from).sum::<u64>()),
        disks: Vec::new(),
    };
    if let Deed::PowerCut { .. } = fault.deed {
        match Disk::make(folder.path())? {
            Ok(disk) => {
                scene.home = disk.path().to_owned();
                scene.disks.push(disk);
            }
            Err(why) => return Ok(Outcome::Skipped(why)),
        }
    }
    prepare(&scene.home)?;
    scene.play(fault, folder.path(), control).map(Outcome::Played)
}

struct Scene<'a> {
    program: &'a Path,
    /// The folder that it runs in now.
    home: PathBuf,
    articles: Vec<Value>,
    acknowledged: Vec<String>,
    dice: Dice,
    /// Mounted while the scene lasts.
    disks: Vec<Disk>,
}

impl Scene<'_> {
    fn play(mut self, fault: &Fault, scratch: &Path, control: &Output) -> anyhow::Result<Found> {
        let mut up = command(self.program, &self.home);
        if fault.is_control() {
            up.env("LD_PRELOAD", unsynced(scratch)?);
        }
        let mut running = Running::start_as(up)?;
        let before = BEFORE + usize::try_from(self.dice.below(MORE))?;
        if let Deed::Damage(file, _) = fault.deed {
            // A snapshot is written when it stops, and the log has what came after.
            self.push(&running, before / 2)?;
            if file == File::Snapshot || self.dice.below(2) == 0 {
                running.terminate();
                running = Running::start(self.program, &self.home)?;
            }
        }
        self.push(&running, before)?;
        self.strike(fault, running)?;
        let mut said = self.verify_complains();
        let watch = Stopwatch::start();
        let mut again = match Running::start(self.program, &self.home) {
            Ok(again) => again,
            Err(refusal) => return Ok(self.refused(&refusal.to_string())),
        };
        let first = self.acknowledged.len();
        let taken = self.push(&again, first + 1);
        let recovery = watch.elapsed().as_secs_f64();
        if taken.and_then(|()| self.push(&again, self.articles.len())).is_err() {
            // It met the damage and ended: loudly, or not.
            return Ok(Found { said: said || complains(&again.said()), ..self.refused("") });
        }
        settle(&mut again, self.articles.len());
        said |= complains(&again.said());
        again.terminate();
        said |= self.verify_complains();
        // Where pages are damaged not even the examiner reads on; `verify` must have said so.
        let Ok(output) = Output::of(&self.home.join("data")) else {
            return Ok(Found { said, ..self.refused("") });
        };
        let difference = output.differs(&self.acknowledged, control);
        Ok(Found { difference, said, refused: false, recovery })
    }

    fn refused(&self, words: &str) -> Found {
        // It must name the file that it cannot read.
        let said = words.contains("bus.sqlite") || words.contains("gateway.db");
        let lost = self.acknowledged.clone();
        let difference = Difference { lost, ..Difference::default() };
        Found { difference, said, refused: true, recovery: 0.0 }
    }

    /// Pushes until so many are acknowledged.
    fn push(&mut self, running: &Running, until: usize) -> anyhow::Result<()> {
        for article in &self.articles[self.acknowledged.len()..until.min(self.articles.len())] {
            running.post("/api/v1/articles", article)?;
            self.acknowledged.push(id_of(article));
        }
        Ok(())
    }

    fn strike(&mut self, fault: &Fault, running: Running) -> anyhow::Result<()> {
        match fault.deed {
            Deed::Kill => {
                self.meanwhile(running, Running::kill);
                Ok(())
            }
            Deed::PowerCut { .. } => {
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
            Deed::Damage(file, change) => {
                running.kill();
                self.damage(file, change)
            }
        }
    }

    /// Strikes while another thread pushes on.
    fn meanwhile<T>(&mut self, running: Running, strike: impl FnOnce(Running) -> T) -> T {
        let wait = Duration::from_millis(self.dice.below(WITHIN));
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
        // Where there is no such file nothing can happen to it.
        if found.is_empty() {
            return Ok(());
        }
        let path = &found[usize::try_from(self.dice.below(found.len() as u64))?];
        let mut bytes = fs::read(path)?;
        let place = usize::try_from(self.dice.below(bytes.len() as u64))?;
        match change {
            Change::Flip => bytes[place] ^= 1 << self.dice.below(8),
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

    /// Whether `verify` finds anything.
    fn verify_complains(&self) -> bool {
        let verify = command(self.program, &self.home).args(["verify", "--quiet"]).output();
        verify.is_ok_and(|output| !output.status.success())
    }
}

/// Whether a log says that something is not as it was.
fn complains(log: &str) -> bool {
    ["went back in time", "is passed over", "put aside", "damaged"]
        .iter()
        .any(|it| log.contains(it))
}

/// Draws from a seed.
struct Dice(u64);

impl Dice {
    /// A number below this one, by SplitMix64 (Steele, Lea, Flood 2014).
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % most.max(1)
    }
}
