//! Finds the paths that a Rust file names: the branches of its `use` declarations, and paths that begin with
//! `crate`, `super` or `self`.
//!
//! There is no parser: the text is cut into words and marks, without comments, strings and test modules.

/// A path that a file names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NamedPath<'a> {
    /// Its segments. The last one is `*` if everything is imported.
    pub(super) segments: Vec<&'a str>,
    /// The name that a `use` gives it in this file. `None` for a path within other code.
    pub(super) name: Option<&'a str>,
    /// Counted from 1.
    pub(super) line: usize,
}

/// A word, or a mark that is not part of one.
#[derive(Debug, Clone, Copy)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// The paths in the text of a file, in their order.
pub(super) fn named_paths(text: &str) -> Vec<NamedPath<'_>> {
    let mut found = Vec::new();
    let tokens = tokens(shipped(text));
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let starts_path = is_text(&tokens, at + 1, "::")
            && matches!(token.text, "crate" | "super" | "self")
            && !(at > 0 && is_text(&tokens, at - 1, "::"));
        if token.text == "use" && !is_text(&tokens, at + 1, "<") {
            at = branches(&tokens, at + 1, &[], &mut found);
        } else if starts_path {
            let (segments, end) = segments(&tokens, at);
            found.push(NamedPath { segments, name: None, line: token.line });
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// The text before a module of unit tests.
fn shipped(text: &str) -> &str {
    let is_tests = |(at, mark): &(usize, &str)| {
        let declared = text[at + mark.len()..].lines().next().unwrap_or_default();
        declared.contains("mod ") && declared.ends_with('{')
    };
    let tests = text.match_indices("#[cfg(test)]\n").find(is_tests);
    &text[..tests.map_or(text.len(), |(at, _)| at)]
}

fn is_text(tokens: &[Token<'_>], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.text == text)
}

/// The segments of a path that begins at a token, and the index after them.
fn segments<'a>(tokens: &[Token<'a>], start: usize) -> (Vec<&'a str>, usize) {
    let (mut segments, mut at) = (Vec::new(), start);
    while let Some(token) = tokens.get(at).filter(|token| is_word(token.text) || token.text == "*")
    {
        segments.push(token.text);
        at += 1;
        if !is_text(tokens, at, "::") {
            break;
        }
        at += 1;
    }
    (segments, at)
}

/// Adds every branch of a `use` from a token on, and returns the index after it.
fn branches<'a>(
    tokens: &[Token<'a>],
    start: usize,
    before: &[&'a str],
    found: &mut Vec<NamedPath<'a>>,
) -> usize {
    let line = tokens.get(start).map_or(0, |token| token.line);
    let (own, mut at) = segments(tokens, start);
    let path: Vec<&str> = before.iter().copied().chain(own).collect();
    if is_text(tokens, at, "{") {
        at += 1;
        while at < tokens.len() && !is_text(tokens, at, "}") {
            let next = branches(tokens, at, &path, found);
            // Something unknown is passed over, so that the loop ends.
            at = if is_text(tokens, next, ",") || next == at { next + 1 } else { next };
        }
        return at + 1;
    }
    let mut name = path.last().copied();
    if is_text(tokens, at, "as") {
        name = tokens.get(at + 1).map(|token| token.text);
        at += 2;
    }
    // `use a::{self}` names `a`.
    let is_itself = path.len() > 1 && path.last() == Some(&"self");
    let segments = if is_itself { path[..path.len() - 1].to_vec() } else { path };
    let name = if name == Some("self") { segments.last().copied() } else { name };
    found.push(NamedPath { segments, name, line });
    at
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The words and marks of a text, without comments and the contents of strings.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut line, mut at) = (Vec::new(), 1, 0);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            'r' if raw_string(rest).is_some() => raw_string(rest).unwrap_or(1),
            '"' => string_length(rest),
            '\'' => character_length(rest),
            _ => {
                let length = word_length(rest)
                    .unwrap_or_else(|| if rest.starts_with("::") { 2 } else { first.len_utf8() });
                if !first.is_whitespace() {
                    tokens.push(Token { text: &rest[..length], line });
                }
                length
            }
        };
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

fn word_length(rest: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    rest.starts_with(is_part).then(|| rest.find(|c| !is_part(c)).unwrap_or(rest.len()))
}

/// The length of a raw string that begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
    let opened = rest[1 + hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(2 + hashes + opened.find(&end).map_or(opened.len(), |found| found + end.len()))
}

fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character in quotation marks, or of the mark of a lifetime.
fn character_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        Some(_) => chars.next().filter(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::named_paths;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Option<&str>, usize)]) {
        let found = named_paths(text);
        let found: Vec<(String, Option<&str>, usize)> =
            found.iter().map(|path| (path.segments.join("::"), path.name, path.line)).collect();
        let expected: Vec<(String, Option<&str>, usize)> =
            expected.iter().map(|(path, name, line)| ((*path).to_owned(), *name, *line)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_branch_of_a_use_is_a_path() {
        check("use super::a::B;\n", &[("super::a::B", Some("B"), 1)]);
        check(
            "pub(crate) use crate::{\n    a::{self, B as C},\n    d::*,\n};\nfn f() {}\n",
            &[
                ("crate::a", Some("a"), 2),
                ("crate::a::B", Some("C"), 2),
                ("crate::d::*", Some("*"), 3),
            ],
        );
    }

    #[test]
    fn a_path_within_code_is_found_and_other_text_is_not() {
        check(
            "fn f<'a>(x: &'a super::X) {\n    crate::b::g('\\'', '\"', x);\n}\n",
            &[("super::X", None, 1), ("crate::b::g", None, 2)],
        );
        check("// crate::a\n/* super::b */ \"crate::c\\\"\" r#\"super::\"d\"#;\n", &[]);
        check(
            "fn f() -> impl A + use<'_> {}\n#[cfg(test)]\nmod tests {\n    use super::a;\n}\n",
            &[],
        );
        check("let a = b::crate_::c; std::super_::d;", &[]);
        check("#[cfg(test)]\npub(crate) mod tests {\n    use super::a;\n}\n", &[]);
        check("#[cfg(test)]\nmod tests;\nuse super::a;\n", &[("super::a", Some("a"), 3)]);
    }
}
