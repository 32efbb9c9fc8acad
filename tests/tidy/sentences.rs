//! Checks that no sentence of a comment begins with a clause as its subject: *What is stored …*, *Who asks …*.
//!
//! Such a sentence names no thing. docs/style-of-text.md shows what to write. Questions are allowed.

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

/// The first words of such a clause.
const OPENERS: [&str; 6] = ["What", "Who", "Whoever", "Whom", "Whose", "Whatever"];

const REMEDY: &str = "name the thing, such as `The result of …` (docs/style-of-text.md)";

/// Files with old sentences of this kind, and their number. This list may only shrink.
const OLD: [(&str, usize); 0] = [];

/// Every such sentence beyond the list, and every entry of the list that is too high.
fn clauses_as_subjects(tree: &Tree, old: &[(&str, usize)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let clauses = clauses_of(file);
        let then = old.iter().find(|(path, _)| *path == file.path).map_or(0, |(_, count)| *count);
        if clauses.len() > then {
            findings.extend(clauses.into_iter().map(|(line, sentence)| {
                Finding::new(&file.path, line, format!("`{sentence}`"), REMEDY)
            }));
        } else if clauses.len() < then {
            let what = format!("{} sentences of this kind, and the list has {then}", clauses.len());
            findings.push(Finding::new(&file.path, 1, what, "lower the list in sentences.rs"));
        }
    }
    let gone = |path: &str| !tree.files.iter().any(|file| file.path == path);
    let unknown = old.iter().filter(|(path, _)| gone(path));
    findings.extend(unknown.map(|(path, _)| {
        Finding::new(*path, 1, "no such file", "take it out of the list in sentences.rs")
    }));
    findings
}

/// The sentences that begin with a clause, each with the line of its first word.
fn clauses_of(file: &File) -> Vec<(usize, String)> {
    let mut clauses = Vec::new();
    for (first, comment) in comments(&file.text) {
        for (line, sentence) in sentences(first, &comment) {
            let opener = sentence.split(' ').next().unwrap_or_default();
            if OPENERS.contains(&opener) && !sentence.ends_with('?') {
                clauses.push((line, sentence));
            }
        }
    }
    clauses
}

/// The comments of a file: runs of commented lines, without their marks, each with its first line. A line
/// without text and an item of a list begin a comment of their own.
fn comments(text: &str) -> Vec<(usize, Vec<&str>)> {
    let mut comments: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut is_open = false;
    for (index, line) in text.lines().enumerate() {
        let comment = line.trim_start().strip_prefix("//");
        let words = comment.map(|rest| rest.trim_start_matches(['/', '!']).trim());
        let item = words.and_then(|words| words.strip_prefix("- "));
        let words = words.filter(|words| !words.is_empty());
        if let Some(words) = words {
            match comments.last_mut().filter(|_| is_open && item.is_none()) {
                Some((_, lines)) => lines.push(words),
                None => comments.push((index + 1, vec![item.unwrap_or(words)])),
            }
        }
        is_open = words.is_some();
    }
    comments
}

/// The sentences of a comment whose first line has this number, each with the line of its first word.
fn sentences(first: usize, lines: &[&str]) -> Vec<(usize, String)> {
    let mut sentences: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (index, line) in lines.iter().enumerate() {
        for word in line.split_whitespace() {
            match sentences.last_mut().filter(|_| is_open) {
                Some((_, sentence)) => {
                    sentence.push(' ');
                    sentence.push_str(word);
                }
                None => sentences.push((first + index, word.to_owned())),
            }
            is_open = !word.ends_with(['.', '?', '!']);
        }
    }
    sentences
}

#[test]
fn sentences_name_their_subject() {
    assert_none(&clauses_as_subjects(&real_tree(), &OLD));
}

#[test]
fn finds_each_planted_clause_and_no_question() {
    let lines = [
        "//! Good. What is kept",
        "//! stays.",
        "//!",
        "//! - Who asks is counted.",
        "/// What do two texts share?",
        "fn a() {}",
        "// Whoever comes.",
        "let what = \"What is it\";",
        "// Whole texts. It says what it is.",
    ];
    let text = lines.join("\n");
    let tree = planted(&[("src/a.rs", &text), ("docs/a.md", &text)]);
    assert_eq!(
        places_of(&clauses_as_subjects(&tree, &[])),
        ["src/a.rs:1", "src/a.rs:4", "src/a.rs:7"]
    );
}

#[test]
fn the_list_may_only_shrink() {
    let tree = planted(&[("src/a.rs", "// What is kept.\nfn a() {}\n// What goes.\n")]);
    let found = |old: &[(&str, usize)]| places_of(&clauses_as_subjects(&tree, old)).join(" ");
    assert_eq!(found(&[("src/a.rs", 2)]), "");
    assert_eq!(found(&[("src/a.rs", 1)]), "src/a.rs:1 src/a.rs:3");
    assert_eq!(found(&[("src/a.rs", 3)]), "src/a.rs:1");
    assert_eq!(found(&[("src/a.rs", 2), ("src/gone.rs", 1)]), "src/gone.rs:1");
}
