//! The house rules, checked on every file that git tracks or would track.
//!
//! A rule is a function from a [`Tree`] to its [`Finding`]s. Each has two tests: one on the real tree, and
//! one that plants a violation in an invented tree and checks that it is found.

use std::fmt;

use tree::{File, Tree};

mod architecture;
mod calls;
mod circles;
mod copied;
mod crates;
mod functions;
mod links;
mod manifests;
mod modules;
mod patterns;
mod places;
mod reasons;
mod retired;
mod sentences;
mod size;
pub(crate) mod tree;

/// A violation: where, what, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    path: String,
    /// Counted from 1. 1 also means the whole file.
    line: usize,
    what: String,
    remedy: String,
}

impl Finding {
    fn new(
        path: impl Into<String>,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        Finding { path: path.into(), line, what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.path, self.line, self.what, self.remedy)
    }
}

/// The files of this repository.
fn real_tree() -> Tree {
    Tree::read(&tree::root())
}

/// A tree of invented files, given as path and text.
fn planted(files: &[(&str, &str)]) -> Tree {
    let file = |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
    Tree { files: files.iter().map(file).collect() }
}

/// Fails with one line for each finding.
#[track_caller]
fn assert_none(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(|finding| format!("  {finding}")).collect();
    assert!(findings.is_empty(), "{} to mend:\n{}", findings.len(), lines.join("\n"));
}

/// The places of the findings as `path:line`.
fn places_of(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}:{}", finding.path, finding.line)).collect()
}

/// The line, counted from 1, of the first line that `wanted` accepts; 1 if there is none.
fn line_where(text: &str, wanted: impl Fn(&str) -> bool) -> usize {
    text.lines().position(wanted).map_or(1, |index| index + 1)
}
