//! Runs the demo on a terminal and compares it with the excerpt in the README.
//!
//! The articles of the excerpt come within seconds. The demo's feeds are polled at the same time, and an alert
//! waits for some seconds for more articles. On a busy machine, an article may come after the alert. The test
//! then starts the demo again.

use super::terminal::Terminal;
use super::{PATIENCE, say};
use crate::program::Folder;
use crate::tidy::tree;

/// How often the demo is started.
const ATTEMPTS: usize = 6;
/// The excerpt ends before the second revision of any alert.
const AFTER_THE_EXCERPT: &str = "· revision 2";
/// The beginning of the line of a copy, which is an entry of its own.
const COPY: &str = "  ↳";

/// The arguments of the README's command for the demo, and the block that shows its output.
fn shown_demo(readme: &str) -> (&str, &str) {
    let (_, from) = readme.split_once("cargo run --release -- up").expect("the command is shown");
    let (options, rest) = from.split_once("\n```").expect("the block ends");
    let excerpt = rest.split("```").nth(1).expect("an excerpt follows");
    (options.trim(), excerpt)
}

/// A line without the port, which is a free one here.
fn without_port(line: &str) -> String {
    match line.split_once("http://127.0.0.1:") {
        Some((before, port)) if port.chars().all(|c| c.is_ascii_digit()) => {
            format!("{before}http://127.0.0.1:PORT")
        }
        _ => line.to_owned(),
    }
}

/// The entries of an output: a line about an article, or an alert with the indented lines below it.
fn entries(lines: impl Iterator<Item = String>) -> Vec<Vec<String>> {
    let mut entries: Vec<Vec<String>> = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        match entries.last_mut() {
            Some(entry) if line.starts_with(' ') && !line.starts_with(COPY) => entry.push(line),
            _ => entries.push(vec![line]),
        }
    }
    entries
}

/// Whether an entry with this first line was printed, and the other lines in this order below it.
fn is_printed(wanted: &[String], printed: &[Vec<String>]) -> bool {
    let (head, below) = wanted.split_first().expect("an entry has a line");
    printed.iter().filter(|entry| entry[0] == *head).any(|entry| {
        let mut lines = entry.iter().skip(1);
        below.iter().all(|next| lines.any(|line| line == next))
    })
}

/// Runs the demo until it has printed all entries, or an entry that comes later. Returns what it printed if
/// entries are missing.
fn run_demo(options: &str, wanted: &[Vec<String>]) -> Option<Result<(), Vec<String>>> {
    let folder = Folder::with(&[]);
    let terminal = Terminal::start(&folder, &format!("up {options} --data data"))?;
    let mut lines: Vec<String> = Vec::new();
    while let Ok(line) = terminal.lines.recv_timeout(PATIENCE) {
        if line.contains(AFTER_THE_EXCERPT) {
            break;
        }
        lines.push(without_port(&line));
        let printed = entries(lines.iter().cloned());
        if wanted.iter().all(|entry| is_printed(entry, &printed)) {
            return Some(Ok(()));
        }
    }
    Some(Err(lines))
}

#[test]
fn the_excerpt_is_what_the_demo_prints() {
    let readme = std::fs::read_to_string(tree::root().join("README.md")).unwrap();
    let (options, excerpt) = shown_demo(&readme);
    let wanted = entries(excerpt.lines().map(without_port));
    assert!(wanted.len() > 4, "{wanted:#?}");
    let mut printed = Vec::new();
    for _ in 0..ATTEMPTS {
        match run_demo(options, &wanted) {
            None => return say(format_args!("SKIPPED: no `script` to make a terminal")),
            Some(Ok(())) => return,
            Some(Err(lines)) => printed = lines,
        }
    }
    panic!("README.md shows {excerpt}, but the demo prints\n{}", printed.join("\n"));
}
