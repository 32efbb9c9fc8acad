//! Double quotation marks, and whether each mark opens or closes.

use crate::script::{is_hangul, stands_alone};
use crate::seek::seek;
use crate::span::Span;

/// Whether a double mark opens or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Opens,
    Closes,
    /// A straight or ambiguous mark. It opens a quotation if none is open, and closes one
    /// otherwise.
    Either,
}

/// A double quotation mark in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) kind: char,
    pub(super) side: Side,
}

impl Mark {
    /// Whether the opening and the closing mark look the same.
    pub(super) fn is_straight(self) -> bool {
        matches!(self.kind, '"' | '＂')
    }
}

/// The double marks of a paragraph.
pub(super) fn marks(original: &str, paragraph: Span) -> Vec<Mark> {
    let text = paragraph.of(original);
    let mut marks = Vec::new();
    let mut from = 0;
    // No other ASCII character is a double mark.
    while let Some(at) = seek(text.as_bytes(), from, |byte| (byte == b'"') | !byte.is_ascii()) {
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        from = at + c.len_utf8();
        if !is_mark(c) {
            continue;
        }
        let (before, after) = (text[..at].chars().next_back(), text[from..].chars().next());
        if let Some(side) = side(c, before, after) {
            let (at, end) = (paragraph.start + at, paragraph.start + from);
            marks.push(Mark { at, end, kind: c, side });
        }
    }
    marks
}

/// Whether a character can be a double mark.
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '«'
            | '»'
            | '“'
            | '”'
            | '„'
            | '‟'
            | '‹'
            | '›'
            | '「'
            | '」'
            | '『'
            | '』'
            | '〝'
            | '〞'
            | '〟'
            | '＂'
            | '｢'
            | '｣'
    )
}

/// Whether there is no word on this side of a mark.
pub(super) fn is_gap(c: Option<char>) -> bool {
    c.is_none_or(|c| c.is_whitespace() || "([{—–-/:;>".contains(c))
}

/// Whether a paragraph begins with a mark that can open.
pub(super) fn starts_open(original: &str, paragraph: Span) -> bool {
    let first = paragraph.of(original).trim_start().chars().next();
    first.is_some_and(|c| matches!(c, '“' | '„' | '«' | '»' | '"' | '「' | '『' | '”'))
}

/// Whether a mark of kind `mark` may close what `opener` opened.
pub(super) fn closes(opener: char, mark: char) -> bool {
    match opener {
        '「' | '｢' => matches!(mark, '」' | '｣'),
        '『' => mark == '』',
        '«' => mark == '»',
        '»' => matches!(mark, '«' | '»'),
        '‹' => mark == '›',
        '›' => matches!(mark, '‹' | '›'),
        // In practice, double commas and straight marks are mixed freely.
        _ => matches!(mark, '”' | '“' | '"' | '＂' | '‟' | '〞' | '〟' | '″'),
    }
}

fn side(c: char, before: Option<char>, after: Option<char>) -> Option<Side> {
    match c {
        '„' | '‟' | '「' | '『' | '〝' | '｢' => Some(Side::Opens),
        '」' | '』' | '〞' | '〟' | '｣' => Some(Side::Closes),
        '“' => Some(upper_commas_side(before, after)),
        '”' if is_gap(before) && !is_gap(after) => Some(Side::Either),
        '”' => Some(Side::Closes),
        '«' | '‹' => Some(left_guillemet_side(before, after)),
        '»' | '›' => Some(right_guillemet_side(before, after)),
        '"' | '＂' if is_inside_word(before, after) => None,
        '"' | '＂' => Some(straight_side(before, after)),
        _ => None,
    }
}

/// `“` opens in English and closes in German. It closes between a word or a mark and a space or
/// another mark (`“Wir gehen“, sagte sie`).
fn upper_commas_side(before: Option<char>, after: Option<char>) -> Side {
    let begins = before.is_none_or(|c| c.is_whitespace() || "([{:/".contains(c));
    let ends =
        after.is_none_or(|c| c.is_whitespace() || ".,;:!?)]}—–-/>，。！？、；：）".contains(c));
    if ends && !begins { Side::Closes } else { Side::Opens }
}

/// `«` opens in French, with or without a space after it, also after an elided word (`l’« affaire
/// »`). It closes in German (`»Nein«`).
fn left_guillemet_side(before: Option<char>, after: Option<char>) -> Side {
    let follows_word = before.is_some_and(char::is_alphanumeric);
    let is_elided = before.is_some_and(|c| matches!(c, '\'' | '’'));
    match (is_gap(before) || is_elided, starts_word(after)) {
        (true, _) => Side::Opens,
        (false, true) if follows_word => Side::Either,
        (false, true) => Side::Opens,
        (false, false) => Side::Closes,
    }
}

/// `»` closes in French. It opens in German, but only directly before a word: between spaces it
/// separates links (`Home » News`).
fn right_guillemet_side(before: Option<char>, after: Option<char>) -> Side {
    let follows_word = before.is_some_and(char::is_alphanumeric);
    if starts_word(after) && !follows_word { Side::Opens } else { Side::Closes }
}

fn starts_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || "$€£‘'…[(¿¡‚›‹„“\"".contains(c))
}

/// Whether a straight mark is between two letters of one word: a Hebrew gershayim or a typing
/// error. Scripts without a space beside a quotation are an exception.
fn is_inside_word(before: Option<char>, after: Option<char>) -> bool {
    let is_joined =
        |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !stands_alone(c) && !is_hangul(c));
    is_joined(before) && is_joined(after)
}

/// A straight mark opens between a gap and a word, and closes between a word and a gap. So one
/// forgotten mark does not invert all later ones. After a digit it may be a unit of measure (12",
/// 5'10"), which opens nothing.
fn straight_side(before: Option<char>, after: Option<char>) -> Side {
    let is_word =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "$€£‘'…[(".contains(c));
    let ends_word =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || ".,!?…)]’'".contains(c));
    match (ends_word(before), is_word(after)) {
        (false, true) => Side::Opens,
        (true, false) => Side::Closes,
        _ if before.is_some_and(|c| c.is_ascii_digit()) => Side::Closes,
        _ => Side::Either,
    }
}
