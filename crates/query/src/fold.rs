//! Folds words of queries and articles: normal form without diacritics.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// The words of a text in normal form, diacritics stripped.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// Does something with each of the words of a text, in order.
pub(crate) fn each_word(text: &str, mut with: impl FnMut(&str)) {
    each_token(text, |token| with(token.folded));
}

/// A word with what folding takes away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    /// Without diacritics, as it is compared.
    pub(crate) folded: &'a str,
    /// With them, as a stemmer needs it.
    pub(crate) normal: &'a str,
    /// Whether a run of characters that is looked for may not go on here: see
    /// [`wirefold_text::SearchWord`].
    pub(crate) is_parted: bool,
    /// Whether it is one character of a script without spaces, or of Korean.
    pub(crate) is_character: bool,
}

/// Does something with each of the words of a text, in order.
pub(crate) fn each_token(text: &str, mut with: impl FnMut(Token<'_>)) {
    wirefold_text::each_search_word(text, |word| {
        let wirefold_text::SearchWord { normal, is_parted, is_character } = word;
        let folded = strip(normal);
        if !folded.is_empty() {
            with(Token { folded: &folded, normal, is_parted, is_character });
        }
    });
}

/// The one spelling that variants of a name share, as words.
pub(crate) fn name_words(name: &str) -> Vec<String> {
    let key = wirefold_text::extract::name_key(name);
    key.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Takes the marks off a normalised word. Only marks that writers leave out are stripped: those of
/// Latin, Greek and Cyrillic, and the vowel points of Hebrew and Arabic; in other scripts a mark
/// is a letter.
pub(crate) fn strip(word: &str) -> Cow<'_, str> {
    if word.is_ascii() || word.chars().all(is_bare) {
        return Cow::Borrowed(word);
    }
    let bare = word.nfd().filter(|mark| !is_optional(*mark));
    bare.nfc().flat_map(|letter| unfold(letter).chars().chain(unchanged(letter))).collect()
}

/// Whether a letter is known to be the same without marks: most of the words of some scripts have no other.
fn is_bare(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{7f}'
        | 'а'..='и' | 'к'..='я'
        | '\u{5d0}'..='\u{5ea}'
        | '\u{627}'..='\u{63a}' | '\u{641}'..='\u{64a}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}')
}

fn is_optional(mark: char) -> bool {
    matches!(mark, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Letters that Unicode does not take apart, as those write them who lack the key.
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
    use super::*;

    #[test]
    fn what_is_taken_for_bare_is() {
        for letter in ('\0'..=char::MAX).filter(|letter| is_bare(*letter)) {
            let letter = letter.to_string();
            let bare = letter.nfd().filter(|mark| !is_optional(*mark));
            let bare: String =
                bare.nfc().flat_map(|it| unfold(it).chars().chain(unchanged(it))).collect();
            assert_eq!(bare, letter);
        }
        // Two of them never make one: no letter of these has another behind it for a mark.
        for word in ["каша", "الشمس", "大地震", "대지진"] {
            assert_eq!(word.nfd().nfc().collect::<String>(), word);
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
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
