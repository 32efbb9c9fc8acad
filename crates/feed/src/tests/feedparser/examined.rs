//! Runs feedparser's own tests on this parser: 2,106 feeds, well and ill formed, in many encodings.
//! The examiner is Python and is in `../shared`. The floors are the numbers reached, so no change
//! can lose a feed unnoticed. Questions on images, search fields, contributors, publishers, places and the
//! attributes of other vocabularies have no answer here: nothing in wirefold reads these.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::super::{files, suite};
use super::answer;

/// The examiner's result for one group.
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

/// Our answers to all files, a line each, under the paths by which the examiner knows them.
fn answers(tests: &Path, known_as: &Path) -> String {
    let mut lines = String::new();
    for path in files(tests) {
        let within = path.strip_prefix(tests).expect("it is a file of the folder");
        let known_as = known_as.join(within);
        let bytes = fs::read(&path).expect("a file of the suite can be read");
        lines.push_str(&answer(known_as.to_str().expect("its name is ASCII"), &bytes));
        lines.push('\n');
    }
    lines
}

/// The examiner asks a command for its answers: here, one that prints what is written already.
fn report(examiner: &Path, answers: &Path) -> String {
    let output = Command::new("python3")
        .env("PYTHONPATH", "../../target/tools/python")
        .arg(examiner)
        .arg("cat")
        .arg(answers)
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let remedy = "`cargo xtask tools` puts feedparser under target/tools";
    assert!(output.status.success(), "{said}\n{remedy}");
    String::from_utf8(output.stdout).expect("the examiner prints UTF-8")
}

#[test]
fn feedparsers_questions_are_answered() {
    let Some(tests) = suite("feedparser/tests") else {
        return;
    };
    let tools = fs::canonicalize("../../../shared/tools").expect("it is beside the suites");
    let known_as = tools.join("../suites/feedparser/tests");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let written = folder.path().join("answers.jsonl");
    fs::write(&written, answers(&tests, &known_as)).expect("the folder can be written");
    let report = report(&tools.join("feedparser_examiner.py"), &written);
    eprintln!("{report}");
    let check = |group: &str, parsed: usize, met: usize, core: usize| {
        let found = score(&report, group);
        let is_enough = found.parsed >= parsed && found.met >= met && found.core >= core;
        assert!(is_enough, "{group}: {found:?}, at least {parsed}, {met} and {core} before");
    };
    check("wellformed", 1749, 1456, 307);
    check("illformed", 18, 12, 0);
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
