//! `cargo xtask build-time`: measures the two commands of the README from a cold start, and a build after one
//! change. It builds in a folder of its own and removes it afterwards.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::machine::{Stopwatch, cores, load, processor_seconds_of_children};
use crate::table::Table;
use crate::tree;

/// The arguments of `build-time`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The checkout to build; this one by default.
    #[arg(long, value_name = "DIR")]
    checkout: Option<PathBuf>,
    /// The folder for the build, in a subfolder that is removed again (2 GB); the temporary folder by
    /// default.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// A build of a checkout.
struct Build {
    checkout: PathBuf,
    target: TempDir,
    table: Table,
}

/// The time of a command.
struct CommandTimes {
    wall: f64,
    /// The processor time of all its processes, in seconds.
    processor: f64,
}

/// Builds, and prints a table of the times.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let parent = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let mut build = Build {
        checkout: arguments.checkout.clone().unwrap_or_else(tree::root),
        target: tempfile::Builder::new().prefix("build-time-").tempdir_in(parent)?,
        table: Table::new(&["command", "seconds", "processor seconds", "goal"]),
    };
    let load_before = load();
    let fetched = build.cargo(&["fetch", "--locked"]).status()?;
    ensure!(fetched.success(), "the dependencies cannot be had");
    build.first_output()?;
    build.ready()?;
    for changed in ["crates/wirefold/src/main.rs", "crates/text/src/lib.rs"] {
        build.after_a_change(changed)?;
    }
    writeln!(io::stdout(), "{}", build.table)?;
    let rustc = Command::new("rustc").arg("--version").output()?.stdout;
    writeln!(
        io::stdout(),
        "{} cores, load {load_before:.1} before and {:.1} after, {}",
        cores(),
        load(),
        String::from_utf8_lossy(&rustc).trim()
    )?;
    Ok(ExitCode::SUCCESS)
}

impl Build {
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(&self.checkout);
        cargo.env("CARGO_TARGET_DIR", self.target.path());
        cargo
    }

    /// Runs README's first command until the first byte of its output.
    fn first_output(&mut self) -> anyhow::Result<()> {
        let arguments = ["run", "--release", "--locked", "--", "fold", "seeds/articles.jsonl"];
        let clock = Clock::start()?;
        let mut child = self.cargo(&arguments).stdout(Stdio::piped()).spawn()?;
        let mut output = child.stdout.take().context("its output is piped")?;
        let mut rest = vec![0];
        output.read_exact(&mut rest).context("fold printed nothing")?;
        let wall = clock.wall();
        output.read_to_end(&mut rest)?;
        ensure!(child.wait()?.success(), "fold failed");
        let times = CommandTimes { wall, ..clock.times()? };
        self.note("cargo run --release -- fold …: first output", &times, "120");
        Ok(())
    }

    /// Runs README's second command until the line with the address of the page.
    fn ready(&mut self) -> anyhow::Result<()> {
        let data = self.target.path().join("data");
        let ports = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0", "--data"];
        let mut command = self.cargo(&["run", "--release", "--locked", "--", "up"]);
        let clock = Clock::start()?;
        let mut child =
            command.args(ports).arg(data).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let compiled = compiled_until_ready(&mut child);
        let wall = clock.wall();
        // Cargo has become the program, which deletes the files of the demo on this signal.
        Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
        child.wait()?;
        let compiled = compiled?;
        ensure!(compiled == 0, "the second command compiled {compiled} crates anew");
        let times = CommandTimes { wall, ..clock.times()? };
        self.note("then cargo run --release -- up: ready", &times, "240, with the first");
        Ok(())
    }

    /// Builds after a change of this file.
    fn after_a_change(&mut self, path: &str) -> anyhow::Result<()> {
        let file = File::options().write(true).open(self.checkout.join(path));
        let file = file.with_context(|| path.to_owned())?;
        let written = file.metadata()?.modified()?;
        file.set_modified(now())?;
        let clock = Clock::start()?;
        let built = self.cargo(&["build", "--release", "--locked", "--quiet"]).status();
        let times = clock.times()?;
        // Otherwise the next build here would build it again.
        file.set_modified(written)?;
        ensure!(built?.success(), "the build failed");
        self.note(&format!("cargo build --release after a change in {path}"), &times, "");
        Ok(())
    }

    fn note(&mut self, what: &str, times: &CommandTimes, goal: &str) {
        let [wall, processor] = [times.wall, times.processor].map(|it| format!("{it:.1}"));
        self.table.row([what, &wall, &processor, goal]);
    }
}

/// The number of crates that Cargo compiled before the program printed the address of its page.
fn compiled_until_ready(child: &mut Child) -> anyhow::Result<usize> {
    let output = child.stderr.take().context("its output is piped")?;
    let mut compiled = 0;
    for line in BufReader::new(output).lines() {
        let line = line?;
        compiled += usize::from(line.trim_start().starts_with("Compiling "));
        if line.contains("page") && line.contains("http://") {
            return Ok(compiled);
        }
    }
    anyhow::bail!("up ended before it was ready")
}

/// Measures a command from its start.
struct Clock {
    wall: Stopwatch,
    processor: f64,
}

impl Clock {
    fn start() -> anyhow::Result<Self> {
        Ok(Self { wall: Stopwatch::start(), processor: processor_seconds_of_children()? })
    }

    fn wall(&self) -> f64 {
        self.wall.elapsed().as_secs_f64()
    }

    /// Call it after the command was waited for.
    fn times(&self) -> anyhow::Result<CommandTimes> {
        let processor = processor_seconds_of_children()? - self.processor;
        Ok(CommandTimes { wall: self.wall(), processor })
    }
}

#[expect(clippy::disallowed_methods, reason = "a build compares real times")]
fn now() -> SystemTime {
    SystemTime::now()
}
