//! Checks that names in ARCHITECTURE.md and SECURITY.md exist: the functions of an article's path, and the
//! tests of invariants and threats. Files that how-to pages name must also exist.
//!
//! Both are written in backticks. `crates/fold/src/judge/mod.rs::judge` (or `….rs::Type::method`)
//! names a function in that file; `tidy::size::files_are_short` names a function anywhere, which
//! is how an invariant names its test. A path with capitals, as of a type, is not looked up.

use super::calls::{JOURNEY, files_of_calls, steps_of_journey};
use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", SECURITY];
const SECURITY: &str = "SECURITY.md";
/// The most steps in that table.
const STEPS: usize = 12;
/// The most files in which these steps and the functions that they call directly may lie.
const FILES: usize = 40;
/// The folder of the how-to pages.
const HOW_TO: &str = "docs/how-to/";
/// The header of the table of threats, whose fourth column names tests.
const THREATS: &str = "| who | wants |";

fn unknown_names(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A missing document has nothing to check here. The test of links finds it, because the README links to
    // it.
    for file in tree.files.iter().filter(|file| DOCUMENTS.contains(&file.path.as_str())) {
        for (index, line) in file.text.lines().enumerate() {
            let faults = spans(line).filter_map(|span| fault(tree, span));
            findings.extend(
                faults.map(|(what, remedy)| Finding::new(&file.path, index + 1, what, remedy)),
            );
        }
    }
    findings
}

/// The code spans of a line.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// The rows of the table of threats that name no test.
fn untested_threats(tree: &Tree) -> Vec<Finding> {
    let document = tree.files.iter().find(|file| file.path == SECURITY);
    let lines = document.into_iter().flat_map(|file| file.text.lines().enumerate());
    let table = lines.skip_while(|(_, line)| !line.starts_with(THREATS));
    let rows = table.take_while(|(_, line)| line.starts_with('|')).skip(2);
    let is_untested = |line: &str| {
        let shown = line.split('|').nth(4).unwrap_or_default();
        !spans(shown).any(|span| span.contains("::"))
    };
    let untested = rows.filter(|(_, line)| is_untested(line));
    let what = || "a threat without a test".to_owned();
    untested
        .map(|(index, _)| Finding::new(SECURITY, index + 1, what(), "name the test that shows it"))
        .collect()
}

/// The problem with a name in backticks and the remedy. `None` if it names no function.
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

/// The steps that are too many for a reader.
fn steps_too_many(tree: &Tree) -> Vec<Finding> {
    let document = tree.files.iter().find(|file| file.path == DOCUMENTS[0]);
    let lines = document.into_iter().flat_map(|file| file.text.lines().enumerate());
    let table = lines.skip_while(|(_, line)| !line.starts_with(JOURNEY));
    let steps = table.take_while(|(_, line)| line.starts_with('|')).skip(2);
    let what = || format!("an article's journey has more than {STEPS} steps");
    steps
        .skip(STEPS)
        .map(|(index, _)| Finding::new(DOCUMENTS[0], index + 1, what(), "join or leave out a step"))
        .collect()
}

/// The files of the steps and of the functions that they call directly.
fn files_of_journey(tree: &Tree) -> Vec<&str> {
    let document = tree.files.iter().find(|file| file.path == DOCUMENTS[0]);
    let steps = document.map_or_else(Vec::new, |file| steps_of_journey(&file.text));
    let product = tree.rust().filter(|file| !file.is_test() && !file.path.starts_with("xtask/"));
    let sources: Vec<(&str, &str)> =
        product.map(|file| (file.path.as_str(), file.code())).collect();
    files_of_calls(&sources, &steps).into_iter().collect()
}

/// Files that a how-to page names in backticks and that do not exist. A name in capitals is a placeholder,
/// and a path may begin below a folder that the page has named.
fn missing_files(tree: &Tree) -> Vec<Finding> {
    let is_path = |span: &&str| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let has_ending = span.rsplit_once('.').is_some_and(|(_, end)| (2..6).contains(&end.len()));
        let is_own = span
            .split(['/', '.'])
            .any(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_uppercase()));
        span.contains('/') && has_ending && !is_own && span.chars().all(is_part)
    };
    let is_there = |span: &str| {
        tree.files.iter().any(|file| file.path == span || file.path.ends_with(&format!("/{span}")))
    };
    let mut findings = Vec::new();
    for page in tree.files.iter().filter(|file| file.path.starts_with(HOW_TO)) {
        for (index, line) in page.text.lines().enumerate() {
            for span in spans(line).filter(is_path).filter(|span| !is_there(span)) {
                let what = format!("no file {span}");
                let remedy = "follow the page once and name the file that is there now";
                findings.push(Finding::new(&page.path, index + 1, what, remedy));
            }
        }
    }
    findings
}

#[test]
fn the_journey_is_short_and_how_tos_name_files_that_exist() {
    let tree = real_tree();
    let map = tree.files.iter().find(|file| file.path == DOCUMENTS[0]).expect("it is there");
    assert!(map.text.contains(JOURNEY), "the table of the journey has another head now");
    assert_none(&steps_too_many(&tree));
    assert_none(&missing_files(&tree));
}

#[test]
fn the_journey_with_its_direct_calls_lies_in_few_files() {
    let tree = real_tree();
    let files = files_of_journey(&tree);
    let listed = files.join("\n  ");
    assert!(files.len() > STEPS / 2, "the table has another head now");
    assert!(files.len() <= FILES, "{} files, at most {FILES}:\n  {listed}", files.len());
}

#[test]
fn finds_a_planted_long_journey_and_missing_files() {
    let rows: String = (1..=13).map(|step| format!("| {step} | a | `b.rs::c` | |\n")).collect();
    let document = format!("# A\n{JOURNEY} hop |\n|---|---|---|---|\n{rows}\n| # | other |\n");
    let page = "1. `crates/a/src/b.rs`, then `b/c.rs`: add `Odds`.\n2. `crates/a/src/gone.rs`\n\
                3. `src/NAME.rs`, `a/b` and `cargo test a/b.rs`\n";
    let tree = planted(&[
        ("ARCHITECTURE.md", &document),
        ("docs/how-to/a.md", page),
        ("crates/a/src/b.rs", ""),
        ("crates/a/src/b/c.rs", ""),
    ]);
    assert_eq!(places_of(&steps_too_many(&tree)), ["ARCHITECTURE.md:16"]);
    assert_eq!(places_of(&missing_files(&tree)), ["docs/how-to/a.md:2"]);
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

#[test]
fn every_threat_names_a_test() {
    let tree = real_tree();
    let document = tree.files.iter().find(|file| file.path == SECURITY).expect("it is there");
    assert!(document.text.contains(THREATS), "the table has another head now");
    assert_none(&untested_threats(&tree));
}

#[test]
fn finds_planted_threats_without_a_test() {
    let document = "| who | wants | x | shown by | y |\n|---|---|---|---|---|\n\
                    | a | b | `c` | `d::e` | f |\n| a | b | `c::d` | nothing | f |\n\n| other |\n";
    let tree = planted(&[(SECURITY, document)]);
    assert_eq!(places_of(&untested_threats(&tree)), ["SECURITY.md:4"]);
    let expected = ["SECURITY.md:3", "SECURITY.md:4"];
    assert_eq!(places_of(&unknown_names(&tree)), expected, "no such function");
}
