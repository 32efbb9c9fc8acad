//! What ARCHITECTURE.md names exists: the functions of its journey, the tests of its invariants.
//!
//! Both are written in backticks. `crates/dedup/src/judge.rs::judge` (or `….rs::Type::method`)
//! names a function in that file; `tidy::size::files_are_short` names a function anywhere, which
//! is how an invariant names its test. A path with capitals, as of a type, is not looked up.

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

const DOCUMENT: &str = "ARCHITECTURE.md";

fn unknown_names(tree: &Tree) -> Vec<Finding> {
    // Until the document is written there is nothing to hold; once the README links to it, the
    // test of links keeps it here.
    let Some(document) = tree.files.iter().find(|file| file.path == DOCUMENT) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    for (index, line) in document.text.lines().enumerate() {
        for (what, remedy) in
            line.split('`').skip(1).step_by(2).filter_map(|span| fault(tree, span))
        {
            findings.push(Finding::new(DOCUMENT, index + 1, what, remedy));
        }
    }
    findings
}

/// What is wrong with a name in backticks, and what to do, if it names a function at all.
fn fault(tree: &Tree, span: &str) -> Option<(String, &'static str)> {
    let (place, name) = span.rsplit_once("::")?;
    let name = name.trim_end_matches("()");
    if let Some((stem, _type)) = place.split_once(".rs") {
        let path = format!("{stem}.rs");
        let Some(file) = tree.rust().find(|file| file.path == path) else {
            return Some((format!("no file {path}"), "name the file that holds the function now"));
        };
        let fault =
            (format!("no function {name} in {path}"), "name the function that is there now");
        return (!declares(file, name)).then_some(fault);
    }
    let is_plain = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        !part.is_empty() && part.chars().all(plain)
    };
    let is_test = is_plain(name) && place.split("::").all(is_plain) && !place.starts_with("std");
    let exists = !is_test || tree.rust().any(|file| declares(file, name));
    let remedy = "name a test that is there now, or write it";
    (!exists).then(|| (format!("no function {name} for `{span}`"), remedy))
}

fn declares(file: &File, name: &str) -> bool {
    let follows =
        |(at, declared): (usize, &str)| file.text[at + declared.len()..].starts_with(['(', '<']);
    let declared = format!("fn {name}");
    file.text.match_indices(declared.as_str()).any(follows)
}

#[test]
fn named_functions_and_tests_exist() {
    assert_none(&unknown_names(&real_tree()));
}

#[test]
fn finds_planted_unknown_names() {
    let document = "\
| 1 | judge | `src/judge.rs::judge` and `src/judge.rs::Index::add` |\n\
| 2 | gone | `src/judge.rs::gone` |\n\
| 3 | moved | `src/moved.rs::judge()` |\n\
Held by `tidy::size::short` and `judge::tests::prefix`.\n\
Never calls `SystemTime::now` or `std::env::var`; prose :: here.\n";
    let code =
        "fn judge(a: u8) {}\nimpl Index {\n    pub fn add<T>() {}\n}\nfn prefix_longer() {}\n";
    let tree = planted(&[
        ("ARCHITECTURE.md", document),
        ("src/judge.rs", code),
        ("tests/tidy/size.rs", "#[test]\nfn short() {}\n"),
    ]);
    let expected = ["ARCHITECTURE.md:2", "ARCHITECTURE.md:3", "ARCHITECTURE.md:4"];
    assert_eq!(places_of(&unknown_names(&tree)), expected);
}
