//! Sentences: the boundaries of UAX #29, corrected for the dots of abbreviations and initials.

use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;

use crate::seek::seek;
use crate::span::Span;
use crate::word_filter::WordFilter;

/// Words that end in a dot without ending a sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "gen", "lt", "col", "capt", "cmdr", "sgt", "maj", "adm",
    "sen", "rep", "gov", "pres", "rev", "hon", "st", "mt", "ft", "vs", "dept", "approx", "e.g",
    "i.e", "ca", "bzw", "z.b", "hr", "fr", "mm", "mme", "mlle", "sr", "sra", "dra", "ст", "г",
    "ул", "им", "т.е", "т.д", "див", "рр", "mio", "mrd", "млн", "млрд", "тис", "тыс",
];

/// Abbreviations that may end a sentence. They do if a function word follows.
const CLOSING: &[&str] = &[
    "a.m", "p.m", "jr", "inc", "ltd", "co", "corp", "bros", "etc", "usw", "ee", "uu", "aa", "ff",
    "cc", "jj",
];

/// Words that are abbreviations only before a number (`No. 5`). Elsewhere they are words (`she said
/// no.`).
const NUMBERED: &[&str] =
    &["no", "nos", "nr", "art", "fig", "est", "p", "pp", "pág", "págs", "pag", "abs"];

/// The length of the longest entry of these lists in bytes.
const LONGEST_ABBREVIATION: usize = 12;

/// Short forms of days and months. They count only if capitalised: `on Sat. morning`, but `there he
/// sat.`
const DAYS_AND_MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "okt", "nov", "dec",
    "dez", "mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun",
];

/// Words that stand before a German ordinal: `am 3. März`, `im 19. Jahrhundert`.
const BEFORE_ORDINALS: &[&str] = &[
    "am", "vom", "zum", "bis", "ab", "seit", "der", "die", "das", "dem", "den", "des", "im", "zur",
    "beim",
];

/// Capitalised words that begin a sentence and do not continue a name.
const FUNCTION_WORDS: &[&str] = &[
    "The", "She", "He", "It", "They", "In", "On", "But", "And", "We", "A", "An", "That", "This",
    "These", "Those", "There", "At", "As", "If", "When", "While", "After", "Before", "For", "From",
    "With", "By", "To", "His", "Her", "Its", "Their", "Our", "I", "You", "Not", "No", "So", "Yet",
    "Since", "Some", "Many", "Most", "Both",
];

/// Articles of other languages. They are parts of surnames too (`M. Le Pen`), so they end a
/// sentence only after abbreviations of several letters (`EE. UU. El puerto`).
const ARTICLES: &[&str] = &[
    "El", "La", "Los", "Las", "Un", "Una", "En", "Pero", "Le", "Les", "Une", "Der", "Die", "Das",
    "Ein", "Eine", "Er", "Sie", "Es", "Im", "Il", "Lo", "Ma",
];

/// The sentences of the paragraph at `paragraph`, in bytes of the original, trimmed.
pub(crate) fn sentences(original: &str, paragraph: Span) -> Vec<Span> {
    let text = paragraph.of(original);
    let mut found: Vec<Span> = Vec::new();
    for (at, piece) in pieces(text) {
        let trimmed = piece.trim();
        if trimmed.is_empty() {
            continue;
        }
        let start = paragraph.start + at + (piece.len() - piece.trim_start().len());
        let span = Span { start, end: start + trimmed.len() };
        match found.last_mut() {
            Some(last) if goes_on(last.of(original), trimmed) => last.end = span.end,
            _ => found.push(span),
        }
    }
    found
}

/// The pieces between the boundaries of UAX #29, with their positions.
///
/// A boundary occurs only after a terminator (and closing marks) or after a paragraph separator. Of
/// the text before the terminator, only the last word matters. So everything between terminators is
/// skipped, and the rules are applied only around terminators.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= text.len() {
            return None;
        }
        let from = start;
        let end = match next_terminator(text, from) {
            Some(at) => {
                plain_bound(&text[at..]).map_or_else(|| bound_near(text, from, at), |len| at + len)
            }
            None => text.len(),
        };
        start = end;
        Some((from, &text[from..end]))
    })
}

/// The first character from `from` on that may end a sentence. A full stop directly before a digit
/// or a comma does not end one. Nor does a full stop before a lower-case letter, even with a
/// closing mark and a space between (rules SB6, SB8 and SB8a).
fn next_terminator(text: &str, from: usize) -> Option<usize> {
    let mut at = next_possible(text, from)?;
    let goes_on = |place: usize| match text.as_bytes()[place..] {
        [b'.', b' ', next, ..]
        | [b'.', b'"' | b')' | b'\'', b' ', next, ..]
        | [b'.', 0xE2, 0x80, 0x99 | 0x9D, b' ', next, ..] => next.is_ascii_lowercase(),
        [b'.', next, ..] => next.is_ascii_digit() || next.is_ascii_lowercase() || next == b',',
        _ => false,
    };
    while goes_on(at) {
        at = next_possible(text, at + 1)?;
    }
    Some(at)
}

