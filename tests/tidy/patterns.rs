//! Checks that Rust files do not contain some words, each in a scope and with a remedy.
//!
//! The needles are joined from halves, so that this file does not contain them.

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

/// The scope of a needle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Every line of every Rust file.
    Everywhere,
    /// Shipped code: no test files and no unit tests.
    Shipped,
    /// Test files, and files with unit tests.
    Tested,
}

struct Pattern {
    needle: &'static str,
    scope: Scope,
    remedy: &'static str,
}

const UNFINISHED: &str = "finish it, or leave the item out until it is built";
const FORBIDDEN: &str = "write it in safe Rust, as Cargo.toml forbids anything else";

const PATTERNS: [Pattern; 11] = [
    pattern(
        concat!(".unw", "rap()"),
        Scope::Shipped,
        "use `?`, a default, or `expect(\"why it cannot be\")`",
    ),
    pattern(concat!("to", "do!"), Scope::Everywhere, UNFINISHED),
    pattern(concat!("unimple", "mented!"), Scope::Everywhere, UNFINISHED),
    pattern(concat!("FIX", "ME"), Scope::Everywhere, UNFINISHED),
    pattern(concat!("#[ig", "nore"), Scope::Everywhere, "make the test quick enough to run always"),
    pattern(
        concat!("sle", "ep("),
        Scope::Tested,
        "wait for the event with a deadline, or pause the clock",
    ),
    pattern(concat!("uns", "afe {"), Scope::Everywhere, FORBIDDEN),
    pattern(concat!("uns", "afe fn"), Scope::Everywhere, FORBIDDEN),
    pattern(concat!("uns", "afe impl"), Scope::Everywhere, FORBIDDEN),
    pattern(concat!("uns", "afe extern"), Scope::Everywhere, FORBIDDEN),
    pattern(concat!("uns", "afe trait"), Scope::Everywhere, FORBIDDEN),
];

const fn pattern(needle: &'static str, scope: Scope, remedy: &'static str) -> Pattern {
    Pattern { needle, scope, remedy }
}

fn bad_patterns(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        for pattern in &PATTERNS {
            for (index, line) in text_in(file, pattern.scope).lines().enumerate() {
                if line.contains(pattern.needle) {
                    let what = format!("`{}`", pattern.needle);
                    findings.push(Finding::new(&file.path, index + 1, what, pattern.remedy));
                }
            }
        }
    }
    findings
}

/// The part of the file, from its start, that the scope covers.
fn text_in(file: &File, scope: Scope) -> &str {
    let holds_tests = file.is_test() || file.text.contains("mod tests");
    match scope {
        Scope::Everywhere => &file.text,
        Scope::Shipped if !file.is_test() => file.code(),
        Scope::Tested if holds_tests => &file.text,
        Scope::Shipped | Scope::Tested => "",
    }
}

#[test]
fn rust_files_have_no_forbidden_patterns() {
    assert_none(&bad_patterns(&real_tree()));
}

#[test]
fn finds_each_planted_pattern_where_it_counts() {
    for pattern in &PATTERNS {
        let bare = format!("\n    a{}\n", pattern.needle);
        let unit_test = format!("{bare}#[cfg(test)]\nmod tests {{\n    a{}\n}}\n", pattern.needle);
        let tree = planted(&[
            ("src/a.rs", &bare),
            ("tests/a.rs", &bare),
            ("src/b.rs", &unit_test),
            ("docs/a.md", &bare),
        ]);
        let expected: &[&str] = match pattern.scope {
            Scope::Everywhere => &["src/a.rs:2", "tests/a.rs:2", "src/b.rs:2", "src/b.rs:5"],
            Scope::Shipped => &["src/a.rs:2", "src/b.rs:2"],
            Scope::Tested => &["tests/a.rs:2", "src/b.rs:2", "src/b.rs:5"],
        };
        assert_eq!(places_of(&bad_patterns(&tree)), expected, "{}", pattern.needle);
    }
}
