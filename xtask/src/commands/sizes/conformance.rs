//! Counts the promises of the bus's conformance suite and the buses that are tested with it.

use crate::tree::Tree;

const SUITE: &str = "crates/flow/src/conformance/mod.rs";
const MACRO: &str = "conformance_suite!(";

/// Promises and buses in words.
pub(super) fn summary(tree: &Tree) -> String {
    let suite = tree.files.iter().find(|file| file.path == SUITE);
    let promises = suite.map_or(0, |file| promises(&file.text));
    let runs_suite = |text: &str| text.lines().any(|line| line.starts_with(MACRO));
    let others = tree.rust().filter(|file| file.path != SUITE);
    let buses = others.filter(|file| runs_suite(&file.text)).count();
    format!("{promises} tests x {buses} buses")
}

/// The number of names that the macro lists, one on a line.
fn promises(suite: &str) -> usize {
    let macro_text = suite.split("macro_rules! conformance_suite").nth(1).unwrap_or_default();
    let is_name = |line: &&str| {
        let is_part = |c: char| c.is_ascii_lowercase() || c == '_';
        line.contains('_') && line.chars().all(is_part)
    };
    macro_text.lines().map(str::trim).filter(is_name).count()
}

#[cfg(test)]
mod tests {
    use super::summary;
    use crate::tree::{File, Tree};

    #[test]
    fn promises_and_buses_are_counted() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let suite = "fn not_this() {}\nmacro_rules! conformance_suite {\n    ($harness:path) => {\n\
                     one_promise\n            another_promise\n        );\n";
        let tree = Tree {
            files: vec![
                file(super::SUITE, suite),
                file("a.rs", "use x;\nconformance_suite!(a);\n"),
                file("b.rs", "conformance_suite!(a, b);\n"),
                file("c.rs", "/// `conformance_suite!(a)`\n"),
            ],
        };
        assert_eq!(summary(&tree), "2 tests x 2 buses");
    }
}