/// The first character from `from` on for which [`may_end`] is true. A single byte excludes nearly
/// all others.
fn next_possible(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = seek(bytes, from, may_begin_end)?;
    while !text[at..].starts_with(may_end) {
        at = seek(bytes, at + 1, may_begin_end)?;
    }
    Some(at)
}

/// Whether a byte may begin a character for which [`may_end`] is true.
fn may_begin_end(byte: u8) -> bool {
    let is_mark = (byte == b'.') | (byte == b'!') | (byte == b'?');
    is_mark | (byte == b'\n') | (byte == b'\r') | (byte == 0xC2) | (byte >= 0xD6)
}

/// The end of the piece that starts at `from` and has its first possible terminator at `at`.
fn bound_near(text: &str, from: usize, at: usize) -> usize {
    let window = from + window_before(&text[from..at]);
    let piece = text[window..].split_sentence_bounds().next();
    piece.map_or(text.len(), |piece| window + piece.len())
}

/// Recognises the most frequent boundary (rule SB11): a terminator, closing marks, spaces, and then
/// a plain capital, a quotation that begins with one, or the end of the text. Returns the length up
/// to the boundary.
fn plain_bound(from_terminator: &str) -> Option<usize> {
    let rest = from_terminator.strip_prefix(['.', '!', '?'])?;
    let rest = rest.trim_start_matches(['"', '”', '’', '\'', ')']);
    let next = rest.trim_start_matches(' ');
    let letters = next.strip_prefix(['“', '"', '‘']).unwrap_or(next);
    let is_bound = next.len() < rest.len() && letters.starts_with(|c: char| c.is_ascii_uppercase());
    // The end of the text is always a boundary (SB2).
    (is_bound || next.is_empty()).then(|| from_terminator.len() - next.len())
}

/// Whether a character may be a terminator or a separator. Letters and marks of the scripts of most
/// news are excluded.
fn may_end(c: char) -> bool {
    match c {
        '\0'..='\u{7f}' => matches!(c, '.' | '!' | '?' | '\n' | '\r'),
        '\u{a0}'..='\u{588}' | '\u{2010}'..='\u{2023}' | '\u{2025}'..='\u{2027}' => false,
        _ => true,
    }
}

/// The start of the last word of `before`, or a position a little earlier.
fn window_before(before: &str) -> usize {
    before.rfind(' ').unwrap_or(0)
}

/// Whether `next` continues the sentence that `before` seemed to end.
fn goes_on(before: &str, next: &str) -> bool {
    if !next.chars().any(char::is_alphanumeric) {
        return true;
    }
    let Some(stem) = before.strip_suffix('.').filter(|stem| !ends_plainly(stem)) else {
        return false;
    };
    let mut words = stem.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '“' | '"' | '«'));
    let last = words.next().unwrap_or_default();
    let before_last = words.next().unwrap_or_default();
    let (next_word, has_dot) = first_word(next);
    if last.len() > LONGEST_ABBREVIATION {
        return false;
    }
    let lower = may_be_listed(last).then(|| last.to_lowercase());
    let is_in = |list: &[&str]| lower.as_deref().is_some_and(|word| list.contains(&word));
    if is_in(NUMBERED) {
        return next_word.starts_with(|c: char| c.is_numeric());
    }
    if is_ordinal(last) {
        return BEFORE_ORDINALS.contains(&before_last.to_lowercase().as_str());
    }
    // `z. B.`, `d. h.`, `i. d. R.`: the dots of one abbreviation.
    let follows_small = is_small_initial(before_last.trim_end_matches('.'));
    let precedes_initial = has_dot && next_word.chars().count() == 1;
    if is_small_initial(last) {
        return follows_small || precedes_initial;
    }
    if is_initial(last) && follows_small {
        return true;
    }
    if is_initial(last) || is_in(CLOSING) {
        let begins = FUNCTION_WORDS.contains(&next_word)
            || (last.chars().count() > 1 && ARTICLES.contains(&next_word));
        return has_dot || !begins;
    }
    let is_day_or_month = last.starts_with(char::is_uppercase) && is_in(DAYS_AND_MONTHS);
    is_day_or_month || is_in(ABBREVIATIONS)
}

/// Whether the last word is of lower-case ASCII letters and in none of the lists, as nearly all
/// words are.
fn ends_plainly(stem: &str) -> bool {
    let others = stem.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let word = &stem[others.len()..];
    word.len() > 2 && others.ends_with(' ') && !may_be_listed(word)
}

/// Whether one of the lists may contain a word in lower case.
fn may_be_listed(word: &str) -> bool {
    static LISTED: LazyLock<WordFilter> = LazyLock::new(|| {
        let lists = [ABBREVIATIONS, CLOSING, NUMBERED, DAYS_AND_MONTHS];
        WordFilter::new(lists.into_iter().flatten().copied())
    });
    match word.as_bytes() {
        [first, ..] if first.is_ascii() => {
            LISTED.may_contain_shape((first.to_ascii_lowercase(), word.len()))
        }
        // The length may change in lower case.
        _ => true,
    }
}

