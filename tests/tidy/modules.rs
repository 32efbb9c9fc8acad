//! Checks that every source file is a module. A file that no module names is never compiled and misleads
//! readers.

use std::collections::BTreeMap;

use super::{Finding, Tree, assert_none, places_of, planted, real_tree};

/// Files below `src` that no file above them declares by `mod`.
fn unnamed(tree: &Tree) -> Vec<Finding> {
    let texts: BTreeMap<&str, &str> =
        tree.rust().map(|file| (file.path.as_str(), file.text.as_str())).collect();
    let sources = texts.keys().filter(|path| path.contains("/src/") && !is_named(path, &texts));
    let remedy = "name it in the module above, or remove it";
    sources.map(|path| Finding::new(*path, 1, "a file that no module names", remedy)).collect()
}

/// Whether the module above a file declares it. The roots of crates and programs need no declaration.
fn is_named(path: &str, texts: &BTreeMap<&str, &str>) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return true };
    let is_root = folder.ends_with("/src") && matches!(file, "lib.rs" | "main.rs");
    let (above, name) = match file {
        "mod.rs" => folder.rsplit_once('/').unwrap_or_default(),
        _ => (folder, file.trim_end_matches(".rs")),
    };
    let declared = format!("mod {name};");
    let candidates = ["mod.rs", "lib.rs", "main.rs"].map(|root| format!("{above}/{root}"));
    let mut parents = candidates.into_iter().chain([format!("{above}.rs")]);
    let names_it = |text: &&str| text.lines().any(|line| line.trim_end().ends_with(&declared));
    is_root || parents.any(|parent| texts.get(parent.as_str()).is_some_and(names_it))
}

#[test]
fn every_source_file_is_a_module() {
    assert_none(&unnamed(&real_tree()));
}

#[test]
fn finds_a_planted_file_that_no_module_names() {
    let tree = planted(&[
        ("a/src/lib.rs", "mod one;\npub(crate) mod two;\n"),
        ("a/src/one.rs", ""),
        ("a/src/two/mod.rs", "#[cfg(test)]\nmod tests;\n"),
        ("a/src/two/tests.rs", ""),
        ("a/src/two/left.rs", ""),
        ("a/src/three/mod.rs", ""),
    ]);
    assert_eq!(places_of(&unnamed(&tree)), ["a/src/three/mod.rs:1", "a/src/two/left.rs:1"]);
}
