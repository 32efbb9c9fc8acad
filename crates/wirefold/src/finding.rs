//! Findings of `check`: one line each, with a mark.

use serde::Serialize;

use crate::global::Global;
use crate::output;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Finding {
    schema: &'static str,
    pub(crate) mark: Mark,
    pub(crate) what: String,
}

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mark {
    /// Everything is right.
    Good,
    /// It works but deserves attention.
    Look,
    /// It must be fixed.
    Bad,
}

impl Finding {
    fn new(mark: Mark, what: impl Into<String>) -> Self {
        Self { schema: "wirefold.finding/1", mark, what: what.into() }
    }

    pub(crate) fn good(what: impl Into<String>) -> Self {
        Self::new(Mark::Good, what)
    }

    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self::new(Mark::Bad, what)
    }

    pub(crate) fn look(what: impl Into<String>) -> Self {
        Self::new(Mark::Look, what)
    }

    fn line(&self) -> String {
        let mark = match self.mark {
            Mark::Good => '✓',
            Mark::Look => '!',
            Mark::Bad => '✗',
        };
        format!("{mark} {}\n", output::clean(&self.what))
    }
}

/// Prints findings; with `--quiet`, only those that are not good. Returns the number that must be fixed.
pub(crate) fn print_findings(
    findings: &[Finding],
    json: bool,
    global: &Global,
) -> anyhow::Result<usize> {
    for finding in findings {
        if json {
            output::print_json(finding)?;
        } else if !global.quiet || finding.mark != Mark::Good {
            output::print(finding.line().as_bytes())?;
        }
    }
    Ok(findings.iter().filter(|finding| finding.mark == Mark::Bad).count())
}
