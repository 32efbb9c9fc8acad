//! `cargo xtask fuzz`: runs every parser of untrusted input on mutated bytes, a minute each.
//!
//! It is a loop of its own and not libFuzzer, which needs a nightly compiler and a C++ compiler: this runs
//! wherever the project builds. It sees no coverage. Instead it stores an input if the outline of its *result* is
//! new (which fields and errors, how large the numbers), and mutates it further. Each target runs in a process of
//! its own, so that a stack overflow is found too: the input is written to a file before it is tried.
//! `xtask/fuzz.json` has the tokens and first inputs of each target.

mod targets;

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, bail};
use clap::builder::PossibleValuesParser;
use serde::Deserialize;
use wirefold_score::Random;

use crate::machine::{Stopwatch, poll};
use crate::running::Process;
use crate::tree;
use targets::{PAGE, TARGETS, Target};

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
    #[arg(value_parser = PossibleValuesParser::new(TARGETS.map(|(name, _)| name)))]
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

/// The material of a target's inputs.
#[derive(Deserialize)]
struct Material {
    /// Tokens of the format.
    tokens: Vec<String>,
    /// The first inputs.
    #[serde(default)]
    seeds: Vec<String>,
    /// Folders with more of them, and the end of their files' names.
    #[serde(default)]
    files: Vec<(String, String)>,
    /// The size of the files, in bytes; larger ones are left out.
    most: Option<u64>,
}

/// Runs the targets in turn.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let is_chosen =
        |name: &str| arguments.targets.is_empty() || arguments.targets.iter().any(|it| it == name);
    let mut is_clean = true;
    for target in TARGETS.iter().filter(|(name, _)| is_chosen(name)) {
        if arguments.child {
            return fuzz(target, arguments);
        }
        is_clean &= run_in_child(target, arguments)?;
    }
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a target in a process of its own and stores an input that kills it.
fn run_in_child((name, _): &Target, arguments: &Arguments) -> anyhow::Result<bool> {
    // The server of target `api`. It belongs to this process, so that it ends when the child does.
    let up = if *name == "api" { Some(targets::up()?) } else { None };
    let child = Command::new(std::env::current_exe()?)
        .args(["fuzz", name, "--child", "--seconds", &arguments.seconds.to_string()])
        .args(["--seed", &arguments.seed.to_string()])
        .envs(up.iter().map(|(up, _)| (PAGE, &up.page)))
        .spawn()?;
    // An endless loop never reports.
    let longest = Duration::from_secs(arguments.seconds) + PATIENCE;
    let mut child = Process(child);
    poll(longest, || child.0.try_wait().ok().flatten());
    child.kill();
    let status = child.0.wait()?;
    if status.success() {
        return Ok(true);
    }
    let current = current(name)?;
    let kept = current.with_file_name(format!("crash-{}", arguments.seed));
    std::fs::copy(&current, &kept).with_context(|| format!("keep {}", current.display()))?;
    let kept = kept.display();
    super::say(&format!(
        "{name}: {status}; the input is {kept}: make it a test of the crate, then mend the crate\n{}\n",
        up.map(|(up, _)| up.output()).unwrap_or_default()
    ))?;
    Ok(false)
}

