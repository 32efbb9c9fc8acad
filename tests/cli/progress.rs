//! The progress of a long command is a bar on a terminal, and nothing elsewhere.

use std::process::{Command, Stdio};

use super::{ORCHARD, STORM, STORM_REPRINT, article};
use crate::program::Folder;

fn folder() -> Folder {
    let labels = "a\tb\tlabel\tkind\nfirst\tcopy\tR\tbase+newlede\n";
    let articles = article("first", STORM) + "no article\n" + &article("copy", STORM_REPRINT);
    let folder = Folder::with(&[("labels.tsv", labels.as_bytes())]);
    folder.write("docs.jsonl", (articles + &article("orchard", ORCHARD)).as_bytes());
    folder
}

/// The standard error as a terminal shows it. The terminal is made by `script` (util-linux); `None` if it is
/// not installed. Standard output goes to the file `out`.
fn terminal_output(folder: &Folder, arguments: &str) -> Option<String> {
    let run = format!("{} {arguments} > out", env!("CARGO_BIN_EXE_wirefold"));
    let mut script = Command::new("script");
    script.args(["-qec", &run, "/dev/null"]).current_dir(folder.path());
    script.env("XDG_CONFIG_HOME", folder.path()).env("TERM", "xterm").stdin(Stdio::null());
    let output = script.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

const COMMANDS: [(&str, &str); 3] = [
    ("fold --json docs.jsonl", "reading ["),
    ("fold .", "reading ["),
    ("eval labels.tsv docs.jsonl", "judging ["),
];

#[test]
fn a_terminal_shows_a_bar_and_removes_it() {
    let folder = folder();
    for (arguments, bar) in COMMANDS {
        let Some(shown) = terminal_output(&folder, arguments) else {
            eprintln!("SKIPPED: no `script` here");
            return;
        };
        assert!(shown.contains(bar), "{arguments}: {shown:?}");
        // Each bar is removed, and notes have lines of their own.
        let after = shown.rsplit(bar).next().unwrap_or_default();
        assert!(after.contains("\u{1b}[2K"), "{arguments}: {shown:?}");
        let named = shown.split("\r\n").find(|line| line.contains("docs.jsonl:2: "));
        let named = named.unwrap_or_else(|| panic!("{arguments}: {shown:?}"));
        let before = named.split("error:").next().unwrap_or_default();
        assert!(before.is_empty() || before.ends_with("\u{1b}[2K"), "{arguments}: {shown:?}");
        let out = std::fs::read_to_string(folder.path().join("out")).expect("it was written");
        assert!(!out.is_empty() && !out.contains('\u{1b}'), "{out:?}");
    }
}

#[test]
fn no_bar_is_shown_without_a_terminal_or_with_quiet() {
    let folder = folder();
    for (arguments, bar) in COMMANDS {
        let words: Vec<&str> = arguments.split(' ').collect();
        let run = folder.run(&words);
        assert!(!run.err.contains(bar) && !run.err.contains('\u{1b}'), "{arguments}: {}", run.err);
        if let Some(shown) = terminal_output(&folder, &format!("-q {arguments}")) {
            assert!(!shown.contains(bar), "{arguments}: {shown:?}");
        }
    }
}
