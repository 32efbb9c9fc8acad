//! Checks that no file depends on the machine on which it was written: no absolute folders, no hosts of one
//! registry.

use super::tree::Tree;
use super::{Finding, assert_none, places_of, planted, real_tree};

/// Folders of one machine, joined so that this file does not contain them.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];

/// Hosts that serve packages. The tools have their addresses, and a mirror must not have to patch them here.
const HOSTS: [&str; 9] = [
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("py", "pi.org"),
    concat!("files.", "pythonhosted.org"),
    concat!("deb.", "debian.org"),
    concat!("security.", "debian.org"),
    concat!("archive.", "ubuntu.com"),
    concat!("registry.", "npmjs.org"),
    concat!("proxy.", "golang.org"),
];

fn machine_bound(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            for folder in FOLDERS.iter().filter(|folder| holds_folder(line, folder)) {
                let what = format!("a path of one machine, `{folder}…`");
                let remedy = "write it from the root of the repository, or take it as an argument";
                findings.push(Finding::new(&file.path, index + 1, what, remedy));
            }
            for host in HOSTS.iter().filter(|host| line.contains(*host)) {
                let what = format!("the registry host {host}");
                let remedy = "name the package and let the tool's own setting find the host";
                findings.push(Finding::new(&file.path, index + 1, what, remedy));
            }
        }
    }
    findings
}

/// Whether the folder begins a path here. After a word, a dot or a variable it is the middle of a path, such
/// as that of a link.
fn holds_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}*)".contains(c))
    })
}

#[test]
fn files_do_not_know_their_machine() {
    assert_none(&machine_bound(&real_tree()));
}

#[test]
fn finds_each_planted_folder() {
    for folder in FOLDERS {
        let bound = format!("\nsee `{folder}me`\n{folder}me\nfile://{folder}me\n");
        let free =
            format!("https://example.org{folder}page\n..{folder}a\n~{folder}a\n$HOME{folder}");
        let tree = planted(&[("a.md", &bound), ("b.txt", &free)]);
        assert_eq!(places_of(&machine_bound(&tree)), ["a.md:2", "a.md:3", "a.md:4"]);
    }
}

#[test]
fn finds_each_planted_host() {
    for host in HOSTS {
        let bound = format!("\nhttps://{host}/simple\n");
        let tree = planted(&[("Dockerfile", &bound), ("free.md", "from crates.io by its index")]);
        assert_eq!(places_of(&machine_bound(&tree)), ["Dockerfile:2"]);
    }
}
