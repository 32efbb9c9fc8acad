//! The dateline: place, and date where given, that stand before a dispatch's first sentence.

use crate::analyse::Text;
use crate::span::Span;

/// `QUAYTON, Norland, March 3 (Reuters) -`: where and when a dispatch was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dateline {
    /// The place as printed, without date and agency: `QUAYTON, Norland`.
    pub place: String,
    /// The date as printed, where there is one: `March 3`.
    pub date: Option<String>,
    /// The whole dateline with its dash, in bytes of the original.
    pub span: Span,
}

/// A dateline is at most this many bytes long.
const LONGEST: usize = 120;

/// The dateline of `text`: in one of its first five paragraphs, capitals first, a dash behind.
#[must_use]
pub fn dateline(text: &Text) -> Option<Dateline> {
    text.paragraphs()
        .iter()
        .take(5)
        .find_map(|paragraph| in_paragraph(text.original(), paragraph.span))
}

fn in_paragraph(original: &str, paragraph: Span) -> Option<Dateline> {
    let line = paragraph.of(original);
    let (dash_at, dash) = dashes(line).next()?;
    if dash_at > LONGEST {
        return None;
    }
    let head = line[..dash_at].trim();
    let bare = head.split(['(', '/']).next().unwrap_or_default().trim().trim_end_matches(',');
    if !is_place(bare) || head.contains(['.', '“', '"', '?', '!']) && !bare.contains("ST.") {
        return None;
    }
    let (place, date) = split_date(bare);
    let span = Span { start: paragraph.start, end: paragraph.start + dash_at + dash };
    Some(Dateline { place: place.to_owned(), date: date.map(str::to_owned), span })
}

/// Dashes with a space behind or before them, with their length.
fn dashes(line: &str) -> impl Iterator<Item = (usize, usize)> {
    line.char_indices().filter_map(|(at, c)| {
        let spaced = line[at + c.len_utf8()..].starts_with([' ', '\u{a0}']);
        let is_dash =
            matches!(c, '—' | '–' | '―') || (c == '-' && spaced && line[..at].ends_with(' '));
        is_dash.then_some((at, c.len_utf8()))
    })
}

/// Whether the words before the dash look like a place: the first is in capitals.
fn is_place(head: &str) -> bool {
    let first = head.split([' ', ',']).next().unwrap_or_default();
    let letters = first.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2 && !first.chars().any(char::is_lowercase) && head.split_whitespace().count() <= 9
}

/// Splits a trailing date off: the last comma part that holds a digit.
fn split_date(head: &str) -> (&str, Option<&str>) {
    match head.rsplit_once(',') {
        Some((place, date)) if date.chars().any(|c| c.is_ascii_digit()) => {
            (place.trim(), Some(date.trim()))
        }
        _ => (head, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: Option<(&str, Option<&str>)>) {
        let found = dateline(&Text::new(original));
        let found = found.as_ref().map(|d| (d.place.as_str(), d.date.as_deref()));
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn datelines() {
        check("QUAYTON, Norland — The port", Some(("QUAYTON, Norland", None)));
        check("QUAYTON, March 3 (Reuters) - The port", Some(("QUAYTON", Some("March 3"))));
        check("By A. Ruiz\nNEW QUAY (AP) — The port", Some(("NEW QUAY", None)));
        check("КИЇВ — Порт", Some(("КИЇВ", None)));
        check("The port — long closed — opened", None);
        check("Plain text without any.", None);
    }
}
