//! Checks the layout of `crates/dedup/src`: its folders follow the path of an article, and each imports only
//! from those before it.

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

const SRC: &str = "crates/dedup/src/";
/// The folders in order, with the single files beside them first.
const ROOMS: [&str; 12] = [
    "ids", "settings", "codec", "body", "boilerplate", "index", "compare", "judge", "story",
    "event", "store", "detector",
];

/// The module of a path within `src`.
fn module_of(inside: &str) -> &str {
    let first = inside.split('/').next().unwrap_or(inside);
    first.trim_end_matches(".rs")
}

/// The modules that a line names from the root of the crate.
fn named_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).filter_map(|after| {
        let end = after.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        Some(&after[..end.unwrap_or(after.len())]).filter(|name| !name.is_empty())
    })
}

/// The index of the folder of a path within the sources.
fn room_of(path: &str) -> Option<usize> {
    let module = module_of(path.strip_prefix(SRC)?);
    ROOMS.iter().position(|room| module == *room)
}

/// The folders that a line imports from or names.
fn rooms_in(line: &str) -> impl Iterator<Item = usize> {
    named_modules(line).filter_map(|name| ROOMS.iter().position(|room| *room == name))
}

fn check(tree: &Tree) -> Vec<Finding> {
    let ours = |file: &&File| file.path.starts_with(SRC) && file.path != format!("{SRC}lib.rs");
    let mut findings = Vec::new();
    for file in tree.rust().filter(ours) {
        let Some(room) = room_of(&file.path) else {
            let what = "a file beside the rooms";
            findings.push(Finding::new(&file.path, 1, what, "put it into one of the rooms"));
            continue;
        };
        let lines = file.code().lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            if let Some(later) = rooms_in(line).find(|other| *other > room) {
                let what =
                    format!("{} imports from {}, which comes after it", ROOMS[room], ROOMS[later]);
                let remedy = "move what both need into the earlier room";
                findings.push(Finding::new(&file.path, at + 1, what, remedy));
            }
        }
    }
    findings
}

#[test]
fn a_room_of_dedup_imports_from_those_before_it() {
    let tree = real_tree();
    let rooms = tree.rust().filter_map(|file| room_of(&file.path));
    assert_eq!(rooms.collect::<std::collections::BTreeSet<_>>().len(), ROOMS.len());
    assert_none(&check(&tree));
}

#[test]
fn an_import_from_a_later_room_is_found() {
    let tree = planted(&[
        ("crates/dedup/src/body/terms.rs", "use crate::ids::DocId;\nuse crate::judge::Rule;\n"),
        (
            "crates/dedup/src/judge/rule.rs",
            "use crate::body::Body;\n#[cfg(test)]\nuse crate::detector::D;\n",
        ),
        ("crates/dedup/src/late.rs", "\n"),
    ]);
    let found = check(&tree);
    assert_eq!(
        places_of(&found),
        ["crates/dedup/src/body/terms.rs:2", "crates/dedup/src/late.rs:1"]
    );
}
