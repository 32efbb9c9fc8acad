//! Checks that exceptions from lints have a reason.

use super::tree::Tree;
use super::{Finding, assert_none, places_of, planted, real_tree};

/// The beginnings of the attributes, joined so that this file does not contain them.
const EXCEPTIONS: [&str; 4] = [
    concat!("#[al", "low("),
    concat!("#[exp", "ect("),
    concat!("#![al", "low("),
    concat!("#![exp", "ect("),
];

fn exceptions_without_reason(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for start in EXCEPTIONS.iter().flat_map(|begin| file.text.match_indices(begin)) {
            let (offset, begin) = start;
            let attribute = &file.text[offset..];
            let attribute = &attribute[..attribute.find(")]").unwrap_or(attribute.len())];
            if !attribute.contains("reason = \"") {
                let line = file.text[..offset].lines().count().max(1);
                // A match at the start of a line is on the line after the last finished one.
                let line = line + usize::from(file.text[..offset].ends_with('\n'));
                let what = format!("`{begin}…` without a reason");
                let remedy = "add `reason = \"…\"`, or mend what the lint says";
                findings.push(Finding::new(&file.path, line, what, remedy));
            }
        }
    }
    findings
}

#[test]
fn exceptions_from_lints_have_reasons() {
    assert_none(&exceptions_without_reason(&real_tree()));
}

#[test]
fn finds_a_planted_exception_without_reason() {
    let bare: String = EXCEPTIONS.iter().map(|begin| format!("\n    {begin}dead_code)]")).collect();
    let given: String = EXCEPTIONS
        .iter()
        .map(|begin| format!("{begin}\n    dead_code,\n    reason = \"read by tests\"\n)]\n"))
        .collect();
    let tree = planted(&[("src/bare.rs", &bare), ("src/given.rs", &given), ("a.md", &bare)]);
    let expected = ["src/bare.rs:2", "src/bare.rs:3", "src/bare.rs:4", "src/bare.rs:5"];
    assert_eq!(places_of(&exceptions_without_reason(&tree)), expected);
}

#[test]
fn finds_one_that_opens_a_line() {
    let first = format!("{}dead_code)]\n{}unused)]\n", EXCEPTIONS[0], EXCEPTIONS[1]);
    let tree = planted(&[("src/first.rs", &first)]);
    let expected = ["src/first.rs:1", "src/first.rs:2"];
    assert_eq!(places_of(&exceptions_without_reason(&tree)), expected);
}
