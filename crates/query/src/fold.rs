//! Folds words of queries and articles to normal form without diacritics.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// The words of a text in normal form, without diacritics.
pub(crate) fn fold_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// Calls `with` for each word of a text, in order.
pub(crate) fn each_word(text: &str, mut with: impl FnMut(&str)) {
    each_token(text, |token| with(token.folded));
}

/// A word before and after diacritics are removed.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// Without diacritics, for comparison.
    pub folded: &'a str,
    /// With diacritics, for a stemmer.
    pub normal: &'a str,
    /// Whether a searched run of characters ends before this word: see
    /// [`wirefold_text::SearchWord`].
    pub is_parted: bool,
    /// Whether it is one character of a script without spaces, or of Korean.
    pub is_character: bool,
}

/// Calls `with` for each word of a text, in order, as queries compare it.
pub fn each_token(text: &str, mut with: impl FnMut(Token<'_>)) {
    wirefold_text::each_search_word(text, |word| {
        let wirefold_text::SearchWord { normal, is_parted, is_character } = word;
        let folded = strip(normal);
        if !folded.is_empty() {
            with(Token { folded: &folded, normal, is_parted, is_character });
        }
    });
}

/// The common spelling of all variants of a name, as words.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    let key = wirefold_text::extract::name_key(name);
    key.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Removes the marks of a normalised word. Only marks that writers leave out are removed: those of
/// Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic. In other scripts a mark is
/// a letter.
pub(crate) fn strip(word: &str) -> Cow<'_, str> {
    if word.is_ascii() || word.chars().all(is_bare) {
        return Cow::Borrowed(word);
    }
    if word.chars().all(|letter| is_bare(letter) || is_stripped_alone(letter)) {
        let mut stripped = String::with_capacity(word.len());
        for letter in word.chars() {
            match is_bare(letter) {
                true => stripped.push(letter),
                false => stripped.push_str(stripped_alone(letter)),
            }
        }
        return Cow::Owned(stripped);
    }
    Cow::Owned(strip_in_full(word))
}

fn strip_in_full(word: &str) -> String {
    let bare = word.nfd().filter(|mark| !is_optional(*mark));
    bare.nfc().flat_map(|letter| unfold(letter).chars().chain(unchanged(letter))).collect()
}

/// Letters of Latin, Greek, Cyrillic and kana that do not combine with their neighbours.
const ALONE: [RangeInclusive<char>; 5] = [
    '\u{c0}'..='\u{24f}',
    '\u{370}'..='\u{45f}',
    '\u{1e00}'..='\u{1eff}',
    '\u{3041}'..='\u{3096}',
    '\u{30a1}'..='\u{30fa}',
];

/// Whether a letter is stripped in the same way in any context, because it includes its marks.
fn is_stripped_alone(letter: char) -> bool {
    ALONE.iter().any(|range| range.contains(&letter))
}

/// The bare form of one of these letters, from a table that is computed once.
fn stripped_alone(letter: char) -> &'static str {
    static STRIPPED: LazyLock<[Vec<String>; 5]> = LazyLock::new(|| {
        ALONE.map(|range| {
            range.map(|letter| strip_in_full(letter.encode_utf8(&mut [0; 4]))).collect()
        })
    });
    let ranges = ALONE.iter().zip(STRIPPED.iter());
    let candidates = ranges.map(|(range, stripped)| {
        let offset = u32::from(letter).checked_sub(u32::from(*range.start()))?;
        stripped.get(usize::try_from(offset).ok()?)
    });
    candidates.flatten().next().map_or("", String::as_str)
}

/// Whether a letter is known to have no marks. Most words of some scripts consist of such letters.
fn is_bare(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{7f}'
        | 'а'..='и' | 'к'..='я'
        | '\u{5d0}'..='\u{5ea}'
        | '\u{627}'..='\u{63a}' | '\u{641}'..='\u{64a}'
        | '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}'
        | '\u{30fc}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}')
}

fn is_optional(mark: char) -> bool {
    matches!(mark, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Replacements for letters that Unicode does not decompose, as people without the key write them.
fn unfold(letter: char) -> &'static str {
    match letter {
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ı' => "i",
        _ => "",
    }
}

fn unchanged(letter: char) -> Option<char> {
    unfold(letter).is_empty().then_some(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bare_letters_have_no_marks() {
        for letter in ('\0'..=char::MAX).filter(|letter| is_bare(*letter)) {
            let letter = letter.to_string();
            let bare = letter.nfd().filter(|mark| !is_optional(*mark));
            let bare: String =
                bare.nfc().flat_map(|it| unfold(it).chars().chain(unchanged(it))).collect();
            assert_eq!(bare, letter);
        }
        // Two of them never compose: none of these letters is a mark of another.
        for word in ["каша", "الشمس", "แผ่นดิน", "大地震", "대지진"] {
            assert_eq!(word.nfd().nfc().collect::<String>(), word);
        }
    }

    proptest! {
        #[test]
        fn stripping_letters_agrees_with_stripping_words(
            word in "[a-z0-9À-ɏͰ-џḀ-ỿぁ-ゖァ-ヺא-תء-ي地-震가-힣]{0,12}|[a-zß-ÿа-џ]{1,12}",
        ) {
            prop_assert_eq!(strip(&word), strip_in_full(&word));
        }
    }

    #[test]
    fn cached_bare_letters_are_right() {
        for letter in ALONE.into_iter().flatten() {
            for word in [letter.to_string(), format!("{letter}a{letter}"), format!("и{letter}e")] {
                assert_eq!(strip(&word), strip_in_full(&word));
            }
        }
    }

    #[test]
    fn case_and_diacritics_are_folded() {
        let cases = [
            ("Łódź", "lodz"),
            ("Tromsø CAFÉ", "tromso cafe"),
            ("Straße", "strasse"),
            ("cease-fire", "cease fire"),
            ("الشَّمس", "الشمس"),
            ("हिन्दी", "हिन्दी"),
            ("!?", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(fold_words(text).join(" "), expected, "{text}");
        }
    }
}
