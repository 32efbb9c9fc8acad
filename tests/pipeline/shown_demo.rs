//! Runs the demo on a terminal and compares it with the excerpt in the README.
//!
//! The feeds of the demo are polled at the same time, so it differs from run to run which paper comes first.
//! Therefore the *forms* of the lines are compared: words and marks without outlets, titles, links and numbers. The titles must be those of the sample articles.

use super::terminal::Terminal;
use super::{PATIENCE, say};
use crate::program::Folder;
use crate::tidy::tree;

/// The arguments of the README's command for the demo, and the block that shows its output.
fn shown_demo(readme: &str) -> (&str, &str) {
    let (_, from) = readme.split_once("cargo run --release -- up").expect("the command is shown");
    let (options, rest) = from.split_once("\n```").expect("the block ends");
    let excerpt = rest.split("```").nth(1).expect("an excerpt follows");
    (options.trim(), excerpt)
}

/// The marks before a title in a line.
const BEFORE_TITLE: [&str; 2] = [".example ", "DEMO · "];

/// The title in a line, if it has one. It ends before the next mark.
fn title(line: &str) -> Option<&str> {
    let from = BEFORE_TITLE.iter().find_map(|mark| line.split_once(mark))?.1.trim_start();
    let title = from.split(" · ").next().unwrap_or(from);
    (!title.is_empty()).then_some(title)
}

/// A line without its title, with a mark for each number, link and outlet.
fn form(line: &str) -> String {
    let line = title(line).map_or_else(|| line.to_owned(), |title| line.replacen(title, "", 1));
    let mark = |word: &str| match word {
        outlet if outlet.ends_with(".example") => "OUTLET".to_owned(),
        link if link.starts_with("http") => "LINK".to_owned(),
        word => {
            let mut marked = word.replace(|c: char| c.is_ascii_digit(), "#");
            while marked.contains("##") {
                marked = marked.replace("##", "#");
            }
            marked
        }
    };
    line.split_whitespace().map(mark).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_demo_prints_lines_of_the_forms_in_the_excerpt() {
    let readme = std::fs::read_to_string(tree::root().join("README.md")).unwrap();
    let (options, excerpt) = shown_demo(&readme);
    let shown: Vec<&str> = excerpt.lines().filter(|line| !line.is_empty()).collect();
    let titles: Vec<&str> = shown.iter().filter_map(|line| title(line)).collect();
    assert!(shown.len() > 6 && titles.len() > 2, "{shown:#?}");
    let articles = std::fs::read_to_string(tree::root().join("seeds/articles.jsonl")).unwrap();
    for title in titles {
        let begin = match title.strip_suffix('…') {
            Some(cut) => format!("\"{}", cut.trim_end()),
            None => format!("\"{title}\""),
        };
        assert!(articles.contains(&begin), "no sample article is called {title:?}");
    }
    let folder = Folder::with(&[]);
    let Some(terminal) = Terminal::start(&folder, &format!("up {options} --data data")) else {
        return say(format_args!("SKIPPED: no `script` to make a terminal"));
    };
    let mut missing: Vec<String> = shown.iter().map(|line| form(line)).collect();
    while !missing.is_empty() {
        let line = terminal.lines.recv_timeout(PATIENCE);
        let Ok(line) = line else {
            panic!("README.md shows lines that did not come: {missing:#?}")
        };
        let printed = form(&line);
        missing.retain(|wanted| *wanted != printed);
    }
}

#[test]
fn a_form_has_no_outlet_title_or_number() {
    for (line, expected) in [
        ("new     lanternpost.example      Bridge closed at 9", "new OUTLET"),
        (
            "copy    lanternpost.example      Bridge closed · 63 % as in hillgazette.example · AP",
            "copy OUTLET · # % as in OUTLET · AP",
        ),
        ("  DEMO · Bridge closed at 9", "DEMO ·"),
        ("page    http://127.0.0.1:8787", "page LINK"),
    ] {
        assert_eq!(form(line), expected);
    }
}
