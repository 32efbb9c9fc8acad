//! Reads JSON that people wrote into pages, with the errors that browsers and search engines tolerate.

use serde_json::{Deserializer, Value};
use wirefold_feed::html;

/// The most values in one document.
const MOST: usize = 50;

/// The values of a document: one, unless several follow each other. A broken document has those before the break.
pub(super) fn read(document: &str) -> Vec<Value> {
    if let Ok(value) = serde_json::from_str(document.trim()) {
        return vec![value];
    }
    let is_escaped = !document.contains('"') && document.contains("&quot;");
    let repaired = if is_escaped { repair(&html::decode(document)) } else { repair(document) };
    let values = Deserializer::from_str(&repaired).into_iter();
    values.map_while(Result::ok).take(MOST).collect()
}

/// Marks of the script around a document, as old pages have them.
const MARKS: &[&str] = &["<![CDATA[", "]]>", "<!--", "-->", ";"];

/// The document without comments, marks and surplus commas, with line breaks and tabs in its texts escaped, and with the
/// brackets that are missing at its end.
fn repair(document: &str) -> String {
    let mut repaired = String::with_capacity(document.len());
    let mut rest = document.trim_start_matches(['\u{feff}', '\u{a0}']);
    let mut open = Vec::new();
    while let Some(next) = rest.chars().next() {
        if next == '"' {
            rest = copy_text(rest, &mut repaired);
        } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            rest = &rest[mark.len()..];
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if let Some(comment) = rest.strip_prefix("//") {
            let has_mark = MARKS.iter().any(|mark| comment.trim_start().starts_with(mark));
            let line = comment.split_once('\n').map_or("", |(_, after)| after);
            rest = if has_mark { comment } else { line };
        } else {
            match next {
                '{' => open.push('}'),
                '[' => open.push(']'),
                '}' | ']' => {
                    cut_commas(&mut repaired);
                    open.pop();
                }
                ',' => cut_commas(&mut repaired),
                _ => {}
            }
            repaired.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    // Only a closed document is whole: one that is cut within a text is not closed.
    if repaired.trim_end().ends_with(['}', ']']) {
        repaired.extend(open.into_iter().rev());
    }
    repaired
}

/// Removes the commas at the end, before a bracket or another comma.
fn cut_commas(repaired: &mut String) {
    let end = repaired.trim_end_matches(|c: char| c.is_whitespace() || c == ',').len();
    repaired.truncate(end);
}

/// Copies the text at the beginning of `from` with its quotation marks, and returns what follows it.
fn copy_text<'a>(from: &'a str, to: &mut String) -> &'a str {
    to.push('"');
    let mut characters = from.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                to.push('"');
                return &from[at + 1..];
            }
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u'))) => {
                    to.extend(['\\', escaped]);
                }
                Some((_, other)) => to.push(other),
                None => {}
            },
            '\n' => to.push_str("\\n"),
            _ if character.is_control() => to.push(' '),
            _ => to.push(character),
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_json_with_the_usual_errors() {
        let check = |document: &str, expected: &str| {
            let found: Vec<String> = read(document).iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), expected, "{document}");
        };
        check(r#"{"a":1}"#, r#"{"a":1}"#);
        check("{\"a\":\"one\ntwo\tthree\"}", r#"{"a":"one\ntwo three"}"#);
        check(r#"{"a":[1,2,],"b":{"c":1 , },}"#, r#"{"a":[1,2],"b":{"c":1}}"#);
        check(r#"{"a":1};"#, r#"{"a":1}"#);
        check("/* x */ {\"a\": // y\n 1, /* , */}", r#"{"a":1}"#);
        check("//<![CDATA[\n{\"a\":1}\n//]]>", r#"{"a":1}"#);
        check("// <![CDATA[ {\"a\":1} // ]]>", r#"{"a":1}"#);
        check("<!-- {\"a\":1} -->", r#"{"a":1}"#);
        check(r#"{"a":"it\'s // no; comment, }"}"#, r#"{"a":"it's // no; comment, }"}"#);
        check(r#"{"a":1} {"b":2}"#, r#"{"a":1} {"b":2}"#);
        check("{&quot;a&quot;:1}", r#"{"a":1}"#);
        check("\u{feff}{\"a\":1}", r#"{"a":1}"#);
        check("\u{a0} {\"a\":1}", r#"{"a":1}"#);
        check(r#"{"a":1,,"b":[2,,3]}"#, r#"{"a":1,"b":[2,3]}"#);
        check(r#"{"a":{"b":[1]}"#, r#"{"a":{"b":[1]}}"#);
        check(r#"{"a":"cut"#, "");
        check("no json", "");
        check("", "");
    }
}
