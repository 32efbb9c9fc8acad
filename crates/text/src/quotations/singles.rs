//! Quotations in single marks, as in British newspapers, told apart from apostrophes.

use super::marks::is_gap;
use crate::seek::seek;
use crate::span::Span;

/// A quotation has at most this many bytes, unless sentence punctuation precedes its closing mark.
const LONGEST: usize = 400;

/// A quotation without punctuation on either side of its closing mark is a word or a phrase of at
/// most this many bytes.
const LONGEST_PHRASE: usize = 80;

/// Clipped words, which begin with an apostrophe, and the tails of words that an apostrophe
/// divides.
const CLIPPED: &[&str] = &[
    "em", "tis", "twas", "til", "till", "cause", "cos", "coz", "cuz", "bout", "n", "nuff", "s",
    "t", "d", "m", "ll", "re", "ve",
];

/// Names that begin with an ayn, which is transliterated as a single mark.
const AYN: &[&str] = &[
    "abd", "abdallah", "abdel", "abdul", "abdullah", "abbas", "adil", "ain", "alawi", "ali", "amr",
    "ashura", "asr", "ayn", "isa", "umar", "uthman",
];

/// The quotations in single marks of `paragraph` that do not overlap `doubles`, the quotations in
/// double marks. These are in order and do not overlap.
pub(super) fn single_quotations(original: &str, paragraph: Span, doubles: &[Span]) -> Vec<Span> {
    let text = paragraph.of(original);
    if !may_open(text.as_bytes()) {
        return Vec::new();
    }
    let singles = single_marks(text);
    let mut spans: Vec<Span> = Vec::new();
    let mut index = 0;
    while let Some(opener) = singles.get(index) {
        index += 1;
        if !opener.opens {
            continue;
        }
        let Some((closer, at)) = closing_single(&singles, opener, index) else {
            continue;
        };
        let start = paragraph.start + opener.at;
        let span = Span { start, end: paragraph.start + closer.at + closer.width };
        if overlaps(span, doubles) {
            continue;
        }
        spans.push(span);
        index = at + 1;
    }
    spans
}

/// Whether there is a mark that may open a quotation: `'`, `‘` or `‚`. Many other characters share
/// the first byte of the last two.
fn may_open(bytes: &[u8]) -> bool {
    let mut from = 0;
    while let Some(at) = seek(bytes, from, |byte| (byte == b'\'') | (byte == 0xE2)) {
        if matches!(bytes[at..], [b'\'', ..] | [0xE2, 0x80, 0x98 | 0x9A, ..]) {
            return true;
        }
        from = at + 1;
    }
    false
}

/// Whether `span` shares a byte with one of `doubles`.
fn overlaps(span: Span, doubles: &[Span]) -> bool {
    let next = doubles.partition_point(|other| other.end <= span.start);
    doubles.get(next).is_some_and(|other| other.start < span.end)
}

/// A single mark that may open or close a quotation.
struct Single {
    at: usize,
    width: usize,
    opens: bool,
    /// The greatest distance to its opening mark, in bytes. 0 if it closes nothing.
    reach: usize,
}

fn single_marks(text: &str) -> Vec<Single> {
    let mut singles = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, next)| *next);
        if matches!(c, '‘' | '’' | '\'' | '‚') {
            let width = c.len_utf8();
            let word_after = after.is_some_and(char::is_alphanumeric);
            let opens = c != '’'
                && after.is_some_and(char::is_alphabetic)
                && (is_gap(before) || before == Some('“'))
                && !is_apostrophe_before(&text[at + width..]);
            let closes = c != '‚' && !word_after && !is_gap(before);
            singles.push(Single {
                at,
                width,
                opens,
                reach: if closes { opening_distance(before, after) } else { 0 },
            });
        }
        before = Some(c);
    }
    singles
}

/// Whether a mark before `rest` belongs to its first word: `'em`, `‘Abd al-Rahman`.
fn is_apostrophe_before(rest: &str) -> bool {
    let word: String = rest.chars().take(12).take_while(|c| c.is_alphabetic()).collect();
    let lower = word.to_lowercase();
    CLIPPED.contains(&lower.as_str()) || AYN.contains(&lower.as_str())
}

/// The greatest distance between a closing mark and its opening mark, in bytes. The possessive of a
/// plural (`the drivers’ union`) looks like a closing mark, so such a mark closes nothing.
fn opening_distance(before: Option<char>, after: Option<char>) -> usize {
    if before.is_some_and(|c| ".,!?…".contains(c)) {
        usize::MAX
    } else if after.is_none_or(|c| ".,;:!?)—–".contains(c)) {
        LONGEST
    } else if before.is_some_and(|c| c.is_alphabetic() && !"sxzSXZ".contains(c)) {
        LONGEST_PHRASE
    } else {
        0
    }
}

/// The mark that closes the quotation of `opener`, and its index: the first one in reach before the
/// next opening mark.
fn closing_single<'a>(
    singles: &'a [Single],
    opener: &Single,
    from: usize,
) -> Option<(&'a Single, usize)> {
    let ahead = singles.iter().enumerate().skip(from).take_while(|(_, single)| !single.opens);
    let mut closers = ahead.filter(|(_, single)| single.at - opener.at <= single.reach);
    closers.next().map(|(at, single)| (single, at))
}
