//! Reads JSON that people wrote into pages, with the errors that browsers and search engines tolerate, and with quotation marks
//! that somebody forgot to escape. No crate for lenient JSON reads such texts.

use serde_json::{Deserializer, Value};
use wirefold_feed::html;

/// The most values in one document.
const MOST: usize = 50;
/// How many bytes after a quotation mark show whether it ends its text.
const LOOK_AHEAD: usize = 200;

/// The values of a document: one, unless several follow each other. A broken document has those before the break.
pub(super) fn read(document: &str) -> Vec<Value> {
    if let Ok(value) = serde_json::from_str(document.trim()) {
        return vec![value];
    }
    // Quotation marks that a program for texts made of it.
    let plain = match document.contains('"') {
        true => document,
        false => &html::decode(document).replace(['“', '”', '„'], "\""),
    };
    // Marks of the script around a document, as old pages have them.
    let marks = ["<!--", "<![CDATA[", "]]>"].into_iter();
    let plain = marks.fold(plain.to_owned(), |rest, mark| rest.replace(mark, "\n"));
    let repaired = Repair::of(&plain);
    let values = Deserializer::from_str(&repaired).into_iter();
    values.map_while(Result::ok).take(MOST).collect()
}

/// A document while it is repaired: only its brackets, texts, signs and words, as JSON has them.
struct Repair<'a> {
    rest: &'a str,
    repaired: String,
    /// The brackets that close the open ones.
    open: Vec<char>,
    /// Whether its names have no quotation marks.
    has_bare_names: bool,
}

impl<'a> Repair<'a> {
    fn of(document: &'a str) -> String {
        let (repaired, open) = (String::new(), Vec::new());
        let mut repair = Self { rest: document, repaired, open, has_bare_names: false };
        loop {
            repair.rest = without_blanks(repair.rest);
            let Some(next) = repair.rest.chars().next() else { break };
            repair.read(next);
        }
        if !repair.open.is_empty() {
            repair.end_value();
        }
        repair.repaired.extend(repair.open.into_iter().rev());
        repair.repaired
    }

    /// Reads the next part, which begins with `next`. Words and signs outside brackets are a script: `var x = {…};`.
    fn read(&mut self, next: char) {
        let is_outside = self.open.is_empty();
        match next {
            '{' | '[' => {
                self.begin_value();
                self.repaired.push(next);
                self.open.push(if next == '{' { '}' } else { ']' });
            }
            '}' | ']' => self.close(next),
            '"' | '\'' if !is_outside => return self.read_text(next),
            ',' if !is_outside => {
                self.end_value();
                if !self.repaired.ends_with(['{', '[']) {
                    self.repaired.push(',');
                }
            }
            ':' if !is_outside => self.repaired.push(':'),
            _ if !is_outside && (next.is_alphanumeric() || "-._@$".contains(next)) => {
                return self.read_word();
            }
            _ => {}
        }
        self.rest = &self.rest[next.len_utf8()..];
    }

    /// Adds the comma that is missing before a value or a name.
    fn begin_value(&mut self) {
        if !self.repaired.ends_with(['{', '[', ',', ':']) && !self.open.is_empty() {
            self.repaired.push(',');
        }
    }

    /// Adds the value that is missing after a name, and removes a surplus comma.
    fn end_value(&mut self) {
        if self.repaired.ends_with(':') {
            self.repaired.push_str("null");
        } else if self.repaired.ends_with(',') {
            self.repaired.pop();
        }
    }

    /// Closes a bracket, and before it those that were forgotten inside.
    fn close(&mut self, bracket: char) {
        if self.open.contains(&bracket) {
            self.end_value();
            while let Some(inner) = self.open.pop() {
                self.repaired.push(inner);
                if inner == bracket {
                    break;
                }
            }
        }
    }

    /// Reads a number, a word, or a name without quotation marks. `undefined` and the like are no value.
    fn read_word(&mut self) {
        self.begin_value();
        let is_name = self.is_at_name();
        let is_end = |c: char| c.is_whitespace() || ",:;{}[]\"'/".contains(c);
        let (word, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        self.rest = rest;
        if is_name {
            self.has_bare_names = true;
            self.repaired.extend(["\"", word, "\""]);
            return;
        }
        let is_value = serde_json::from_str::<Value>(word).is_ok();
        self.repaired.push_str(if is_value { word } else { "null" });
    }

    /// Whether the name of a member is next.
    fn is_at_name(&self) -> bool {
        self.open.last() == Some(&'}') && self.repaired.ends_with(['{', ','])
    }

    /// Reads a text up to the quotation mark that ends it. A text without one stays open.
    fn read_text(&mut self, mark: char) {
        self.begin_value();
        let is_in_object = self.open.last() == Some(&'}');
        let is_name = self.is_at_name();
        let text = &self.rest[1..];
        self.repaired.push('"');
        self.rest = "";
        let mut characters = text.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                _ if character == mark
                    && self.ends_text(&text[at + 1..], mark, is_name, is_in_object) =>
                {
                    self.repaired.push('"');
                    self.rest = &text[at + 1..];
                    return;
                }
                '"' => self.repaired.push_str("\\\""),
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u'))) => {
                        self.repaired.extend(['\\', escaped]);
                    }
                    // `\x27` of JavaScript.
                    Some((sign, 'x')) if is_hex(text, sign + 1) => self.repaired.push_str("\\u00"),
                    Some((_, other)) => self.repaired.push(other),
                    None => {}
                },
                '\n' => self.repaired.push_str("\\n"),
                _ if character.is_control() => self.repaired.push(' '),
                _ => self.repaired.push(character),
            }
        }
    }

    /// Whether a text ends with a quotation mark, by what follows it. Within a text, a quotation is followed by other things.
    fn ends_text(&self, after: &str, mark: char, is_name: bool, is_in_object: bool) -> bool {
        let after = without_blanks(&after[..after.floor_char_boundary(LOOK_AHEAD)]);
        if is_name {
            return after.starts_with(':');
        }
        let next =
            without_blanks(after.trim_start_matches(|c: char| c == ',' || c.is_whitespace()));
        let is_other_value = || after.starts_with(',') && next.starts_with([mark, '{', '[']);
        let is_next = if is_in_object {
            begins_member(next, (!self.has_bare_names).then_some(mark))
        } else {
            is_other_value()
        };
        next.is_empty() || next.starts_with(['}', ']']) || is_next
    }
}

