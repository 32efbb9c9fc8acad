//! The reports of a problem: by `check --deep`, by a refusal to start, and in a log.

use std::path::Path;

use anyhow::Context as _;

use crate::running::command;

/// Whether `check --deep` reports a problem.
pub(super) fn verify_complains(program: &Path, home: &Path) -> anyhow::Result<bool> {
    let verify = command(program, home).args(["check", "--deep", "--quiet"]).output();
    Ok(!verify.context("verify does not start")?.status.success())
}

/// Whether a refusal to start names the unreadable file.
pub(super) fn names_the_file(words: &str) -> bool {
    words.contains("bus.sqlite") || words.contains("gateway.db")
}

/// Whether a log reports a problem.
pub(super) fn complains(log: &str) -> bool {
    const REPORTS: [&str; 9] = [
        // As the release before says it.
        "before their time",
        "went back in time",
        "is passed over",
        "skipping a snapshot",
        "put aside",
        "set the projection aside",
        "damaged",
        "left a stream too early",
        "to the dead letters",
    ];
    REPORTS.iter().any(|it| log.contains(it))
}
