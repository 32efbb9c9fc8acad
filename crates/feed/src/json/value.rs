//! Reads JSON leniently, up to the first error.

use crate::limits::MOST_VALUES;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Null, or a value without meaning for a feed.
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Value>),
    /// Names and values in order.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value of an object under a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A text or a number, unless it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Self::Text(text) | Self::Number(text) => Some(text.trim()).filter(|t| !t.is_empty()),
            _ => None,
        }
    }

    /// The values of a list. Empty for anything else.
    pub(crate) fn list(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Some(Self::List(values)) => values,
            _ => &[],
        }
    }
}

/// The part that could be read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) value: Value,
    /// The position of the error, if any, and the number of lists and objects that were open there.
    pub(super) broken: Option<(usize, usize)>,
}

/// The error of lists and objects that are nested too deeply.
#[derive(Debug)]
pub(super) struct TooDeep;

/// A list or an object that is being read.
enum Open {
    List(Vec<Value>),
    Object(Vec<(String, Value)>, Option<String>),
}

/// The next part of a document.
enum Next {
    Opened,
    Value(Value),
    Nothing,
}

/// Reads a text that begins with a list or an object, without recursion.
pub(super) fn read(text: &str, deepest: usize) -> Result<Read, TooDeep> {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<Open> = Vec::new();
    for _ in 0..MOST_VALUES {
        let value = match reader.next(&mut open) {
            Next::Opened if open.len() > deepest => return Err(TooDeep),
            Next::Opened => continue,
            Next::Value(value) => value,
            Next::Nothing => break,
        };
        match open.last_mut() {
            None => return Ok(Read { value, broken: None }),
            Some(Open::List(values)) => values.push(value),
            Some(Open::Object(members, key)) => match (key.take(), value) {
                (Some(name), value) => members.push((name, value)),
                (None, Value::Text(name)) if reader.colon() => *key = Some(name),
                (None, _) => break,
            },
        }
    }
    let depth = open.len();
    Ok(Read { value: all_closed(open), broken: Some((reader.at, depth)) })
}

fn closed(open: Open) -> Value {
    match open {
        Open::List(values) => Value::List(values),
        Open::Object(members, _) => Value::Object(members),
    }
}

/// Closes the lists and objects that an error left open.
fn all_closed(mut open: Vec<Open>) -> Value {
    let mut value = Value::Null;
    while let Some(last) = open.pop() {
        let mut outer = last;
        match &mut outer {
            Open::List(values) if value != Value::Null => values.push(value),
            Open::Object(members, key) if value != Value::Null => {
                members.extend(key.take().map(|name| (name, value)));
            }
            _ => {}
        }
        value = closed(outer);
    }
    value
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// The next sign that is neither white space nor a comma.
    fn sign(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let skipped = rest.iter().position(|b| !b.is_ascii_whitespace() && *b != b',')?;
        self.at += skipped;
        rest.get(skipped).copied()
    }

    fn next(&mut self, open: &mut Vec<Open>) -> Next {
        let sign = self.sign();
        match sign {
            Some(b'{') => open.push(Open::Object(Vec::new(), None)),
            Some(b'[') => open.push(Open::List(Vec::new())),
            Some(b'}' | b']') => {
                self.at += 1;
                return open.pop().map_or(Next::Nothing, |open| Next::Value(closed(open)));
            }
            Some(_) => return self.scalar().map_or(Next::Nothing, Next::Value),
            None => return Next::Nothing,
        }
        self.at += 1;
        Next::Opened
    }

    fn colon(&mut self) -> bool {
        let is_colon = self.sign() == Some(b':');
        self.at += usize::from(is_colon);
        is_colon
    }

    fn scalar(&mut self) -> Option<Value> {
        let rest = &self.text[self.at..];
        if rest.starts_with('"') {
            return self.string().map(Value::Text);
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number if number.parse::<f64>().is_ok_and(f64::is_finite) => {
                Value::Number(number.to_owned())
            }
            _ => return None,
        };
        self.at += end;
        Some(value)
    }

    /// Reads a text from its quotation mark to the next. `None` if there is no second mark.
    fn string(&mut self) -> Option<String> {
        let rest = &self.text[self.at + 1..];
        let mut value = String::new();
        let mut signs = rest.char_indices();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' => {
                    self.at += at + 2;
                    return Some(value);
                }
                '\\' => match signs.next()?.1 {
                    'n' => value.push('\n'),
                    't' => value.push('\t'),
                    'r' => value.push('\r'),
                    'b' | 'f' => value.push(' '),
                    'u' => {
                        let first = code(&mut signs)?;
                        value.push(character(first, &mut signs));
                    }
                    other => value.push(other),
                },
                other => value.push(other),
            }
        }
        None
    }
}

