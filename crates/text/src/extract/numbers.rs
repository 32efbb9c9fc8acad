//! Numbers in a text, in a form that compares: `1,250`, `1.250` and `1 250` are one.

use std::ops::Range;

use crate::analyse::Text;
use crate::span::Span;

/// A number and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The value in canonical form: digits, with `.` before decimals.
    pub value: String,
    /// The words it is made of, as indices into [`Text::words`].
    pub words: Range<usize>,
    /// Where it stands, in bytes of the original.
    pub span: Span,
}

/// Number words of English up to twelve, where style books change to digits.
const SPELLED: &[&str] = &[
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve",
];

/// The numbers among `words`, in order. Furniture has none.
#[must_use]
pub fn numbers(text: &Text, words: Range<usize>) -> Vec<Number> {
    let mut found = Vec::new();
    let mut next = words.start;
    while next < words.end.min(text.words().len()) {
        let end = number_end(text, next, words.end);
        let word = &text.words()[next];
        let spelled = SPELLED.iter().position(|spelled| text.normal(word) == *spelled);
        let value = match spelled {
            _ if word.furniture => None,
            // "one" is a pronoun more often than a number.
            Some(value) if value != 1 => Some(value.to_string()),
            _ if starts_with_digit(text, next) => Some(canonical(text, next..end)),
            _ => None,
        };
        if let Some(value) = value {
            let span = Span { start: word.span.start, end: text.words()[end - 1].span.end };
            found.push(Number { value, words: next..end, span });
        }
        next = end;
    }
    found
}

fn starts_with_digit(text: &Text, index: usize) -> bool {
    text.normal(&text.words()[index]).starts_with(|c: char| c.is_numeric())
}

fn is_digits(text: &Text, index: usize) -> bool {
    text.normal(&text.words()[index]).chars().all(char::is_numeric)
}

/// One past the last word of the number that begins at `start`: groups of three and decimals,
/// joined by a single separator, belong to it.
fn number_end(text: &Text, start: usize, limit: usize) -> usize {
    let mut end = start + 1;
    if !is_digits(text, start) {
        return end;
    }
    while end < limit.min(text.words().len()) && is_digits(text, end) {
        let between =
            Span { start: text.words()[end - 1].span.end, end: text.words()[end].span.start };
        let groups = text.normal(&text.words()[end]).chars().count() == 3;
        let joins = match between.of(text.original()) {
            "." | "," => true,
            "\u{a0}" | "\u{202f}" | " " | "'" | "’" => groups,
            _ => false,
        };
        if !joins {
            break;
        }
        end += 1;
    }
    end
}

/// Groups of three after the first part are thousands; anything else behind a mark is decimals.
fn canonical(text: &Text, words: Range<usize>) -> String {
    let parts: Vec<&str> = words.map(|index| text.normal(&text.words()[index])).collect();
    let (first, rest) = parts.split_first().expect("a number has at least its first word");
    let mut value = first.trim_start_matches('0').to_owned();
    if value.is_empty() {
        value.push('0');
    }
    for part in rest {
        if part.chars().count() != 3 {
            value.push('.');
        }
        value.push_str(part);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: &[&str]) {
        let text = Text::new(original);
        let found: Vec<String> =
            numbers(&text, 0..text.words().len()).into_iter().map(|n| n.value).collect();
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn numbers_compare() {
        check("1,250 and 1.250 and 1 250 people", &["1250", "1250", "1250"]);
        check("4.5 percent, 20% and three dead", &["4.5", "20", "3"]);
        check("one of them, on 007", &["7"]);
        check("5 12 19", &["5", "12", "19"]);
        check("no numbers", &[]);
        check("date 2026-03-05 Then 26", &["26"]);
        check("the 27-nation bloc, 100m", &["27", "100m"]);
    }
}
