//! Checks that no two modules of a crate import each other, directly or by way of others.
//!
//! Modules are compared with their siblings, at every level: the files and folders of one folder. A folder
//! imports what any file below it imports. An import from `super` counts as one from the sibling that
//! defines the name, if `super` only passes it on. A module and its children may use each other: they are one
//! subject in several files.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::File;
use super::{Finding, Tree, assert_none, places_of, planted, real_tree};
use paths::{NamedPath, named_paths};

mod paths;

/// The segments of a module within its crate. The root of the crate is the empty path.
type ModulePath = Vec<String>;

/// The imports between siblings: from, to, and the first place.
type Imports = BTreeMap<String, BTreeMap<String, ImportedPath>>;

/// Where a file names a path.
struct ImportedPath {
    file: String,
    line: usize,
    path: String,
}

/// One crate: its modules with the paths that they name.
#[derive(Default)]
struct Crate<'a> {
    modules: BTreeMap<ModulePath, Module<'a>>,
}

#[derive(Default)]
struct Module<'a> {
    file: &'a str,
    paths: Vec<NamedPath<'a>>,
}

/// The imports that are part of a circle.
fn circles(tree: &Tree) -> Vec<Finding> {
    let crates = crates(tree);
    let of_siblings = crates.values().flat_map(|krate| krate.imports().into_values());
    of_siblings.flat_map(|imports| in_circles(&imports)).collect()
}

/// The crates of the tree by their folder.
fn crates(tree: &Tree) -> BTreeMap<&str, Crate<'_>> {
    let mut by_root: BTreeMap<&str, Crate<'_>> = BTreeMap::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let Some((root, inside)) = file.path.split_once("/src/") else { continue };
        by_root.entry(root).or_default().add(inside, file);
    }
    by_root
}

/// The module of a file below `src`.
fn module_path(inside: &str) -> ModulePath {
    let stem = inside.trim_end_matches(".rs");
    let stem = stem.strip_suffix("mod").map_or(stem, |folder| folder.trim_end_matches('/'));
    let names = stem.split('/').filter(|name| !matches!(*name, "" | "lib" | "main"));
    names.map(str::to_owned).collect()
}

impl<'a> Crate<'a> {
    fn add(&mut self, inside: &str, file: &'a File) {
        let module = Module { file: &file.path, paths: named_paths(&file.text) };
        self.modules.insert(module_path(inside), module);
    }

    /// The imports between siblings, by the module above them.
    fn imports(&self) -> BTreeMap<ModulePath, Imports> {
        let mut by_parent: BTreeMap<ModulePath, Imports> = BTreeMap::new();
        for (from, module) in &self.modules {
            for path in &module.paths {
                let Some(to) = self.defined_in(from, &path.segments, 0) else { continue };
                let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
                // Otherwise one of them is above the other.
                if let (Some(importing), Some(imported)) = (from.get(shared), to.get(shared)) {
                    let imports = by_parent.entry(from[..shared].to_vec()).or_default();
                    let imported_by = imports.entry(importing.clone()).or_default();
                    imported_by.entry(imported.clone()).or_insert_with(|| ImportedPath {
                        file: module.file.to_owned(),
                        line: path.line,
                        path: path.segments.join("::"),
                    });
                }
            }
        }
        by_parent
    }

    /// The module that defines what a path names. `None` for other crates and names in scope.
    fn defined_in(
        &self,
        from: &ModulePath,
        segments: &[&str],
        passed: usize,
    ) -> Option<ModulePath> {
        let (first, rest) = segments.split_first()?;
        let mut module = match *first {
            "crate" => ModulePath::new(),
            "self" => from.clone(),
            "super" => from.split_last()?.1.to_vec(),
            name => self.child(from, name)?,
        };
        for (at, name) in rest.iter().enumerate() {
            if *name == "super" {
                module.pop();
            } else if let Some(child) = self.child(&module, name) {
                module = child;
            } else {
                return Some(self.passed_on(&module, &rest[at..], passed).unwrap_or(module));
            }
        }
        Some(module)
    }

