//! One call of cargo: runs it, times it, and counts the tests that it reports.

use std::fmt;
use std::io::{BufRead as _, BufReader, Write};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::machine::Stopwatch;
use crate::tree;

/// A call of cargo that must succeed.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) environment: &'static [(&'static str, &'static str)],
    /// A call that succeeds only if cargo has the component that the step needs.
    pub(super) component: Option<&'static [&'static str]>,
    /// Why the step did not run without it.
    pub(super) without: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// Not run, because a component is not installed.
    Missing,
}

/// The result of a step.
pub(super) struct Report {
    pub(super) outcome: Outcome,
    /// In seconds.
    pub(super) took: f64,
    pub(super) tests: Tests,
}

/// Tests as the test harness counts them; documentation examples are tests too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tests {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Step {
    /// A step that every machine can run.
    pub(super) const fn new(name: &'static str, arguments: &'static [&'static str]) -> Step {
        Step { name, arguments, environment: &[], component: None, without: "" }
    }

    /// The command as a user would type it.
    pub(super) fn command_line(&self) -> String {
        let settings = self.environment.iter().map(|(name, value)| format!("{name}='{value}' "));
        format!("{}cargo {}", settings.collect::<String>(), self.arguments.join(" "))
    }

    /// Runs the step and passes its output on.
    pub(super) fn run(&self, out: &mut impl Write) -> anyhow::Result<Report> {
        writeln!(out, "\n=== {}", self.command_line())?;
        let watch = Stopwatch::start();
        let is_here = self.component.is_none_or(is_installed);
        let (outcome, tests) =
            if is_here { self.call(out)? } else { (Outcome::Missing, Tests::default()) };
        let took = watch.seconds();
        writeln!(out, "=== {}: {outcome}, {took:.1} s", self.name)?;
        Ok(Report { outcome, took, tests })
    }

    fn call(&self, out: &mut impl Write) -> anyhow::Result<(Outcome, Tests)> {
        let mut call = cargo(self.arguments);
        call.envs(self.environment.iter().copied()).stdout(Stdio::piped());
        let mut child =
            call.spawn().with_context(|| format!("cannot start {}", self.command_line()))?;
        let printed = child.stdout.take().context("standard output was piped")?;
        let mut tests = Tests::default();
        for line in BufReader::new(printed).split(b'\n') {
            let mut line = line?;
            tests.count(&String::from_utf8_lossy(&line));
            line.push(b'\n');
            out.write_all(&line)?;
        }
        let passed = child.wait()?.success();
        Ok((if passed { Outcome::Passed } else { Outcome::Failed }, tests))
    }
}

impl Tests {
    /// Adds what a line of the harness reports:
    /// `test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; …`.
    fn count(&mut self, line: &str) {
        let Some((_, counts)) =
            line.strip_prefix("test result: ").and_then(|counts| counts.split_once(". "))
        else {
            return;
        };
        for (number, what) in counts.split("; ").filter_map(|count| count.split_once(' ')) {
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

fn is_installed(component: &[&str]) -> bool {
    let asked = cargo(component).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

pub(super) fn cargo(arguments: &[&str]) -> Command {
    let mut command = tree::cargo(arguments);
    command.stdin(Stdio::null());
    command
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed => write!(out, "ok"),
            Outcome::Failed => write!(out, "FAILED"),
            Outcome::Missing => write!(out, "did not run"),
        }
    }
}

impl fmt::Display for Tests {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ran", self.passed + self.failed)?;
        for (number, what) in [(self.failed, "failed"), (self.ignored, "ignored")] {
            if number > 0 {
                write!(out, ", {number} {what}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Tests;

    #[test]
    fn counts_what_the_harness_reports() {
        let mut tests = Tests::default();
        let harness = "\
            running 3 tests\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0.01s\n\
            test a ... test result\n\
            test result: FAILED. 4 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 1s\n";
        harness.lines().for_each(|line| tests.count(line));
        assert_eq!(tests, Tests { passed: 7, failed: 1, ignored: 2 });
        assert_eq!(tests.to_string(), "8 ran, 1 failed, 2 ignored");
    }
}
