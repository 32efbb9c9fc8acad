//! Classes of characters: what makes a word, what joins it, what is written without spaces.

use unicode_normalization::char::is_combining_mark;

/// Whether `c` belongs to a script written without spaces between words, so that each character
/// stands for itself: Han, kana, Thai, Lao, Burmese, Khmer.
pub(crate) fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'      // Thai, Lao
        | '\u{1000}'..='\u{109F}'    // Burmese
        | '\u{1780}'..='\u{17FF}'    // Khmer
        | '\u{3005}'..='\u{3007}'    // ideographic iteration mark, closing mark, zero
        | '\u{3040}'..='\u{30FF}'    // Hiragana, Katakana
        | '\u{31F0}'..='\u{31FF}'    // Katakana extensions
        | '\u{3400}'..='\u{4DBF}'    // Han extension A
        | '\u{4E00}'..='\u{9FFF}'    // Han
        | '\u{A9E0}'..='\u{A9FF}'    // Burmese extension
        | '\u{AA60}'..='\u{AA7F}'    // Burmese extension
        | '\u{F900}'..='\u{FAFF}'    // Han compatibility
        | '\u{FF66}'..='\u{FF9F}'    // half-width Katakana
        | '\u{20000}'..='\u{3FFFF}') // Han extensions B and later
}

/// What a character does to the word it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A letter or digit of a script with spaces.
    Letter,
    /// A character that is a word by itself.
    Alone,
    /// A combining mark: belongs to the character before.
    Mark,
    /// Invisible or ornamental inside a word: dropped, joins what stands around it.
    Ignored,
    /// An apostrophe: dropped inside a word, else a break.
    Apostrophe,
    /// Anything else ends a word.
    Break,
}

/// The role of `c`.
pub(crate) fn role(c: char) -> Role {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Role::Letter,
            '\'' | '`' => Role::Apostrophe,
            _ => Role::Break,
        };
    }
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{02BB}' | '\u{02B9}'
        | '\u{055A}' | '\u{05F3}' | '\u{A78B}' | '\u{A78C}' | '\u{FF07}' | '\u{00B4}' => {
            Role::Apostrophe
        }
        // Soft hyphen, zero-width characters and joiners, byte order mark, Arabic tatweel.
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{0640}' => {
            Role::Ignored
        }
        // Vowel points of Arabic and Hebrew, and variation selectors: written or left out at will.
        '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{0591}'..='\u{05C7}'
        | '\u{FE00}'..='\u{FE0F}' => Role::Ignored,
        // Half-width voicing marks compose with the kana before them.
        '\u{FF9E}' | '\u{FF9F}' => Role::Mark,
        _ if is_combining_mark(c) => Role::Mark,
        _ if stands_alone(c) && c.is_alphanumeric() => Role::Alone,
        _ if c.is_alphanumeric() => Role::Letter,
        _ => Role::Break,
    }
}
