//! The path of one article through the code, from the table in ARCHITECTURE.md.

use std::collections::BTreeSet;

use crate::calls::{JOURNEY, files_of_calls, steps_of_journey};

/// The contents of the table.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Journey {
    /// Named functions, one a step.
    pub(super) functions: usize,
    /// Steps that end with a message on the bus.
    pub(super) hops: usize,
    /// Files with these functions.
    files: usize,
    /// Crates with these files.
    crates: usize,
    /// Files with these functions and those that they call directly.
    files_with_calls: usize,
}

impl Journey {
    /// Reads the table: rows that name a function as `path.rs::function` in backticks. A row whose
    /// last cell names a stream is a hop. `sources` are the paths and the code of the product.
    pub(super) fn of(document: &str, sources: &[(&str, &str)]) -> Journey {
        let lines = document.lines().skip_while(|line| !line.starts_with(JOURNEY));
        let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
        let ends_on_bus = |row: &&str| {
            let last = row.split('|').nth(4).unwrap_or_default();
            last.trim().trim_matches('`').starts_with("WF_")
        };
        let steps = steps_of_journey(document);
        let files: BTreeSet<&str> = steps.iter().map(|(path, _)| *path).collect();
        let crates: BTreeSet<&str> =
            files.iter().filter_map(|file| Some(file.split_once("/src/")?.0)).collect();
        Journey {
            functions: steps.len(),
            hops: rows.filter(ends_on_bus).count(),
            files: files.len(),
            crates: crates.len(),
            files_with_calls: files_of_calls(sources, &steps).len(),
        }
    }

    /// The files and crates in words.
    pub(super) fn describe_extent(&self) -> String {
        let Self { files, crates, files_with_calls, .. } = self;
        format!("{files} files and {crates} crates, {files_with_calls} files with direct calls")
    }
}

#[cfg(test)]
mod tests {
    use super::Journey;

    #[test]
    fn counts_what_the_table_names() {
        let document = "| a | b |\n|---|---|\n| `x` | y |\n\n| # | step | function | hop |\n\
                        |---|---|---|---|\n\
                        | 1 | a | `crates/a/src/b.rs::c` | |\n\
                        | 2 | b | `crates/a/src/b.rs::D::e` | `WF_FETCHED` |\n\
                        | 3 | c | `proto/src/f.rs::g` | |\n\n| 4 | other | `h.rs::i` | |\n";
        let sources = [("crates/a/src/b.rs", "fn c() {\n    g();\n}\n"), ("g.rs", "fn g() {}\n")];
        let expected = Journey { functions: 3, hops: 1, files: 2, crates: 2, files_with_calls: 3 };
        assert_eq!(Journey::of(document, &sources), expected);
    }
}
