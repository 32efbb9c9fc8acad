//! The reader of the output may close it or have no room.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{STORM, article};
use crate::program::{Folder, command};

/// A judged line takes milliseconds, on a busy machine seconds, but never this long.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// More output than a pipe holds.
fn many_lines() -> Folder {
    let lines: String = (0..2_000).map(|at| article(&at.to_string(), STORM)).collect();
    Folder::with(&[("many.jsonl", lines.as_bytes())])
}

/// Runs a command whose output is read only up to the first line, as `head -1` does.
#[track_caller]
fn check_first_line(folder: &Folder, arguments: &[&str]) {
    let mut command = folder.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the binary is built");
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut reader = BufReader::with_capacity(64, out.expect("a pipe was asked for"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("the pipe can be read");
    drop(reader);
    let mut said = String::new();
    let mut err = err.expect("a pipe was asked for");
    err.read_to_string(&mut said).expect("the pipe can be read");
    let status = child.wait().expect("it ends");
    assert_eq!((said.as_str(), status.code()), ("", Some(0)), "{arguments:?}");
    assert!(!line.is_empty(), "{arguments:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = many_lines();
    check_first_line(&folder, &["fold", "-q", "--json", "many.jsonl"]);
    check_first_line(&folder, &["fold", "-q", "--json", "--final", "many.jsonl"]);
    check_first_line(&folder, &["fold", "-q", "many.jsonl"]);
    check_first_line(&folder, &["completion", "bash"]);
    check_first_line(&folder, &["man"]);
}

#[test]
fn lines_come_as_they_are_judged() {
    let mut command = command(&["fold", "--json", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (told, heard) = mpsc::channel();
    let listener = thread::spawn(move || {
        output.lines().map_while(Result::ok).try_for_each(|line| told.send(line)).is_ok()
    });
    for id in ["a", "b", "c"] {
        input.write_all(article(id, STORM).as_bytes()).unwrap();
        // The input is still open, so a line that is held back would not arrive.
        let line = heard.recv_timeout(LONGEST_WAIT).expect("a line for each article");
        assert!(line.contains(&format!("\"id\":\"{id}\"")), "{line}");
    }
    drop(input);
    assert!(listener.join().unwrap(), "every line was heard");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn output_without_room_is_a_failure() {
    // A device without any room, which not every system has.
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        return;
    };
    let folder = Folder::with(&[("a.txt", STORM.as_bytes())]);
    for arguments in [&["fold", "--json", "a.txt"][..], &["fold", "a.txt"], &["man"]] {
        let mut command = folder.command(arguments);
        let output = command.stdout(full.try_clone().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with("error: cannot write to standard output: "), "{said}");
    }
}
