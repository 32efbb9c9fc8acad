//! The examples run, against a real `wirefold up`; those over NATS are run by `nats::citizens`.

use std::process::Command;

use super::up::{CONFIG, Up};
use crate::program::Folder;

#[path = "../../examples/rust/fold.rs"]
mod fold;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");

/// Starts wirefold on an empty folder and runs an example with the address of the page.
fn check(program: &str, example: &str, expected: &[&str]) {
    let folder = Folder::with(&[(CONFIG, b"data = \"data\"\n[[source]]\npath = \"inbox\"\n")]);
    std::fs::create_dir(folder.path().join("inbox")).expect("a folder is made");
    let up = Up::start(&folder);
    let mut command = Command::new(program);
    command.arg(format!("{EXAMPLES}/{example}")).arg(format!("http://{}", up.page));
    let ran = command.output().unwrap_or_else(|error| panic!("{program} does not run: {error}"));
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{printed}\n{}", String::from_utf8_lossy(&ran.stderr));
    for text in expected {
        assert!(printed.contains(text), "no {text:?} in\n{printed}");
    }
}

#[test]
fn the_shell_example_asks_the_api() {
    let expected =
        ["wirefold.api.status/2", "\"stored\"", "\"relation\"", "wirefold.api.stories/2"];
    check("sh", "sh/ask.sh", &expected);
}

#[test]
fn the_python_example_pushes_and_compares() {
    check("python3", "python/push.py", &["stored", "relation: same_story"]);
}

#[test]
fn the_rust_example_folds() {
    let text = include_str!("../../examples/python/push.py");
    let other = "A short note about something else, which no paper has ever printed so far.";
    let verdicts = fold::fold(&[text, text, other]);
    let classes: Vec<_> = verdicts.iter().map(|verdict| verdict.class).collect();
    use wirefold_fold::Class::{Copy, New};
    assert_eq!(classes, [New, Copy, New]);
}