/// The number of four hexadecimal digits.
fn code(signs: &mut std::str::CharIndices<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        code = code * 16 + signs.next()?.1.to_digit(16)?;
    }
    Some(code)
}

/// The character of a code, or of the surrogate pair that it begins.
fn character(first: u32, signs: &mut std::str::CharIndices<'_>) -> char {
    if (0xD800..0xDC00).contains(&first) {
        let mut ahead = signs.clone();
        let is_escape = ahead.next().is_some_and(|(_, c)| c == '\\')
            && ahead.next().is_some_and(|(_, c)| c == 'u');
        if is_escape && let Some(second @ 0xDC00..0xE000) = code(&mut ahead) {
            *signs = ahead;
            let both = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return char::from_u32(both).unwrap_or('\u{fffd}');
        }
    }
    char::from_u32(first).unwrap_or('\u{fffd}')
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use proptest::prelude::*;

    use super::*;

    impl fmt::Display for Value {
        /// Writes JSON in one line. Recurses to the depth of the value.
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self {
                Self::Null => f.write_str("null"),
                Self::Bool(value) => write!(f, "{value}"),
                Self::Number(number) => f.write_str(number),
                Self::Text(text) => quoted(text, f),
                Self::List(values) => {
                    for (at, value) in values.iter().enumerate() {
                        write!(f, "{}{value}", if at == 0 { "[" } else { "," })?;
                    }
                    f.write_str(if values.is_empty() { "[]" } else { "]" })
                }
                Self::Object(members) => {
                    for (at, (name, value)) in members.iter().enumerate() {
                        f.write_str(if at == 0 { "{" } else { "," })?;
                        quoted(name, f)?;
                        write!(f, ":{value}")?;
                    }
                    f.write_str(if members.is_empty() { "{}" } else { "}" })
                }
            }
        }
    }

    fn quoted(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for sign in text.chars() {
            match sign {
                '"' | '\\' => write!(f, "\\{sign}")?,
                control if control.is_control() || matches!(control, '\u{2028}' | '\u{2029}') => {
                    write!(f, "\\u{:04x}", u32::from(control))?;
                }
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("\"")
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = read(text, 64).unwrap();
        assert_eq!(found.value.to_string(), expected, "{text}");
    }

    #[test]
    fn reads_whole_documents() {
        check(
            r#"{"a":[1,-2.5e3,true,null,"x"],"b":{}}"#,
            r#"{"a":[1,-2.5e3,true,null,"x"],"b":{}}"#,
        );
        check(r#"["\u00e9\ud83d\ude00\n\"\/\ud800"]"#, "[\"é😀\\u000a\\\"/\u{fffd}\"]");
        check(" [ ] ", "[]");
    }

    #[test]
    fn reads_broken_documents_up_to_the_error() {
        check(r#"{"a":[1,{"b":"c"},{"d":"#, r#"{"a":[1,{"b":"c"},{}]}"#);
        check(r#"{"a":1,"b":x}"#, r#"{"a":1}"#);
        check(r#"{"a":1,}"#, r#"{"a":1}"#);
        assert_eq!(read(r#"{"a":[{"b":"#, 64).unwrap().broken, Some((11, 3)));
        assert!(read(&"[".repeat(65), 64).is_err());
        assert!(read(&"[1],".repeat(10), 64).unwrap().broken.is_none());
    }

    proptest! {
        #[test]
        fn written_values_are_read_back(text in "\\PC{0,20}", number: i32) {
            let value = serde_json::json!({"t": text, "n": [number, {"x": null}]});
            let read = read(&value.to_string(), 64).unwrap();
            prop_assert!(read.broken.is_none());
            let back: serde_json::Value = serde_json::from_str(&read.value.to_string()).unwrap();
            prop_assert_eq!(back, value);
        }
    }
}
