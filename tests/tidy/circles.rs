//! Checks that modules of a crate do not import each other in a circle. Modules are the files and folders
//! directly below `src`; the root is left out, because it names all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Tree, assert_none, places_of, planted, real_tree};

/// The imports between modules of a crate, each with the first file and line.
type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, (&'a str, usize)>>;

fn circles(tree: &Tree) -> Vec<Finding> {
    imports(tree).values().flat_map(in_circles).collect()
}

/// The imports of each crate, by the folder above its `src`.
fn imports(tree: &Tree) -> BTreeMap<&str, Imports<'_>> {
    let mut by_crate: BTreeMap<&str, Imports<'_>> = BTreeMap::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let Some((root, inside)) = file.path.split_once("/src/") else { continue };
        let module = module_of(inside);
        if matches!(module, "lib" | "main") {
            continue;
        }
        let imported = by_crate.entry(root).or_default().entry(module).or_default();
        let shipped = file.text.split("mod tests {").next().unwrap_or_default();
        let lines = shipped.lines().enumerate();
        for (at, line) in lines.filter(|(_, line)| !line.trim_start().starts_with("//")) {
            for name in named_modules(line).filter(|name| *name != module) {
                imported.entry(name).or_insert((&file.path, at + 1));
            }
        }
    }
    by_crate
}

/// The module of a path within `src`.
pub(super) fn module_of(inside: &str) -> &str {
    let first = inside.split('/').next().unwrap_or(inside);
    first.trim_end_matches(".rs")
}

/// The modules that a line names from the root of the crate.
pub(super) fn named_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).filter_map(|after| {
        let end = after.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        Some(&after[..end.unwrap_or(after.len())]).filter(|name| !name.is_empty())
    })
}

/// Every import through which a module can reach itself.
fn in_circles(imports: &Imports<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (module, imported) in imports {
        for (name, (path, line)) in
            imported.iter().filter(|(name, _)| reaches(imports, name, module))
        {
            let what = format!("{module} imports {name}, which imports {module} by some way");
            findings.push(Finding::new(*path, *line, what, "move what both need below both"));
        }
    }
    findings
}

fn reaches(imports: &Imports<'_>, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            next.extend(
                imports.get(module).into_iter().flat_map(|imported| imported.keys().copied()),
            );
        }
    }
    false
}

#[test]
fn modules_import_each_other_in_no_circle() {
    assert_none(&circles(&real_tree()));
}

#[test]
fn finds_a_planted_circle_of_three() {
    let tree = planted(&[
        ("a/src/lib.rs", "use crate::one::X;\n"),
        ("a/src/one.rs", "\nuse crate::two::Y;\n// crate::four\n"),
        ("a/src/two/mod.rs", "use crate::four::Z;\n"),
        ("a/src/two/deep.rs", "fn f() {\n    crate::three::g();\n}\n"),
        ("a/src/three.rs", "use crate::one;\n#[cfg(test)]\nmod tests {\n    use crate::two;\n}\n"),
        ("a/src/four.rs", "#[cfg(test)]\nmod tests {\n    use crate::one;\n}\n"),
        ("b/src/one.rs", "use crate::three;\n"),
    ]);
    let expected = ["a/src/one.rs:2", "a/src/three.rs:1", "a/src/two/deep.rs:2"];
    let mut found = places_of(&circles(&tree));
    found.sort();
    assert_eq!(found, expected);
}
