//! `cargo xtask fuzz`: runs every parser of untrusted input on mutated bytes, a minute each.
//!
//! It is a loop of its own and not libFuzzer, which needs a nightly compiler and a C++ compiler: this runs
//! wherever the project builds. It sees no coverage. Instead it stores an input if the kind of its *result* is new (how many items, which problems, which
//! error), and mutates it further. Each target runs in a process of its own, so that a stack overflow is
//! found too: the input is written to a file before it is tried.

mod checks;
mod mutate;
mod targets;

use std::collections::{BTreeSet, HashSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail};

use crate::machine::Stopwatch;
use crate::tree;
use mutate::mutated;
use targets::{Target, targets};
use wirefold_score::Random;

/// An input that takes longer is a finding. The build is not optimised.
const SLOW: Duration = Duration::from_secs(5);
/// An input that never ends is killed this long after the time is over.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest input, in bytes.
const LARGEST: usize = 64 * 1024;
/// The most inputs that are stored for mutation.
const MAX_STORED: usize = 4000;

/// The arguments of `fuzz`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The targets: `feed`, `html`, `robots`, `url`, `opml`, `selector`, `date`, `query`, `text`, `message`,
    /// `snapshot`, `answer`, `api`; all of them by default.
    targets: Vec<String>,
    /// How long each runs, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The start of the random numbers: the same seed makes the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs one target in this process.
    #[arg(long, hide = true)]
    child: bool,
}

/// Runs the targets in turn.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let all = || targets().map(|target| target.name.to_owned());
    let named: Vec<String> = match arguments.targets.as_slice() {
        [] => all().collect(),
        named => named.to_vec(),
    };
    let mut is_clean = true;
    for name in named {
        let Some(target) = targets().find(|target| target.name == name) else {
            bail!("no target {name}: there are {}", all().collect::<Vec<_>>().join(", "));
        };
        if arguments.child {
            return fuzz(target, arguments);
        }
        is_clean &= run_in_child(target, arguments)?;
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a target in a process of its own and stores an input that kills it.
fn run_in_child(target: &Target, arguments: &Arguments) -> anyhow::Result<bool> {
    // The server of target `api`. It belongs to this process, so that it ends when the child does.
    let up = if target.name == "api" { Some(checks::up()?) } else { None };
    let mut child = Command::new(std::env::current_exe()?)
        .args(["fuzz", target.name, "--child"])
        .envs(up.iter().map(|(up, _)| (checks::PAGE, &up.page)))
        .args(["--seconds", &arguments.seconds.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .spawn()?;
    // An endless loop never reports.
    let longest = Duration::from_secs(arguments.seconds) + PATIENCE;
    let watch = Stopwatch::start();
    while child.try_wait()?.is_none() && watch.elapsed() < longest {
        std::thread::park_timeout(Duration::from_millis(200));
    }
    let _ = child.kill();
    let status = child.wait()?;
    if status.success() {
        return Ok(true);
    }
    let current = current(target)?;
    let kept = current.with_file_name(format!("crash-{}", arguments.seed));
    std::fs::copy(&current, &kept).with_context(|| format!("keep {}", current.display()))?;
    let said = format!(
        "{}: {status}; the input is {}: make it a test of the crate, then mend the crate",
        target.name,
        kept.display()
    );
    say(&said)?;
    if let Some((up, _)) = &up {
        say(&up.output())?;
    }
    Ok(false)
}

fn fuzz(target: &Target, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let current = current(target)?;
    let mut random = Random::for_purpose(arguments.seed, target.name);
    let mut kept: Vec<Vec<u8>> = (target.seeds)(&tree::root());
    kept.iter_mut().for_each(|seed| seed.truncate(LARGEST));
    let seeds = kept.len();
    let (mut answers, mut slowest) = (HashSet::new(), Duration::ZERO);
    let (mut tried, watch) = (0_u64, Stopwatch::start());
    let seeds_first = kept.clone().into_iter();
    let mut first: Vec<Vec<u8>> = seeds_first.rev().collect();
    while watch.elapsed() < Duration::from_secs(arguments.seconds) {
        let input = first.pop().unwrap_or_else(|| {
            let mut input = mutated(&kept, target.words, &mut random);
            input.truncate(LARGEST);
            input
        });
        std::fs::write(&current, &input)?;
        let one = Stopwatch::start();
        let answer = (target.run)(&input);
        slowest = slowest.max(one.elapsed());
        if slowest > SLOW {
            bail!("{}: an input of {} bytes takes {slowest:?}", target.name, input.len());
        }
        if answers.insert(answer) && kept.len() < MAX_STORED {
            kept.push(input);
        }
        tried += 1;
    }
    let (rate, slowest) = (tried / arguments.seconds.max(1), slowest.as_millis());
    say(&format!(
        "{}: {tried} inputs from {seeds} seeds ({rate} a second), {} kinds of answers, the slowest \
         took {slowest} ms, 0 crashes",
        target.name,
        answers.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The file with the input that is being tried.
fn current(target: &Target) -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let built = program.parent().and_then(Path::parent).context("no folder of what is built")?;
    let folder = built.join("fuzz").join(target.name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join("current"))
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// The files below a folder of the acceptance data. None if it is absent.
fn files(root: &Path, folder: &str, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut folders = vec![root.join(folder)];
    let mut found = BTreeSet::new();
    while let Some(one) = folders.pop() {
        for entry in std::fs::read_dir(one).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && wanted(&path) => {
                    found.insert(path);
                }
                _ => {}
            }
        }
    }
    found.into_iter().collect()
}