fn fuzz((name, run): &Target, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let current = current(name)?;
    let mut random = Random::for_purpose(arguments.seed, name);
    let material = material(name)?;
    let mut kept = first_inputs(name, &material, &tree::root());
    let mut first: Vec<Vec<u8>> = kept.iter().rev().cloned().collect();
    let seeds = kept.len();
    let (mut outlines, mut slowest) = (HashSet::new(), Duration::ZERO);
    let (mut tried, watch) = (0_u64, Stopwatch::start());
    while watch.elapsed() < Duration::from_secs(arguments.seconds) {
        let mut input =
            first.pop().unwrap_or_else(|| mutated(&kept, &material.tokens, &mut random));
        input.truncate(LARGEST);
        std::fs::write(&current, &input)?;
        let one = Stopwatch::start();
        let answer = run(&input);
        slowest = slowest.max(one.elapsed());
        if slowest > SLOW {
            bail!("{name}: an input of {} bytes takes {slowest:?}", input.len());
        }
        if outlines.insert(outline(&answer)) && kept.len() < MAX_STORED {
            kept.push(input);
        }
        tried += 1;
    }
    let (rate, slowest) = (tried / arguments.seconds.max(1), slowest.as_millis());
    super::say(&format!(
        "{name}: {tried} inputs from {seeds} seeds ({rate} a second), {} outlines of results, the slowest took \
         {slowest} ms, 0 crashes\n",
        outlines.len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The file with the input that is being tried.
fn current(name: &str) -> anyhow::Result<PathBuf> {
    let folder = tree::builds()?.join("fuzz").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join("current"))
}

fn material(name: &str) -> anyhow::Result<Material> {
    let mut all: BTreeMap<String, Material> =
        serde_json::from_str(include_str!("../../../fuzz.json")).context("fuzz.json")?;
    all.remove(name).with_context(|| format!("fuzz.json has no {name}"))
}

/// The first inputs of a target. Those of the acceptance data are left out where it is absent.
fn first_inputs(name: &str, material: &Material, root: &Path) -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> =
        material.seeds.iter().map(|seed| seed.clone().into_bytes()).collect();
    if name == "snapshot" {
        inputs = targets::snapshots();
    }
    for (folder, ending) in &material.files {
        let files = files(&root.join(folder), ending, material.most.unwrap_or(u64::MAX));
        inputs.extend(files.iter().filter_map(|path| std::fs::read(path).ok()));
    }
    inputs
}

/// The outline of a result: its letters outside quotation marks, how many digits its numbers have, and its size.
fn outline(result: &str) -> u64 {
    let bare: String = result.split('"').step_by(2).take(200).collect();
    let marks = bare.chars().filter(|it| !it.is_whitespace());
    let marks = marks.map(|it| if it.is_numeric() { '0' } else { it }).take(600);
    let mut hasher = DefaultHasher::new();
    (marks.collect::<String>(), result.len().checked_ilog2()).hash(&mut hasher);
    hasher.finish()
}

/// The files of a folder and those below it, in order.
fn files(folder: &Path, ending: &str, most: u64) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in tree::entries(folder).unwrap_or_default() {
        if path.is_dir() {
            found.extend(files(&path, ending, most));
        } else if path.to_string_lossy().ends_with(ending)
            && path.metadata().is_ok_and(|about| about.len() < most)
        {
            found.push(path);
        }
    }
    found
}

/// A new input from one or two stored ones: changes, repeats, nests and crosses bytes and pieces.
fn mutated(kept: &[Vec<u8>], tokens: &[String], random: &mut Random) -> Vec<u8> {
    let mut input = if kept.is_empty() { Vec::new() } else { random.pick(kept).clone() };
    for _ in 0..random.within(1..6) {
        let place = piece(&input, random);
        let token = random.pick(tokens).as_bytes();
        let (new, replaced) = match random.below(8) {
            0 => (Vec::new(), place),
            1 => (token.to_vec(), place),
            2 | 3 => (token.to_vec(), place.start..place.start),
            // Nesting and other repetition.
            4 => (token.repeat(*random.pick(&[10, 100, 1000, 3000])), place.start..place.start),
            5 => (input[place.clone()].repeat(random.within(1..20)), place),
            6 => {
                let byte = *random.pick(b"\0\t\n\r &<>\"'\x7f\x80\xbf\xc0\xe2\xed\xf4\xfe\xff");
                (vec![byte], place.start..input.len().min(place.start + 1))
            }
            _ if kept.is_empty() => continue,
            _ => {
                let other = random.pick(kept);
                (other[piece(other, random)].to_vec(), place.start..input.len())
            }
        };
        input.splice(replaced, new);
    }
    input
}

/// A piece of an input, mostly a short one.
fn piece(input: &[u8], random: &mut Random) -> Range<usize> {
    let start = random.below(input.len() + 1);
    let most = if random.chance(80) { 40 } else { input.len() + 1 };
    start..(start + random.below(most)).min(input.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_material_and_takes_its_first_inputs() {
        for (name, run) in TARGETS.iter().filter(|(name, _)| *name != "api") {
            let material = material(name).unwrap();
            assert!(!material.tokens.is_empty(), "{name}");
            let inputs = first_inputs(name, &material, &tree::root());
            let results: Vec<String> = inputs.iter().take(3).map(|input| run(input)).collect();
            assert!(!results.is_empty() || *name == "html", "{name}");
        }
    }

    #[test]
    fn an_outline_has_fields_and_magnitudes_but_no_texts() {
        let one = outline("Item { title: \"Ferry\", words: 17 }");
        assert_eq!(outline("Item { title: \"Trams\", words: 23 }"), one);
        assert_ne!(outline("Item { title: \"Trams\", words: 234 }"), one);
        assert_ne!(outline("Feed { title: \"Ferry\", words: 17 }"), one);
    }
}