fn is_hex(text: &str, at: usize) -> bool {
    text.get(at..at + 2).is_some_and(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Whether a name with its colon is next.
fn begins_member(next: &str, mark: Option<char>) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "@:._-$".contains(c);
    let name = match mark {
        Some(mark) => next.strip_prefix(mark).and_then(|name| name.split_once(mark)),
        None => next.find(':').map(|end| next.split_at(end)),
    };
    name.is_some_and(|(name, rest)| {
        name.chars().all(is_of_name) && rest.trim_start().starts_with(':')
    })
}

/// The rest after spaces and comments.
fn without_blanks(mut rest: &str) -> &str {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        rest = if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if let Some(comment) = rest.strip_prefix("//") {
            comment.split_once('\n').map_or("", |(_, after)| after)
        } else {
            return rest;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(document: &str, expected: &str) {
        let found: Vec<String> = read(document).iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expected, "{document}");
    }

    #[test]
    fn reads_json_with_the_usual_errors() {
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
        check(r#"{,"a":1,,"b":[,2,,3]}"#, r#"{"a":1,"b":[2,3]}"#);
        check(r#"{"a":{"b":[1]}"#, r#"{"a":{"b":[1]}}"#);
        check(r#"{"a":"cut"#, "");
        check(r#"{"a":"cut \""#, "");
        check(r#"[{"a":"x","b":1"#, r#"[{"a":"x","b":1}]"#);
        check(r#"{"a":"x","b":"#, r#"{"a":"x","b":null}"#);
        check("no json", "");
    }

    #[test]
    fn reads_json_with_the_errors_of_templates() {
        check(
            r#"{"a":"The ferry "Islay Rose"","b":"x"}"#,
            r#"{"a":"The ferry \"Islay Rose\"","b":"x"}"#,
        );
        check(
            r#"{"a":""Nobody sails", said Lee: "never", "ever"", "b" : ["x "y" z", "w"]}"#,
            r#"{"a":"\"Nobody sails\", said Lee: \"never\", \"ever\"","b":["x \"y\" z","w"]}"#,
        );
        check(r#"{"a":{"b":"The "Rose""}, "c":""}"#, r#"{"a":{"b":"The \"Rose\""},"c":""}"#);
        check(
            r#"{"a":"one "two"","b":"x" // y
            ,"c":"z" "d":1}"#,
            r#"{"a":"one \"two\"","b":"x","c":"z","d":1}"#,
        );
        check(r#"var x = {"a":1};"#, r#"{"a":1}"#);
        check(r#"window.page = {"a":1}; window.other = [2];"#, r#"{"a":1} [2]"#);
        check(r#"{"a":undefined,"b":,"c": NaN,"d":}"#, r#"{"a":null,"b":null,"c":null,"d":null}"#);
        check(
            "{\"a\":\"x\"\n\"b\":true\n\"c\":[{\"d\":-1.5}{}]}",
            r#"{"a":"x","b":true,"c":[{"d":-1.5},{}]}"#,
        );
        check(r#"{"a":"Entre l\x27Est"}"#, r#"{"a":"Entre l'Est"}"#);
        check(
            r#"{"a":"<b class="x y">One</b>","b":1}"#,
            r#"{"a":"<b class=\"x y\">One</b>","b":1}"#,
        );
        check(r#"{'a':'it's "so"','b':1}"#, r#"{"a":"it's \"so\"","b":1}"#);
        check(r#"{"a":[{"b":1],"c":2}}"#, r#"{"a":[{"b":1}],"c":2}"#);
        check(r#"{@type:"A",b:{c:"d",e:f}}"#, r#"{"@type":"A","b":{"c":"d","e":null}}"#);
        check(
            r#"{“a”:“one ‘two’ “three”, four”,“b”:[“x”]}"#,
            r#"{"a":"one ‘two’ \"three\", four","b":["x"]}"#,
        );
        check(r#"{&#8220;a&#8221;:&#8220;x&#8221;}"#, r#"{"a":"x"}"#);
        check(r#"{"a":"“x” and “y”","b":1,}"#, r#"{"a":"“x” and “y”","b":1}"#);
        check("", "");
    }
}
