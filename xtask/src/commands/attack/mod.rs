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
pub(crate) mod running;
mod scene;
mod victim;

use scene::{Attack, Seen};

use crate::table::Table;
use crate::tree;

/// Which attacks.
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

/// The victim's news may come so much later than in the control run, in seconds. Its feed is polled
/// every second or two.
const LATER: f64 = 5.0;

/// Runs them one after the other and prints one table. Fails where one is not held.
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
    ensure!(control.felt.is_whole(), "the victim's news came not even alone: {:#?}", control.felt);
    row(&mut table, &Attack::NONE, &control, &control);
    let mut faults = String::new();
    for attack in chosen {
        writeln!(std::io::stderr(), "{} …", attack.name)?;
        let seen = scene::play(&program, attack)?;
        row(&mut table, attack, &seen, &control);
        for fault in faults_of(&seen, &control) {
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

/// The debug build of the product.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "-p", "wirefold"]).current_dir(tree::root());
    ensure!(build.status()?.success(), "wirefold does not build");
    Ok(tree::root().join("target/debug/wirefold"))
}

/// What did not hold: in the attack's own view, and in the victim's.
fn faults_of(seen: &Seen, control: &Seen) -> Vec<String> {
    let mut faults = seen.faults.clone();
    if !seen.is_alive {
        faults.push("the process ended".to_owned());
    }
    if let Some(difference) = seen.felt.difference(&control.felt, seen.only_alerts) {
        faults.push(format!("the victim's {difference}"));
    }
    if seen.felt.delay > control.felt.delay + LATER {
        faults.push(format!("the victim's news came after {:.1} s", seen.felt.delay));
    }
    if seen.peak > control.peak + seen.more_memory {
        faults.push(format!("{} MB of memory", seen.peak >> 20));
    }
    faults
}

fn row(table: &mut Table, attack: &Attack, seen: &Seen, control: &Seen) {
    let outcome = match faults_of(seen, control).is_empty() {
        _ if attack.name == Attack::NONE.name => "-",
        true => "held",
        false => "NOT HELD",
    };
    let felt = match seen.felt.difference(&control.felt, seen.only_alerts) {
        None => "as alone",
        Some(_) => "felt it",
    };
    table.row([
        attack.name.to_owned(),
        attack.aim.to_owned(),
        outcome.to_owned(),
        felt.to_owned(),
        format!("{:.1} s", seen.felt.delay),
        format!("{} MB", seen.peak >> 20),
        format!("{:.1} s", seen.took),
    ]);
}
