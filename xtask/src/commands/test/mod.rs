//! `cargo xtask test`: runs all required checks, one step after another.
//!
//! If a step fails, the later ones still run, so that one run shows all failures. A step that cannot run here
//! is listed with the reason.

use std::io::{self, Write as _};
use std::process::ExitCode;

use super::{say, tools};
use crate::table::Table;
use crate::tree;

mod step;

use step::{Outcome, Report, Step, Tests};

/// The steps, the quickest first. Those of one group run side by side.
const GROUPS: [&[Step]; 7] = [
    &[Step {
        component: Some(&["fmt", "--version"]),
        without: "rustfmt is not installed",
        ..Step::new("fmt", &["fmt", "--all", "--check"])
    }],
    &[Step {
        component: Some(&["clippy", "--version"]),
        without: "clippy is not installed",
        ..Step::new("clippy", &CLIPPY)
    }],
    &[Step {
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        ..Step::new("doc", &["doc", "--workspace", "--no-deps", "--locked"])
    }],
    &[Step::new("build", &["test", "--workspace", "--locked", "--no-run"])],
    // The tests against real servers of NATS wait for most of their three minutes.
    &[
        Step { environment: &THREADS, ..Step::new("test", &TESTS) },
        Step {
            environment: &THREADS,
            ..Step::new("servers", &["test", "--workspace", "--locked", "--test", "server"])
        },
        // docs/accuracy.md must describe this version, not an older one.
        Step::new("card", &["xtask", "accuracy", "--check"]),
    ],
    &[Step::new("examples", &["test", "--workspace", "--locked", "--no-fail-fast", "--doc"])],
    // Without the advisories: they change daily, so the same commit would pass and then fail.
    &[Step {
        component: Some(&["deny", "--version"]),
        without: "cargo-deny is not installed; the tidy tests hold its bans, nothing its licences",
        ..Step::new("deny", &DENY)
    }],
];
const CLIPPY: [&str; 7] =
    ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
/// All test binaries run, also after a failure.
const TESTS: [&str; 16] = [
    "test", "--workspace", "--locked", "--no-fail-fast", "--lib", "--bins", "--test", "it",
    "--test", "contract", "--test", "five_articles", "--test", "suite", "--test", "walls",
];
const DENY: [&str; 7] = ["deny", "--workspace", "--locked", "check", "bans", "licenses", "sources"];
/// Three times as many tests run at a time as the smallest machine has cores, because most of them wait for servers: with
/// four, both cores were idle for more than half of the time.
const THREADS: [(&str, &str); 1] = [("RUST_TEST_THREADS", "6")];

/// Runs steps side by side. The output of the first is passed on at once, that of the others after it.
fn run_group(group: &[Step]) -> Vec<(&Step, anyhow::Result<Report>)> {
    let Some((first, others)) = group.split_first() else { return Vec::new() };
    std::thread::scope(|scope| {
        let others: Vec<_> = others
            .iter()
            .map(|step| {
                let run = scope.spawn(move || {
                    let mut printed = Vec::new();
                    let report = step.run(&mut printed);
                    (printed, report)
                });
                (step, run)
            })
            .collect();
        let mut reports = vec![(first, first.run(&mut io::stdout()))];
        for (step, run) in others {
            let (printed, report) = run.join().expect("a step does not panic");
            let passed_on = io::stdout().write_all(&printed).map_err(anyhow::Error::from);
            reports.push((step, passed_on.and(report)));
        }
        reports
    })
}

/// Runs the steps and prints their table. Fails if a step failed.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let mut table = Table::new("step | outcome | seconds | tests | why");
    let mut failed = false;
    let tools = [
        (tools::nats_server(), "NO NATS-SERVER, its tests will fail"),
        (tools::nats_py(), "NO NATS-PY, tests of examples will fail"),
        (tools::feedparser(), "NO FEEDPARSER, its test will fail"),
    ];
    for (found, lack) in tools {
        let told = found.unwrap_or_else(|error| format!("{lack}: {error:#}"));
        say(&format!("{told}\n"))?;
    }
    for (step, report) in GROUPS.iter().flat_map(|group| run_group(group)) {
        let report = report?;
        let (outcome, seconds) = (report.outcome.to_string(), report.took);
        failed |= report.outcome == Outcome::Failed;
        let tests = report.tests.to_string();
        let has_tests = report.tests != Tests::default();
        table.row([
            step.name,
            &outcome,
            &format!("{seconds:.1}"),
            if has_tests { &tests } else { "" },
            if report.outcome == Outcome::Missing { step.without } else { "" },
        ]);
    }
    let shared_is_absent = !tree::root().join("../shared").is_dir();
    if shared_is_absent {
        let skipped = "../shared is absent: its tests said SKIPPED and passed";
        table.row(["acceptance", &Outcome::Missing.to_string(), "", "", skipped]);
    }
    say(&format!("\n{table}\n"))?;
    if shared_is_absent {
        say("ACCEPTANCE TESTS WERE SKIPPED: ../shared is absent\n\n")?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_test_target_is_run() {
        let asked = ["metadata", "--no-deps", "--format-version", "1"];
        let found = step::cargo(&asked).output().expect("cargo answers");
        let found: serde_json::Value = serde_json::from_slice(&found.stdout).expect("JSON");
        let packages = found["packages"].as_array().expect("packages");
        let targets = packages.iter().flat_map(|it| it["targets"].as_array().expect("targets"));
        let tests = targets.filter(|target| target["kind"][0] == "test");
        let run: Vec<&str> =
            GROUPS.iter().flat_map(|it| *it).flat_map(|it| it.arguments).copied().collect();
        let is_run = |name: &str| run.windows(2).any(|it| it == ["--test", name]);
        let missing: Vec<_> =
            tests.filter_map(|it| it["name"].as_str()).filter(|name| !is_run(name)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    /// The crates with their features, as cargo builds them.
    fn built(asked: &[&str]) -> BTreeSet<String> {
        let given = ["tree", "--locked", "--offline", "--prefix", "none", "-f", "{p} {f}"];
        let found = step::cargo(&given).args(asked).output().expect("cargo answers");
        let found = String::from_utf8(found.stdout).expect("UTF-8");
        found.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect()
    }

    /// Another feature of one crate is enough to compile whatever stands on it a second time.
    #[test]
    fn xtask_is_built_of_what_the_tests_are_built_of() {
        let (xtask, tests) =
            (built(&["--package", "xtask", "-e", "no-dev"]), built(&["--workspace"]));
        assert!(xtask.len() > 100, "{xtask:?}");
        let twice: Vec<_> = xtask.difference(&tests).collect();
        assert!(twice.is_empty(), "add these features to xtask/Cargo.toml: {twice:?}");
    }
}
