//! Help, version, completion, manual, and invalid command lines.

use crate::program::{Run, command, wirefold};

const COMMANDS: [&str; 16] = [
    "up", "demo", "check", "config", "feed", "story", "why", "sub", "alert", "tail", "dead",
    "fold", "run", "setup", "completion", "help",
];

#[track_caller]
fn check_prints(arguments: &[&str], parts: &[&str]) -> Run {
    let run = wirefold(arguments).code(0);
    assert_eq!(run.err, "", "{arguments:?}");
    for part in parts {
        assert!(run.out.contains(part), "{arguments:?} lacks {part:?}\n{}", run.out);
    }
    run
}

#[test]
fn every_command_has_help() {
    for name in COMMANDS.iter().filter(|name| **name != "help") {
        let usage = format!("Usage: wirefold {name}");
        check_prints(&[name, "--help"], &[&usage, "--color"]);
        check_prints(&[name, "-h"], &[&usage]);
        check_prints(&["help", name], &[&usage]);
    }
    check_prints(&["--help"], &[&COMMANDS[..], &["130  interrupted"]].concat());
}

#[test]
fn help_of_fold_tells_the_evaluation_interface() {
    check_prints(&["fold", "--help"], &["--json", "--final", "--method", "simhash:K", "\"text\""]);
    check_prints(&["why", "--help"], &["--full", "10 same event"]);
}

#[test]
fn the_version_is_the_packages() {
    let version = concat!("wirefold ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(wirefold(&["--version"]).code(0).out, version);
    assert_eq!(wirefold(&["-V"]).code(0).out, version);
}

#[test]
fn shells_get_their_completion() {
    let marks = [
        ("bash", "complete -F _wirefold"),
        ("zsh", "#compdef wirefold"),
        ("fish", "complete -c wirefold"),
    ];
    for (shell, mark) in marks {
        let run = check_prints(&["completion", shell], &[mark]);
        for name in COMMANDS {
            assert!(run.out.contains(name), "{shell} does not know {name}");
        }
    }
    assert_eq!(wirefold(&["completion", "tcsh"]).code(2).out, "");
}

#[test]
fn the_manual_is_roff() {
    let run = check_prints(&["man"], &[".TH wirefold 1", ".SH NAME", ".SH OPTIONS"]);
    for name in COMMANDS {
        assert!(run.out.contains(name), "the manual lacks {name}");
    }
}

#[test]
fn invalid_command_lines_are_refused_on_standard_error() {
    let refused: [&[&str]; 12] = [
        &[],
        &["unfold"],
        &["fold"],
        &["fold", "--jsn", "-"],
        &["feed"],
        &["story", "show"],
        &["dead", "replay", "7", "--all"],
        &["fold", "--color", "sometimes", "-"],
        &["fold", "-q", "-v", "-"],
        &["why", "a.txt"],
        &["why", "a", "b", "c"],
        &["completion"],
    ];
    for arguments in refused {
        let run = wirefold(arguments).code(2);
        assert_eq!(run.out, "", "{arguments:?}");
        let helps = ["Usage: wirefold", "try '--help'"];
        assert!(helps.iter().any(|help| run.err.contains(help)), "{}", run.err);
    }
    assert!(wirefold(&["fold", "--jsn", "-"]).err.contains("--json"), "names the nearest");
}

#[test]
fn a_locale_and_an_empty_environment_change_nothing() {
    let said = |more: &[(&str, &str)]| {
        let mut command = command(&["fold", "--json", "../../seeds/articles.jsonl"]);
        command.env_clear().envs(more.iter().copied()).output().expect("the binary is built")
    };
    let plain = said(&[]);
    assert_eq!(plain.status.code(), Some(0));
    for more in [("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Pacific/Kiritimati"), ("TERM", "dumb")] {
        assert_eq!(said(&[more]).stdout, plain.stdout, "{more:?}");
    }
}
