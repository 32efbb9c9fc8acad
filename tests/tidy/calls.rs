//! Follows the calls of functions by their names, to find the files that a reader opens.
//!
//! There is no parser. A called name counts if its own file defines it, or else exactly one file does. So calls
//! of common names such as `new` in other files are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::functions::functions;

/// The header of the table with the journey of an article.
pub(crate) const JOURNEY: &str = "| # | step | function |";

/// A function: its file and its name.
pub(crate) type FunctionName<'a> = (&'a str, &'a str);

/// The functions of an article's journey in ARCHITECTURE.md: rows that name one as `path.rs::function`.
pub(crate) fn steps_of_journey(document: &str) -> Vec<FunctionName<'_>> {
    let lines = document.lines().skip_while(|line| !line.starts_with(JOURNEY));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let named = rows.filter_map(|row| row.split('|').nth(3)?.split('`').nth(1)?.split_once("::"));
    named.map(|(path, name)| (path, name.rsplit("::").next().unwrap_or(name))).collect()
}

/// The files of some functions and of the functions that they call directly. `sources` are paths with code.
pub(crate) fn files_of_calls<'a>(
    sources: &[(&'a str, &'a str)],
    start: &[FunctionName<'a>],
) -> BTreeSet<&'a str> {
    let mut bodies: BTreeMap<FunctionName<'_>, String> = BTreeMap::new();
    let mut defined: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, code) in sources {
        let lines: Vec<&str> = code.lines().collect();
        for function in functions(code) {
            let body = lines[function.line - 1..(function.line - 1 + function.length)].join("\n");
            bodies.insert((path, function.name), body);
            defined.entry(function.name).or_default().insert(path);
        }
    }
    let mut files: BTreeSet<&str> = start.iter().map(|(path, _)| *path).collect();
    for place in start {
        let body = bodies.get(place).map_or("", String::as_str);
        for name in called(body) {
            let Some(paths) = defined.get(name) else { continue };
            if !paths.contains(place.0) && paths.len() == 1 {
                files.extend(paths);
            }
        }
    }
    files
}

/// The names before an opening bracket.
fn called(body: &str) -> BTreeSet<&str> {
    let name_before = |(at, _): (usize, &str)| {
        let before = &body[..at];
        let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let start = before.rfind(|c| !is_part(c)).map_or(0, |end| end + 1);
        body.get(start..at).filter(|name| !name.is_empty())
    };
    body.match_indices('(').filter_map(name_before).collect()
}

#[cfg(test)]
mod tests {
    use super::files_of_calls;

    #[test]
    fn direct_calls_of_names_with_one_definition_are_followed() {
        let sources = [
            (
                "a.rs",
                "fn start() {\n    own();\n    far(near(1));\n    new();\n}\nfn own() {\n    deep();\n}\n",
            ),
            ("b.rs", "fn far() {}\nfn new() {}\n"),
            ("c.rs", "fn near() {}\nfn own() {}\nfn new() {}\n"),
            ("d.rs", "fn deep() {}\n"),
        ];
        let files = files_of_calls(&sources, &[("a.rs", "start")]);
        assert_eq!(files.into_iter().collect::<Vec<_>>(), ["a.rs", "b.rs", "c.rs"]);
    }
}
