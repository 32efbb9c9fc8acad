//! Quotations in single marks, as in British papers, among apostrophes of all kinds.

use super::marks::is_gap;
use crate::seek::seek;
use crate::span::Span;

/// A quotation reaches at most this many bytes unless sentence punctuation stands before its
/// closing mark.
const LONGEST: usize = 400;

/// A quotation whose closing mark has no punctuation on either side is a word or a phrase set off.
const LONGEST_PHRASE: usize = 80;

/// Clipped words, whose apostrophe stands in front, and the tails of words cut apart.
const CLIPPED: &[&str] = &[
    "em", "tis", "twas", "til", "till", "cause", "cos", "coz", "cuz", "bout", "n", "nuff", "s",
    "t", "d", "m", "ll", "re", "ve",
];

/// Names that begin with an ayn, which is transliterated by a single mark.
const AYN: &[&str] = &[
    "abd", "abdallah", "abdel", "abdul", "abdullah", "abbas", "adil", "ain", "alawi", "ali", "amr",
    "ashura", "asr", "ayn", "isa", "umar", "uthman",
];

/// The quotations in single marks of `paragraph` outside `taken`, which is in order and apart.
pub(super) fn single_quotations(original: &str, paragraph: Span, taken: &[Span]) -> Vec<Span> {
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
        if overlaps(span, taken) {
            continue;
        }
        spans.push(span);
        index = at + 1;
    }
    spans
}

/// Whether there is a mark that may open: `'`, or `‘` or `‚`, whose first byte many others have.
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

/// Whether `span` shares a byte with any of `taken`, which are in order and apart.
fn overlaps(span: Span, taken: &[Span]) -> bool {
    let next = taken.partition_point(|other| other.end <= span.start);
    taken.get(next).is_some_and(|other| other.start < span.end)
}

/// A single mark that may open or close a quotation.
struct Single {
    at: usize,
    width: usize,
    opens: bool,
    /// How far back it may close a quotation, in bytes; 0 where it closes none.
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

/// How far before a closing mark its opening mark may be. The possessive of a plural (`the drivers’
/// union`) looks like a closing mark, so such a mark closes nothing.
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

/// The mark that closes what `opener` opened, and its index: the first that may before the next
/// opening.
fn closing_single<'a>(
    singles: &'a [Single],
    opener: &Single,
    from: usize,
) -> Option<(&'a Single, usize)> {
    let ahead = singles.iter().enumerate().skip(from).take_while(|(_, single)| !single.opens);
    let mut closers = ahead.filter(|(_, single)| single.at - opener.at <= single.reach);
    closers.next().map(|(at, single)| (single, at))
}
