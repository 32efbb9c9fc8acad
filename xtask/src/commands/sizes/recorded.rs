//! Figures that documents record, and those that follow from documents and settings.

use crate::tree::Tree;

/// The text of a file, empty if it is missing.
pub(super) fn text<'a>(tree: &'a Tree, path: &str) -> &'a str {
    tree.files.iter().find(|file| file.path == path).map_or("", |file| &file.text)
}

/// Questions of a newcomer, each with the link that answers it.
const QUESTIONS: [(&str, &str); 2] = [
    ("reprint", "crates/dedup/src/judge/mod.rs"),
    ("NATS away", "docs/how-to/run-over-nats.md#when-nats-is-away"),
];

/// How many files a newcomer opens after the README to find each answer.
pub(super) fn first_reading(tree: &Tree) -> String {
    let opened = |link: &str| {
        let documents = ["README.md", "ARCHITECTURE.md"];
        documents.iter().position(|document| text(tree, document).contains(link))
    };
    let answers = QUESTIONS.map(|(question, link)| match opened(link) {
        Some(before) => format!("{question} {}", before + 1),
        None => format!("{question}: not linked"),
    });
    answers.join(", ")
}

/// The sums of the tables of docs/reliability.md, in words.
pub(super) fn faults(tree: &Tree) -> String {
    let page = text(tree, "docs/reliability.md");
    let (mut runs, mut unreported, mut stuck, mut head) = (0, 0, 0, Vec::new());
    for line in page.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells.first() == Some(&"fault") {
            head = cells;
            continue;
        }
        let cell = |name: &str| {
            let at = head.iter().position(|column| *column == name);
            at.and_then(|at| cells.get(at)?.parse::<usize>().ok()).unwrap_or(0)
        };
        runs += cell("runs");
        unreported += cell("unreported");
        stuck += cell("stuck");
    }
    match runs {
        0 => "not recorded: see docs/reliability.md".to_owned(),
        _ => format!("{runs} runs, {unreported} unreported, {stuck} stuck"),
    }
}

/// The settings of docs/config.md without a purpose, of all.
pub(super) fn undocumented_keys(tree: &Tree) -> String {
    let rows = text(tree, "docs/config.md").lines().filter(|line| line.starts_with("| `"));
    let purposes: Vec<&str> = rows
        .map(|row| row.trim_end().trim_end_matches('|').rsplit(" | ").next().unwrap_or_default())
        .collect();
    let without = purposes.iter().filter(|purpose| purpose.trim().is_empty()).count();
    format!("{without} of {}", purposes.len())
}

/// The samples of settings that no test reads, of all.
pub(super) fn unparsed_samples(tree: &Tree) -> String {
    let test = text(tree, "crates/wirefold/src/config/tests/sample.rs");
    let stems: Vec<&str> = tree
        .files
        .iter()
        .filter_map(|file| file.path.strip_prefix("deploy/")?.strip_suffix(".toml"))
        .collect();
    let is_read = |stem: &str| {
        test.contains(&format!("\"{stem}\"")) || test.contains(&format!("/{stem}.toml\""))
    };
    let unread = stems.iter().filter(|stem| !is_read(stem)).count();
    format!("{unread} of {}", stems.len())
}

/// The time of the README's first command, as CONTRIBUTING.md records it.
pub(super) fn build_time(tree: &Tree) -> String {
    let record = "the first output took ";
    let after = text(tree, "CONTRIBUTING.md").split(record).nth(1);
    let recorded = after.and_then(|after| after.split('.').next());
    recorded.map_or_else(|| "not recorded: cargo xtask build-time".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        Tree { files: files.iter().map(file).collect() }
    }

    #[test]
    fn figures_are_read_from_their_pages() {
        let page = "| fault | runs | lost | unreported | stuck |\n| --- | --- | --- | --- | --- |\n\
                    | kill | 5 | 0 | 0 | 1 |\n\n| fault | runs | unreported |\n| --- | --- | --- |\n| a | 4 | 2 |\n";
        let tree = tree(&[
            ("docs/reliability.md", page),
            ("docs/config.md", "| key | for |\n|---|---|\n| `a` | it is |\n| `b` |  |\n"),
            ("deploy/one.toml", ""),
            ("deploy/two.toml", ""),
            ("crates/wirefold/src/config/tests/sample.rs", "[\"one\"]"),
            ("CONTRIBUTING.md", "Here the first output took 3 to 4 s. More."),
            ("README.md", "[x](crates/dedup/src/judge/mod.rs)"),
        ]);
        assert_eq!(faults(&tree), "9 runs, 2 unreported, 1 stuck");
        assert_eq!(undocumented_keys(&tree), "1 of 2");
        assert_eq!(unparsed_samples(&tree), "1 of 2");
        assert_eq!(build_time(&tree), "3 to 4 s");
        assert_eq!(first_reading(&tree), "reprint 1, NATS away: not linked");
    }

    #[test]
    fn a_figure_that_nobody_recorded_is_named_as_such() {
        let tree = tree(&[]);
        assert_eq!(faults(&tree), "not recorded: see docs/reliability.md");
        assert_eq!(build_time(&tree), "not recorded: cargo xtask build-time");
    }
}