    fn child(&self, above: &ModulePath, name: &str) -> Option<ModulePath> {
        let child: ModulePath = above.iter().cloned().chain([name.to_owned()]).collect();
        self.modules.contains_key(&child).then_some(child)
    }

    /// The module that defines a name which `module` itself imports.
    fn passed_on(&self, module: &ModulePath, rest: &[&str], passed: usize) -> Option<ModulePath> {
        let (name, below) = rest.split_first()?;
        // Imports that lead back to themselves do not compile, but the test must end.
        let imports = self.modules.get(module).filter(|_| passed < 8)?;
        let import = imports.paths.iter().find(|path| path.name == Some(*name))?;
        let segments: Vec<&str> = import.segments.iter().chain(below).copied().collect();
        self.defined_in(module, &segments, passed + 1)
    }
}

/// The imports among some siblings that lead back to the importing module.
fn in_circles(imports: &Imports) -> Vec<Finding> {
    let mut found = Vec::new();
    for (module, imported) in imports {
        for (name, place) in imported.iter().filter(|(name, _)| reaches(imports, name, module)) {
            let what = format!(
                "{module} imports {name} (`{}`), which imports {module} by some way",
                place.path
            );
            let remedy = "move what both need into a module that imports neither";
            found.push(Finding::new(&place.file, place.line, what, remedy));
        }
    }
    found
}

fn reaches(imports: &Imports, from: &str, to: &str) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        if module == to {
            return true;
        }
        if seen.insert(module) {
            next.extend(imports.get(module).into_iter().flatten().map(|(name, _)| name.as_str()));
        }
    }
    false
}

/// The imports in circles that are left in a crate. The numbers may only fall.
const LEFT: [(&str, usize); 3] =
    [("services/alerter/", 14), ("services/fetcher/", 13), ("services/gateway/", 25)];

/// The circles that are not left, and the crates with fewer of them than are written down.
fn new_circles(found: Vec<Finding>) -> Vec<Finding> {
    let mut new = found;
    for (folder, left) in LEFT {
        let here = new.iter().filter(|it| it.path.starts_with(folder)).count();
        if here <= left {
            new.retain(|it| !it.path.starts_with(folder));
        }
        if here < left {
            let what = format!("{here} imports in circles in {folder}, not {left}");
            new.push(Finding::new(
                "tests/tidy/circles/mod.rs",
                1,
                what,
                "lower the number in LEFT",
            ));
        }
    }
    new
}

#[test]
fn modules_import_each_other_in_no_circle() {
    assert_none(&new_circles(circles(&real_tree())));
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let tree = planted(files);
    let mut found = places_of(&circles(&tree));
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn finds_a_planted_circle_of_three() {
    check(
        &[
            ("a/src/lib.rs", "use crate::one::X;\n"),
            ("a/src/one.rs", "\nuse crate::two::Y;\n// crate::four\n"),
            ("a/src/two/mod.rs", "use crate::four::Z;\n"),
            ("a/src/two/deep.rs", "fn f() {\n    crate::three::g();\n}\n"),
            (
                "a/src/three.rs",
                "use crate::one;\n#[cfg(test)]\nmod tests {\n    use crate::two;\n}\n",
            ),
            ("a/src/four.rs", "#[cfg(test)]\nmod tests {\n    use crate::one;\n}\n"),
            ("b/src/one.rs", "use crate::three;\n"),
        ],
        &["a/src/one.rs:2", "a/src/three.rs:1", "a/src/two/deep.rs:2"],
    );
}

#[test]
fn finds_planted_circles_of_siblings_within_a_folder() {
    let up = "mod one;\nmod three;\nmod two;\nuse two::Two;\nstruct Up;\n";
    check(
        &[
            ("a/src/up/mod.rs", up),
            ("a/src/up/one.rs", "use std::fmt;\n\nuse super::{Two, Up};\n"),
            ("a/src/up/two.rs", "use super::{\n    Up,\n    one::{self, One},\n};\n"),
            // Only the module above passes between these two.
            ("a/src/up/three.rs", "use super::Up;\n"),
        ],
        &["a/src/up/one.rs:3", "a/src/up/two.rs:3"],
    );
}
