//! Words for searching. In scripts without spaces, any run of characters can be found.

use crate::script::{is_hangul, stands_alone};
use crate::words::scan_all;

/// One word of a text, as the search compares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchWord<'a> {
    /// The normal form. In Han, kana, Thai, Lao, Burmese, Khmer and Hangul, each character is a
    /// word.
    pub normal: &'a str,
    /// Whether this word and the word before are single characters with something between them,
    /// such as a space or a full stop. A searched run of characters does not continue across the
    /// gap.
    pub is_parted: bool,
    /// Whether the word is a single character of one of these scripts.
    pub is_character: bool,
}

/// Calls `with` for each word of a text, in order.
///
/// ```
/// let mut found = Vec::new();
/// wirefold_text::each_search_word("대지 진동", |word| found.push((word.normal.to_owned(), word.is_parted)));
/// let expected = [("대", false), ("지", false), ("진", true), ("동", false)];
/// assert_eq!(found, expected.map(|(word, is_parted)| (word.to_owned(), is_parted)));
/// ```
pub fn each_search_word(original: &str, mut with: impl FnMut(SearchWord<'_>)) {
    let (mut words, mut normals) = (Vec::new(), original.to_ascii_lowercase());
    scan_all(original, &mut words, &mut normals);
    let (mut end, mut was_single) = (0, false);
    for word in &words {
        let has_gap = word.span.start > end;
        let mut rest = word.normal.of(&normals);
        let mut is_first = true;
        while !rest.is_empty() {
            let is_single = rest.starts_with(is_single);
            let length = if word.alone { rest.len() } else { length_of_next(rest, is_single) };
            let (normal, behind) = rest.split_at(length);
            let is_parted = is_first && has_gap && was_single && is_single;
            with(SearchWord { normal, is_parted, is_character: is_single });
            (rest, was_single, is_first) = (behind, is_single, false);
        }
        end = word.span.end;
    }
}

fn is_single(c: char) -> bool {
    is_hangul(c) || stands_alone(c)
}

/// The length of the next search word in bytes: the first character if it is a word by itself, else
/// everything before the next Hangul character.
fn length_of_next(word: &str, is_single_first: bool) -> usize {
    match is_single_first {
        true => word.chars().next().map_or(0, char::len_utf8),
        false => word.find(is_hangul).unwrap_or(word.len()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::normalise;

    fn check(text: &str, expected: &str) {
        let mut found = String::new();
        each_search_word(text, |word| {
            if !found.is_empty() {
                found.push_str(if word.is_parted { " | " } else { " " });
            }
            found.push_str(word.normal);
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn characters_are_words_in_scripts_without_spaces() {
        check("Port, strike", "port strike");
        check("大地震。発生", "大 地 震 | 発 生");
        check("2차 대지진", "2 차 | 대 지 진");
        check("AI地震 port", "ai 地 震 port");
        check("แผ่นดิน", "แ ผ่ น ดิ น");
    }

    proptest! {
        #[test]
        fn no_letter_is_lost(text in "\\PC{0,24}|[a-z 대지진地震。']{0,24}") {
            let mut joined = String::new();
            each_search_word(&text, |word| joined.push_str(word.normal));
            prop_assert_eq!(joined, normalise(&text).replace(' ', ""));
        }
    }
}