/// The first word of a sentence, and whether a dot follows it (`A.`, `No.`).
fn first_word(sentence: &str) -> (&str, bool) {
    let from = sentence.trim_start_matches(|c: char| !c.is_alphanumeric());
    let end = from.find(|c: char| !c.is_alphanumeric()).unwrap_or(from.len());
    (&from[..end], from[end..].starts_with('.'))
}

/// Whether a word consists of single capitals between dots: `J`, `U.S`, `А.Б`.
fn is_initial(word: &str) -> bool {
    word.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
    })
}

/// Whether a word is one lower-case Latin letter, as in `z. B.` and `d. h.`. Slavic words of one
/// letter are not abbreviations.
fn is_small_initial(word: &str) -> bool {
    matches!(word.as_bytes(), [letter] if letter.is_ascii_lowercase())
}

/// Whether a word is a number of one or two digits.
fn is_ordinal(word: &str) -> bool {
    matches!(word.len(), 1 | 2) && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_agree_with_the_standard(
            text in "([A-Ca-c0-9éЖ] ?|[.!?…。؟]|[\"“”‘’()] ?|[ ,;:\n\u{301}\u{a0}\u{85}\u{2028}-]){0,60}",
        ) {
            let expected: Vec<(usize, &str)> = text.split_sentence_bound_indices().collect();
            prop_assert_eq!(pieces(&text).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn no_abbreviation_is_longer_than_the_longest() {
        let all = [ABBREVIATIONS, CLOSING, NUMBERED, DAYS_AND_MONTHS].concat();
        assert!(all.iter().all(|word| word.len() <= LONGEST_ABBREVIATION));
    }

    fn check(original: &str, expected: &[&str]) {
        let all = Span { start: 0, end: original.len() };
        let found: Vec<&str> =
            sentences(original, all).iter().map(|span| span.of(original)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_of_many_kinds() {
        check("One here. Two there! Three?", &["One here.", "Two there!", "Three?"]);
        check("Chief Gen. Ada Ruiz left. He won.", &["Chief Gen. Ada Ruiz left.", "He won."]);
        check("“Go now.” She went.", &["“Go now.”", "She went."]);
        check("The U.S. Army moved. All did.", &["The U.S. Army moved.", "All did."]);
        check("他说。她走了。", &["他说。", "她走了。"]);
        check("It cost 3.5 million. Fine.", &["It cost 3.5 million.", "Fine."]);
        check(
            "Der Hafen schloss am 3. März. Er blieb zu.",
            &["Der Hafen schloss am 3. März.", "Er blieb zu."],
        );
        check("Im 19. Jahrhundert lag er da.", &["Im 19. Jahrhundert lag er da."]);
        check("The score was 3. The port won.", &["The score was 3.", "The port won."]);
        check("Порт закрыли 5 марта. Он стоит.", &["Порт закрыли 5 марта.", "Он стоит."]);
        check("…", &["…"]);
        check("", &[]);
    }

    #[test]
    fn abbreviations() {
        check(
            "Häfen, z. B. Der Kai und d. h. In Quay.",
            &["Häfen, z. B. Der Kai und d. h. In Quay."],
        );
        check("Häfen u. a. Der Kai, Plan b. Then.", &["Häfen u. a. Der Kai, Plan b.", "Then."]);
        check("En EE. UU. Ada Ruiz ganó. Fin.", &["En EE. UU. Ada Ruiz ganó.", "Fin."]);
        check("Vive en EE. UU. El puerto no.", &["Vive en EE. UU.", "El puerto no."]);
        check("Les MM. Ruiz, Pág. 5, y pág. 6.", &["Les MM. Ruiz, Pág. 5, y pág. 6."]);
        check("She left the U.S. She moved.", &["She left the U.S.", "She moved."]);
        check("She met J. A. Lund and E. I. Ruiz.", &["She met J. A. Lund and E. I. Ruiz."]);
        check("He met J. Lund and M. Le Quay.", &["He met J. Lund and M. Le Quay."]);
        check("She said no. She left.", &["She said no.", "She left."]);
        check("The No. 5 pier and No. 6.", &["The No. 5 pier and No. 6."]);
        check("There he sat. Sun. March 3 came.", &["There he sat.", "Sun. March 3 came."]);
        check("Quay Inc. The firm. Quay Inc. Ltd.", &["Quay Inc.", "The firm.", "Quay Inc. Ltd."]);
        check(
            "At 6 a.m. Monday. At 5 p.m. The rest.",
            &["At 6 a.m. Monday.", "At 5 p.m.", "The rest."],
        );
        check("Это я. Она ушла.", &["Это я.", "Она ушла."]);
    }
}
