//! The lines of each crate: product, tests, and tasks of developers.

use std::collections::BTreeMap;

use crate::table::Table;
use crate::tree::{File, Tree};

/// Lines of Rust, with comments and blank lines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// Code that ships, or for `xtask` code that developers run.
    code: usize,
    /// Unit tests, test folders, benchmarks and fuzz targets.
    tests: usize,
}

impl Lines {
    fn of(file: &File) -> Lines {
        let all = file.text.lines().count();
        let code = if file.is_test() { 0 } else { file.code().lines().count() };
        Lines { code, tests: all - code }
    }

    fn add(&mut self, other: Lines) {
        self.code += other.code;
        self.tests += other.tests;
    }
}

/// The lines of each crate, by its folder.
pub(super) fn by_crate(tree: &Tree) -> BTreeMap<String, Lines> {
    let mut crates: BTreeMap<String, Lines> = BTreeMap::new();
    for file in tree.rust() {
        crates.entry(crate_of(&file.path)).or_default().add(Lines::of(file));
    }
    crates
}

/// The folder of the crate that a file belongs to: `crates/feed`, `proto`, `tests`.
fn crate_of(path: &str) -> String {
    let depth = if path.starts_with("crates/") || path.starts_with("services/") { 2 } else { 1 };
    path.split('/').take(depth).collect::<Vec<_>>().join("/")
}

/// A table of the crates, the largest product first, with the sums of product, tests and tasks.
pub(super) fn table(crates: &BTreeMap<String, Lines>) -> Table {
    let is_task = |name: &str| name == "xtask";
    let mut rows: Vec<(&String, &Lines)> = crates.iter().collect();
    rows.sort_by_key(|(name, lines)| (is_task(name), usize::MAX - lines.code));
    let sum = |wanted: fn(&Lines) -> usize, task: bool| -> String {
        let counted = crates.iter().filter(|(name, _)| is_task(name) == task);
        counted.map(|(_, lines)| wanted(lines)).sum::<usize>().to_string()
    };
    let mut table = Table::new(&["crate", "code", "tests"]);
    table.row(["product, all", &sum(|lines| lines.code, false), &sum(|lines| lines.tests, false)]);
    for (name, lines) in rows {
        table.row([name, &lines.code.to_string(), &lines.tests.to_string()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{by_crate, table};
    use crate::tree::{File, Tree};

    #[test]
    fn lines_are_those_of_product_tests_and_tasks() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let tree = Tree {
            files: vec![
                file("crates/feed/src/lib.rs", "a\nb\n#[cfg(test)]\nmod tests {\n}\n"),
                file("crates/feed/src/tests.rs", "a\n"),
                file("xtask/src/main.rs", "a\n"),
                file("tests/main.rs", "a\nb\n"),
                file("README.md", "a\n"),
            ],
        };
        let shown = table(&by_crate(&tree)).to_string();
        let rows: Vec<Vec<&str>> =
            shown.lines().skip(2).map(|row| row.split_whitespace().collect()).collect();
        let expected: [&[&str]; 4] = [
            &["product,", "all", "2", "6"],
            &["crates/feed", "2", "4"],
            &["tests", "0", "2"],
            &["xtask", "1", "0"],
        ];
        assert_eq!(rows, expected);
    }
}
