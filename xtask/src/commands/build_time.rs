//! `cargo xtask build-time`: measures the two commands of the README from a cold start, and a build after one
//! change. It builds in its own folder and removes it afterwards.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::SystemTime;

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use super::bench::{Stopwatch, cores, load, processor_seconds_of_children};
use crate::table::Table;
use crate::tree;

/// Where to measure.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The checkout to build; this one by default.
    #[arg(long, value_name = "DIR")]
    checkout: Option<PathBuf>,
    /// Where the build is put, in a folder that is removed again (2 GB); the temporary folder by default.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// One build of a checkout.
struct Build {
    checkout: PathBuf,
    target: TempDir,
    table: Table,
}

/// What a command took.
struct Took {
    wall: f64,
    /// Processor time of all that it started, in seconds.
    processor: f64,
}

/// Builds, and prints a table of what took how long.
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

    /// README's first command, up to the first byte that it prints.
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
        let took = Took { wall, ..clock.took()? };
        self.note("cargo run --release -- fold …: first output", &took, "120");
        Ok(())
    }

    /// README's second command, up to the line that says where the page is.
    fn ready(&mut self) -> anyhow::Result<()> {
        let data = self.target.path().join("data");
        let ports = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0", "--data"];
        let mut command = self.cargo(&["run", "--release", "--locked", "--", "up"]);
        let clock = Clock::start()?;
        let mut child =
            command.args(ports).arg(data).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let compiled = compiled_until_ready(&mut child);
        let wall = clock.wall();
        // Cargo has become the program, which removes on this signal what the demo wrote.
        Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
        child.wait()?;
        let compiled = compiled?;
        ensure!(compiled == 0, "the second command compiled {compiled} crates anew");
        let took = Took { wall, ..clock.took()? };
        self.note("then cargo run --release -- up: ready", &took, "240, with the first");
        Ok(())
    }

    /// A build after this file was written.
    fn after_a_change(&mut self, path: &str) -> anyhow::Result<()> {
        let file = File::options().write(true).open(self.checkout.join(path));
        let file = file.with_context(|| path.to_owned())?;
        let written = file.metadata()?.modified()?;
        file.set_modified(now())?;
        let clock = Clock::start()?;
        let built = self.cargo(&["build", "--release", "--locked", "--quiet"]).status();
        let took = clock.took()?;
        // So that whoever builds here next does not build it again.
        file.set_modified(written)?;
        ensure!(built?.success(), "the build failed");
        self.note(&format!("cargo build --release after a change in {path}"), &took, "");
        Ok(())
    }

    fn note(&mut self, what: &str, took: &Took, goal: &str) {
        let [wall, processor] = [took.wall, took.processor].map(|it| format!("{it:.1}"));
        self.table.row([what, &wall, &processor, goal]);
    }
}

/// How many crates Cargo compiled before the program said where its page is.
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

/// Starts when a command starts.
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

    /// After the command was waited for.
    fn took(&self) -> anyhow::Result<Took> {
        let processor = processor_seconds_of_children()? - self.processor;
        Ok(Took { wall: self.wall(), processor })
    }
}

#[expect(clippy::disallowed_methods, reason = "a build compares real times")]
fn now() -> SystemTime {
    SystemTime::now()
}
