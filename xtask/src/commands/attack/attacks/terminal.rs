//! Titles with control sequences for terminals, and lines that look like lines of the log.

use super::super::loopback::Answer;
use super::super::scene::{Attack, ServerRequests};
use super::super::victim::{rss, text};
use crate::running::{Running, command};

/// A title that sets the terminal's title, clears the screen and writes a line of its own.
const TITLE: &str = "Shown \u{1b}]0;owned\u{7}\u{1b}[2J&#27;[31m\nFORGED line \u{202e}\u{9b}31m";

pub(super) const ATTACK: Attack = Attack {
    name: "terminal",
    aim: "speak to the operator's terminal, and forge a line of the log",
    settings: |_| String::new(),
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => rss(&format!(
            "<item><guid>\u{1b}[2J1\nFORGED</guid><title>{TITLE}</title><link>{}/1</link>\
             <author>\u{1b}[2JFORGED</author><description>{}</description></item>",
            sites.hostile,
            text(50)
        )),
        _ => Answer::status(404),
    },
    faults,
    ..Attack::PLAIN
};

fn faults(running: &mut Running, requests: &ServerRequests) -> anyhow::Result<Vec<String>> {
    let mut faults = control("the log", &running.output());
    let lines = [
        &["feed", "ls"][..],
        &["feed", "ls", "--problems"],
        &["story", "ls"],
        &["story", "ls", "--json"],
        &["alert", "ls"],
        &["dead", "ls"],
    ];
    let mut shown = String::new();
    for line in lines {
        let ran = command(&requests.program, &requests.folder).args(line).output()?;
        for part in [&ran.stdout, &ran.stderr] {
            let said = String::from_utf8_lossy(part);
            faults.extend(control(&line.join(" "), &said));
            shown += &said;
        }
    }
    if !shown.contains("Shown") {
        faults.push("no command showed the title: nothing shown".to_owned());
    }
    Ok(faults)
}

/// The control characters in the output.
fn control(what: &str, said: &str) -> Vec<String> {
    let is_bad = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    let letter = said.chars().find(|letter| is_bad(*letter) || *letter == '\u{202e}');
    let mut faults: Vec<String> =
        letter.into_iter().map(|it| format!("{what} holds {it:?}")).collect();
    if said.lines().any(|line| line.starts_with("FORGED")) {
        faults.push(format!("{what} holds a line of the feed's own"));
    }
    faults
}
