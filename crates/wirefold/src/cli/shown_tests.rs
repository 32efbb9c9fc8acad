//! Checks that the documents show only commands and flags that exist.

use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory as _};

use super::Cli;

const ROOT: &str = "../..";
/// The folders with documents.
const FOLDERS: [&str; 3] = ["docs", "docs/how-to", "examples"];
/// The documents beside them.
const FILES: [&str; 3] = ["README.md", "SECURITY.md", "ARCHITECTURE.md"];
/// The ends of a command in a line.
const ENDS: [&str; 5] = [" | ", " && ", " # ", " > ", ";"];

fn documents() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = FILES.iter().map(|name| Path::new(ROOT).join(name)).collect();
    for folder in FOLDERS {
        let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).expect("it is a folder");
        let paths = entries.map(|entry| entry.expect("it can be read").path());
        files.extend(paths.filter(|path| path.extension().is_some_and(|it| it == "md")));
    }
    files
}

/// The commands of wirefold that a document shows: in backticks, and lines of blocks.
fn shown_commands(text: &str) -> Vec<&str> {
    let mut shown = Vec::new();
    for (number, part) in text.split("```").enumerate() {
        match number % 2 {
            0 => shown.extend(part.split('`').skip(1).step_by(2)),
            _ => shown.extend(part.lines().map(str::trim)),
        }
    }
    shown.retain(|span| span.starts_with("wirefold "));
    shown.into_iter().map(without_end).collect()
}

fn without_end(span: &str) -> &str {
    ENDS.iter().fold(span, |span, end| span.split(end).next().unwrap_or_default())
}

/// Whether a word is the name of a command and no placeholder. `help` is not among those that a command lists.
fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase()) && word != "help"
}

/// The reason why a command line cannot be run: its first word that is no command, or a flag that is missing.
fn check(root: &Command, line: &str) -> Result<(), String> {
    let (mut command, mut flags) = (root, root.get_arguments().collect::<Vec<_>>());
    for word in line.split_whitespace().skip(1) {
        let flag = word.strip_prefix("--").and_then(|flag| flag.split('=').next());
        match flag {
            Some("help" | "") => {}
            Some(flag) if flags.iter().any(|arg| arg.get_long() == Some(flag)) => {}
            Some(flag) => return Err(format!("no flag --{flag}")),
            None => match command.find_subcommand(word) {
                Some(below) => {
                    command = below;
                    flags.extend(below.get_arguments());
                }
                None if command.has_subcommands() && is_name(word) => {
                    return Err(format!("no command {word}"));
                }
                None => {}
            },
        }
    }
    Ok(())
}

#[test]
fn the_documents_show_commands_and_flags_that_exist() {
    let root = Cli::command();
    let mut count = 0;
    for path in documents() {
        let text = std::fs::read_to_string(&path).expect("it can be read");
        for line in shown_commands(&text) {
            count += 1;
            if let Err(why) = check(&root, line) {
                panic!("{}: `{line}`: {why}", path.display());
            }
        }
    }
    assert!(count > 100, "only {count} commands were found");
}

#[test]
fn a_command_or_flag_that_is_missing_is_found() {
    let text = "Run `wirefold feed ls --problems`.\n```\nwirefold feeds ls\nother feeds\n\
                wirefold up --listen=a --nothing # --note\n```\n`wirefold story ls | less`";
    let shown = shown_commands(text);
    let root = Cli::command();
    let checked: Vec<_> = shown.iter().map(|line| check(&root, line)).collect();
    let expected =
        [Ok(()), Err("no command feeds".to_owned()), Err("no flag --nothing".to_owned()), Ok(())];
    assert_eq!(checked, expected, "{shown:?}");
}
