//! `cargo xtask test`: runs all required checks, one step after another.
//!
//! If a step fails, the later ones still run, so that one run shows all failures. A step that cannot run here
//! is listed with the reason.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::tools;
use crate::table::Table;
use crate::tree;

mod step;

use step::{Outcome, Step};

/// The steps, the quickest first.
const STEPS: [Step; 6] = [
    Step {
        name: "fmt",
        arguments: &["fmt", "--all", "--check"],
        environment: &[],
        component: Some(&["fmt", "--version"]),
        without: "rustfmt is not installed",
    },
    Step {
        name: "clippy",
        arguments: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
        component: Some(&["clippy", "--version"]),
        without: "clippy is not installed",
    },
    Step {
        name: "doc",
        arguments: &["doc", "--workspace", "--no-deps", "--locked"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        component: None,
        without: "",
    },
    Step {
        name: "test",
        // All test binaries run, also after a failure. Three times as many tests run at a time as the
        // smallest machine has cores, because most of them wait for servers: with four, both cores were idle
        // for more than half of the time.
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
        environment: &[("RUST_TEST_THREADS", "6")],
        component: None,
        without: "",
    },
    Step {
        name: "card",
        // docs/accuracy.md must describe this version, not an older one.
        arguments: &["xtask", "accuracy", "--check"],
        environment: &[],
        component: None,
        without: "",
    },
    Step {
        name: "deny",
        // Without the advisories: they change daily, so the same commit would pass and then fail.
        arguments: &["deny", "--workspace", "--locked", "check", "bans", "licenses", "sources"],
        environment: &[],
        component: Some(&["deny", "--version"]),
        without: "cargo-deny is not installed; the tidy tests hold its bans, nothing its licences",
    },
];

/// Runs the steps and prints their table. Fails if a step failed.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut table = Table::new(&["step", "outcome", "seconds", "tests", "why"]);
    let mut failed = false;
    match tools::nats_server() {
        Ok(found) => writeln!(io::stdout(), "{found}")?,
        Err(error) => writeln!(io::stdout(), "NO NATS-SERVER, its tests will fail: {error:#}")?,
    }
    match tools::nats_py() {
        Ok(found) => writeln!(io::stdout(), "{found}")?,
        Err(error) => writeln!(io::stdout(), "NO NATS-PY, tests of examples will fail: {error:#}")?,
    }
    match tools::feedparser() {
        Ok(found) => writeln!(io::stdout(), "{found}")?,
        Err(error) => writeln!(io::stdout(), "NO FEEDPARSER, its test will fail: {error:#}")?,
    }
    for step in &STEPS {
        writeln!(io::stdout(), "\n=== {}", step.command_line())?;
        let report = step.run()?;
        let outcome = report.outcome.to_string();
        let seconds = format!("{:.1}", report.took.as_secs_f64());
        writeln!(io::stdout(), "=== {}: {outcome}, {seconds} s", step.name)?;
        failed |= report.outcome == Outcome::Failed;
        let is_missing = report.outcome == Outcome::Missing;
        let tests = if step.name == "test" { report.tests.to_string() } else { String::new() };
        table.row([
            step.name,
            &outcome,
            &seconds,
            &tests,
            if is_missing { step.without } else { "" },
        ]);
    }
    let shared_is_absent = !tree::root().join("../shared").is_dir();
    if shared_is_absent {
        let skipped = "../shared is absent: its tests said SKIPPED and passed";
        table.row(["acceptance", &Outcome::Missing.to_string(), "", "", skipped]);
    }
    writeln!(io::stdout(), "\n{table}")?;
    if shared_is_absent {
        writeln!(io::stdout(), "ACCEPTANCE TESTS WERE SKIPPED: ../shared is absent\n")?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
