//! Checks that functions are short enough to be read in one go, and that files are named after their contents.

use super::functions::functions;
use super::tree::Tree;
use super::{Finding, assert_none, places_of, planted, real_tree};

const FUNCTION_LINES: usize = 60;
/// Names that say nothing about the contents.
const EMPTY_NAMES: [&str; 7] =
    ["common", "helper", "helpers", "manager", "managers", "util", "utils"];

fn long_functions(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        for function in functions(file.code()) {
            if function.length > FUNCTION_LINES {
                let what = format!(
                    "`{}` has {} lines, at most {FUNCTION_LINES}",
                    function.name, function.length
                );
                let remedy = "take a step out and give it a name";
                findings.push(Finding::new(&file.path, function.line, what, remedy));
            }
        }
    }
    findings
}

fn empty_names(tree: &Tree) -> Vec<Finding> {
    let says_nothing = |path: &str| {
        let stem = path.strip_suffix(".rs").unwrap_or(path);
        stem.split('/').any(|name| EMPTY_NAMES.contains(&name))
    };
    let named = tree.rust().filter(|file| says_nothing(&file.path));
    let remedy = "name it after the one thing that it holds";
    named.map(|file| Finding::new(&file.path, 1, "the name says nothing", remedy)).collect()
}

#[test]
fn functions_are_short() {
    assert_none(&long_functions(&real_tree()));
}

#[test]
fn files_are_named_after_their_contents() {
    assert_none(&empty_names(&real_tree()));
}

#[test]
fn finds_a_planted_long_function() {
    let body = |lines: usize| format!("\nfn f() {{\n{}}}\n", "    a();\n".repeat(lines));
    let (limit, over) = (body(59), body(60));
    let tree =
        planted(&[("src/over.rs", &over), ("src/limit.rs", &limit), ("src/over/tests.rs", &over)]);
    assert_eq!(places_of(&long_functions(&tree)), ["src/over.rs:2"]);
}

#[test]
fn finds_planted_empty_names() {
    let tree = planted(&[
        ("src/utils.rs", ""),
        ("src/common/index.rs", ""),
        ("src/commonwealth.rs", ""),
        ("docs/common/a.md", ""),
    ]);
    assert_eq!(places_of(&empty_names(&tree)), ["src/utils.rs:1", "src/common/index.rs:1"]);
}
