//! `cargo xtask attack`: tries on the real binary what one hostile feed or client can do to others.
//!
//! Each attack is a file in `attacks`. It runs against `wirefold up` in its own folder, with a feed of the
//! victim beside the hostile one. The articles and alerts of the victim are compared with those of a control
//! run without an attack.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{bail, ensure};

mod attacks;
#[path = "../../../../tests/pipeline/loopback.rs"]
mod loopback;
pub(crate) mod receiver;
mod scene;
mod victim;

use scene::{Attack, RunResult};

use crate::table::Table;
use crate::tree;

/// The arguments of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; without a name, all.
    names: Vec<String>,
    /// List the attacks and run none.
    #[arg(long)]
    list: bool,
    /// The binary to attack; without it, `target/debug/wirefold` is built and attacked.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// How much later than in the control run the victim's news may come, in seconds. Its feed is polled every
/// second or two.
const LATER: f64 = 5.0;

/// Runs the attacks in turn and prints one table. Fails if one succeeds.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let chosen = chosen(&arguments.names)?;
    if arguments.list {
        let mut table = Table::new(&["attack", "tries to"]);
        chosen.iter().for_each(|attack| table.row([attack.name, attack.aim]));
        write!(std::io::stdout(), "{table}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => built()?,
    };
    let head = ["attack", "tries to", "outcome", "the victim", "news after", "peak", "took"];
    let mut table = Table::new(&head);
    let control = scene::play(&program, &Attack::NONE)?;
    ensure!(
        control.effects.is_whole(),
        "the victim's news came not even alone: {:#?}",
        control.effects
    );
    row(&mut table, &Attack::NONE, &control, &control);
    let mut faults = String::new();
    for attack in chosen {
        writeln!(std::io::stderr(), "{} …", attack.name)?;
        let result = scene::play(&program, attack)?;
        row(&mut table, attack, &result, &control);
        for fault in faults_of(&result, &control) {
            faults += &format!("NOT HELD: {}: {fault}\n", attack.name);
        }
        if let Some(weaken) = attack.weakened {
            let weakened = Attack { aim: "the same, without what stops it", ..weaken(*attack) };
            let without = scene::play(&program, &weakened)?;
            row(&mut table, &weakened, &without, &control);
            if faults_of(&without, &control).is_empty() {
                faults += &format!("SHOWS NOTHING: {}: nothing had to stop it\n", attack.name);
            }
        }
    }
    write!(std::io::stdout(), "{table}\n{faults}")?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Attack>> {
    for name in names {
        if !attacks::ALL.iter().any(|attack| attack.name == name) {
            bail!("no attack {name:?}: `cargo xtask attack --list` names them");
        }
    }
    let is_chosen = |attack: &&Attack| names.is_empty() || names.iter().any(|it| it == attack.name);
    Ok(attacks::ALL.iter().copied().filter(is_chosen).collect())
}

/// Builds the product in a debug build.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "-p", "wirefold"]).current_dir(tree::root());
    ensure!(build.status()?.success(), "wirefold does not build");
    Ok(tree::root().join("target/debug/wirefold"))
}

/// The problems that the attack and the victim found.
fn faults_of(result: &RunResult, control: &RunResult) -> Vec<String> {
    let mut faults = result.faults.clone();
    if !result.is_alive {
        faults.push("the process ended".to_owned());
    }
    if let Some(difference) = result.effects.difference(&control.effects, result.only_alerts) {
        faults.push(format!("the victim's {difference}"));
    }
    if result.effects.delay > control.effects.delay + LATER {
        faults.push(format!("the victim's news came after {:.1} s", result.effects.delay));
    }
    if result.peak > control.peak + result.more_memory {
        faults.push(format!("{} MB of memory", result.peak >> 20));
    }
    faults
}

fn row(table: &mut Table, attack: &Attack, result: &RunResult, control: &RunResult) {
    let outcome = match faults_of(result, control).is_empty() {
        _ if attack.name == Attack::NONE.name => "-",
        true => "held",
        false => "NOT HELD",
    };
    let effects = match result.effects.difference(&control.effects, result.only_alerts) {
        None => "as alone",
        Some(_) => "felt it",
    };
    table.row([
        attack.name.to_owned(),
        attack.aim.to_owned(),
        outcome.to_owned(),
        effects.to_owned(),
        format!("{:.1} s", result.effects.delay),
        format!("{} MB", result.peak >> 20),
        format!("{:.1} s", result.took),
    ]);
}
