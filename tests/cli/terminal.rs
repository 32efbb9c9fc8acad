//! Output on a terminal: colour only if it is wanted, and never control codes from articles.

use serde_json::json;

use super::{STORM, STORM_REPRINT, article_with};
use crate::program::{Folder, Run};
use crate::seeds::articles::articles;

const ESCAPE: char = '\u{1b}';

/// A folder with two copies of one story.
fn copies() -> Folder {
    Folder::with(&[("a.txt", STORM.as_bytes()), ("b.txt", STORM_REPRINT.as_bytes())])
}

const COMMANDS: [&[&str]; 3] =
    [&["fold", "a.txt", "b.txt"], &["why", "a.txt", "b.txt"], &["why", "a.txt", "b.txt"]];

#[test]
fn no_colour_where_there_is_no_terminal() {
    let folder = copies();
    for command in COMMANDS {
        let run = folder.run(command).code(0);
        assert!(!run.out.contains(ESCAPE) && run.out.len() > 100, "{}", run.out);
    }
}

#[test]
fn colour_on_demand_and_the_same_text_under_it() {
    let folder = copies();
    for command in COMMANDS {
        let plain = folder.run(command).out;
        let coloured = folder.run(&[command, &["--color", "always"]].concat()).code(0).out;
        assert!(coloured.contains(ESCAPE), "{coloured}");
        assert_eq!(without_colours(&coloured), plain);
        let never = folder.run(&[command, &["--color", "never"]].concat()).out;
        assert_eq!(never, plain);
    }
}

/// The text without colours, `ESC [ … m`.
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| {
        let (_, rest) = part.split_once('m').expect("a sequence that only sets a colour ends in m");
        plain + rest
    })
}

#[test]
fn no_color_is_respected() {
    let folder = copies();
    for command in COMMANDS {
        let output =
            |name: &str| folder.command(command).env("CLICOLOR_FORCE", "1").env(name, "1").output();
        let forced = output("UNUSED").unwrap();
        assert!(forced.stdout.contains(&0x1b), "CLICOLOR_FORCE colours what is no terminal");
        let refused = output("NO_COLOR").unwrap();
        assert!(!refused.stdout.contains(&0x1b), "and NO_COLOR comes first");
    }
}

#[test]
fn json_has_no_colour_even_on_demand() {
    let run = copies().run(&["fold", "--json", "--color", "always", "a.txt", "b.txt"]).code(0);
    assert_eq!(run.lines().len(), 2);
}

/// Codes that would set a title, a colour or the clipboard, move the cursor, ring the bell, or go back.
const CODES: &str =
    "\u{1b}]0;owned\u{7}\u{1b}[31m\u{1b}[2J\u{9b}31m\u{8}\u{7f}\u{0}\u{85}\u{1b}]52;c;aGk=\u{7}\r";

/// Fails if the output contains a control character from the input.
#[track_caller]
fn check_clean(run: &Run) {
    for text in [without_colours(&run.out), without_colours(&run.err)] {
        let control = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(control, None, "{text:?}");
    }
}

/// A story of two articles with codes in one field of each.
fn with_codes(field: &str) -> Folder {
    let twins = articles();
    let folder = Folder::with(&[]);
    for (id, file) in [("ferry-01", "a.jsonl"), ("ferry-02", "b.jsonl")] {
        let twin = twins.iter().find(|article| article.id == id).expect("the twins are there");
        let text = twin.text.replace(' ', &format!(" {CODES}"));
        let text = if field == "text" { text.as_str() } else { twin.text.as_str() };
        let given = |name: &str| if field == name { format!("{id}{CODES}") } else { id.to_owned() };
        let fields = json!({"title": given("title"), "author": given("author")});
        folder.write(file, article_with(&given("id"), text, fields).as_bytes());
    }
    folder
}

#[track_caller]
fn check_field(field: &str) {
    let folder = with_codes(field);
    check_clean(&folder.run(&["why", "a.jsonl", "b.jsonl", "--full", "--color=always"]));
    for colour in ["--color=always", "--color=never"] {
        let run = folder.run(&["fold", "-v", colour, "a.jsonl", "b.jsonl", "a.jsonl"]);
        assert!(run.out.contains("1 story"), "{}", run.out);
        check_clean(&run);
    }
}

#[test]
fn codes_in_a_title_do_not_reach_the_terminal() {
    check_field("title");
}

#[test]
fn codes_in_a_text_do_not_reach_the_terminal() {
    check_field("text");
}

#[test]
fn codes_in_an_id_do_not_reach_the_terminal() {
    check_field("id");
}

#[test]
fn an_id_of_two_lines_is_one_line_of_the_table() {
    let titled = |id: &str| article_with(id, STORM, json!({"title": "Storm"}));
    let lines = titled("a") + &titled("b\nEVENT forged");
    let run = Folder::with(&[]).run_on(lines.as_bytes(), &["fold", "-"]).code(0);
    assert!(!run.out.lines().any(|line| line.starts_with("EVENT")), "{}", run.out);
}

#[test]
fn codes_in_what_is_refused_do_not_reach_the_terminal() {
    let published = article_with("a", STORM, json!({"published": CODES}));
    let kind = article_with("a", STORM, json!({"title": [CODES]}));
    let folder = Folder::with(&[]);
    for lines in [published, kind] {
        check_clean(&folder.run_on(lines.as_bytes(), &["fold", "--color=always", "-"]));
    }
}
