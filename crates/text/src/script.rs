//! Classes of characters: which make a word, which join one, and which scripts have no spaces.

use unicode_normalization::char::is_combining_mark;

/// Whether `c` belongs to a script without spaces between words: Han, kana, Thai, Lao, Burmese,
/// Khmer. Each such character is a word.
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

/// Whether `c` is Korean. Korean has spaces between words, but none between a quotation and the
/// particle behind it.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11FF}' | '\u{3130}'..='\u{318F}' | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}')
}

/// The zeros of the decimal digits beyond ASCII. The other nine digits follow each zero. Full-width
/// digits and those beyond the Basic Multilingual Plane are not in the list.
const ZEROS: &[char] = &[
    '\u{0660}', '\u{06F0}', '\u{07C0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0B66}',
    '\u{0BE6}', '\u{0C66}', '\u{0CE6}', '\u{0D66}', '\u{0DE6}', '\u{0E50}', '\u{0ED0}', '\u{0F20}',
    '\u{1040}', '\u{1090}', '\u{17E0}', '\u{1810}', '\u{1946}', '\u{19D0}', '\u{1A80}', '\u{1A90}',
    '\u{1B50}', '\u{1BB0}', '\u{1C40}', '\u{1C50}', '\u{A620}', '\u{A8D0}', '\u{A900}', '\u{A9D0}',
    '\u{A9F0}', '\u{AA50}', '\u{ABF0}',
];

/// All digits of the list lie between these two.
const FIRST_ZERO: char = '\u{0660}';
const LAST_NINE: char = '\u{ABF9}';

/// Converts a decimal digit of any script to an ASCII digit. Leaves other characters as they are.
pub(crate) fn plain_digit(c: char) -> char {
    if !(FIRST_ZERO..=LAST_NINE).contains(&c) {
        return c;
    }
    let at = ZEROS.partition_point(|zero| *zero <= c);
    let zero = at.checked_sub(1).and_then(|before| ZEROS.get(before));
    let value = zero.map(|zero| u32::from(c) - u32::from(*zero));
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(c)
}

/// The role of a character in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A letter or digit of a script with spaces.
    Letter,
    /// A character that is a word by itself.
    Alone,
    /// A combining mark: belongs to the character before.
    Mark,
    /// Invisible or ornamental inside a word. It is dropped and does not end the word.
    Ignored,
    /// An apostrophe. It is dropped inside a word and ends a word elsewhere.
    Apostrophe,
    /// Anything else ends a word.
    Break,
}

/// The role of a character beyond ASCII, by the tables of Unicode.
pub(crate) fn role_by_unicode(c: char) -> Role {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{201B}' | '\u{02BC}' | '\u{02BB}' | '\u{02B9}'
        | '\u{055A}' | '\u{05F3}' | '\u{A78B}' | '\u{A78C}' | '\u{FF07}' | '\u{00B4}' => {
            Role::Apostrophe
        }
        // Soft hyphen, zero-width characters and joiners, byte order mark, Arabic tatweel.
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{0640}' => {
            Role::Ignored
        }
        // Vowel points of Arabic and Hebrew, and variation selectors: all are optional in writing.
        '\u{064B}'..='\u{065F}'
        | '\u{0670}'
        | '\u{0591}'..='\u{05C7}'
        | '\u{FE00}'..='\u{FE0F}' => Role::Ignored,
        // Half-width voicing marks compose with the kana before them.
        '\u{FF9E}' | '\u{FF9F}' => Role::Mark,
        _ if is_combining_mark(c) => Role::Mark,
        _ if plain_digit(c) != c => Role::Letter,
        _ if stands_alone(c) && c.is_alphanumeric() => Role::Alone,
        _ if c.is_alphanumeric() => Role::Letter,
        _ => Role::Break,
    }
}
