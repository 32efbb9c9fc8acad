//! Checks that links between our documents resolve.

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree};

/// A link's target and the line it stands on.
type Link<'a> = (usize, &'a str);

fn broken_links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            if path.is_empty() || elsewhere {
                continue;
            }
            let led_to = resolved(file, path);
            if !led_to.is_some_and(|led_to| exists(tree, &led_to)) {
                let what = format!("the link to `{target}` leads nowhere");
                let remedy = "name a file of this repository, from this document's folder";
                findings.push(Finding::new(&file.path, line, what, remedy));
            }
        }
    }
    findings
}

/// Targets of `[text](target)` and `[name]: target`, code left out.
fn links(text: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut in_code_block = false;
    for (index, line) in text.lines().enumerate() {
        in_code_block ^= line.trim_start().starts_with("```");
        if in_code_block {
            continue;
        }
        if let Some((name, target)) = line.split_once("]: ")
            && name.starts_with('[')
        {
            links.push((index + 1, target.trim()));
        }
        // Every second part of a line is between backticks.
        for prose in line.split('`').step_by(2) {
            for after in prose.split("](").skip(1) {
                let target = after.split([')', ' ']).next().unwrap_or_default();
                links.push((index + 1, target));
            }
        }
    }
    links
}

/// The target as a path from the root, or `None` if it climbs out of the repository.
fn resolved(file: &File, target: &str) -> Option<String> {
    let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut names: Vec<&str> =
        if target.starts_with('/') { vec![] } else { folder.split('/').collect() };
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop().filter(|left| !left.is_empty())?;
            }
            name => names.push(name),
        }
    }
    names.retain(|name| !name.is_empty());
    Some(names.join("/"))
}

fn exists(tree: &Tree, path: &str) -> bool {
    let folder = format!("{path}/");
    let is_here = |file: &File| file.path == path || file.path.starts_with(&folder);
    path.is_empty() || tree.files.iter().any(is_here)
}

#[test]
fn links_in_documents_resolve() {
    assert_none(&broken_links(&real_tree()));
}

#[test]
fn finds_planted_broken_links() {
    let document = "\
[a](../src/a.rs) [b](gone.md) ![c](/docs/c.svg) [root](..)\n\
[d](#part) [e](https://example.org/gone.md) [f](mailto:a@example.org)\n\
[g](c.svg#part \"title\") [h](../../outside.md)\n\
`[code](gone.md)`\n\
```\n[code](gone.md)\n```\n\
[name]: gone.md\n\
[folder](../src/)\n";
    let tree = planted(&[("docs/a.md", document), ("docs/c.svg", ""), ("src/a.rs", "")]);
    let expected = ["docs/a.md:1", "docs/a.md:3", "docs/a.md:8"];
    assert_eq!(places_of(&broken_links(&tree)), expected);
}
