//! Our feed parser under the questions of feedparser's own tests: 2,106 feeds, well and ill formed,
//! in many encodings. The examiner is Python and stands in `../shared`; the floors are what was
//! reached, so that no change loses a feed unseen.

use std::path::Path;
use std::process::Command;

use super::{say, shared};

/// What the examiner says of one group.
#[derive(Debug, PartialEq, Eq)]
struct Score {
    files: usize,
    parsed: usize,
    met: usize,
    /// Of what news feeds are made of.
    core: usize,
}

/// Reads `NAME: 19 files, 18 parsed, 14 expectations met, news core 300 of 317`.
fn score(report: &str, group: &str) -> Score {
    let line = report.lines().find_map(|line| line.strip_prefix(group)?.strip_prefix(':'));
    let line = line.unwrap_or_else(|| panic!("nothing on {group}:\n{report}"));
    let words = line.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    let mut numbers = words.map(|word| word.parse().expect("digits are a number"));
    let mut next = || numbers.next().unwrap_or(0);
    Score { files: next(), parsed: next(), met: next(), core: next() }
}

fn report(examiner: &Path) -> String {
    let output = Command::new("python3")
        .env("PYTHONPATH", "../../target/tools/python")
        .arg(examiner)
        .args([env!("CARGO_BIN_EXE_wirefold"), "feed", "parse", "--shape", "feedparser"])
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let remedy = "`cargo xtask tools` puts feedparser under target/tools";
    assert!(output.status.success(), "{said}\n{remedy}");
    String::from_utf8(output.stdout).expect("the examiner prints UTF-8")
}

#[test]
fn feedparsers_questions_are_answered() {
    let Some(examiner) = shared("tools/feedparser_examiner.py") else {
        return;
    };
    let report = report(&examiner);
    say(format_args!("{report}"));
    let check = |group: &str, parsed: usize, met: usize, core: usize| {
        let found = score(&report, group);
        let is_enough = found.parsed >= parsed && found.met >= met && found.core >= core;
        assert!(is_enough, "{group}: {found:?}, at least {parsed}, {met} and {core} before");
    };
    check("wellformed", 1749, 1536, 307);
    check("illformed", 18, 14, 0);
    check("encoding", 82, 79, 0);
    check("entities", 256, 256, 0);
    assert!(report.contains("unanswered: 0"), "{report}");
}

#[test]
fn the_report_is_read() {
    let report = "wellformed: 9 files, 8 parsed, 7 expectations met, news core 5 of 6\nx: 1 files";
    assert_eq!(score(report, "wellformed"), Score { files: 9, parsed: 8, met: 7, core: 5 });
    assert_eq!(score(report, "x").parsed, 0);
}
