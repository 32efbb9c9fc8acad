//! The term of a word: its stem.
//!
//! A normalised word comes in; the part of it by which events compare texts goes out. The module never knows the
//! text of the word.

/// The stem of a word is its first letters, this many. Truncation works equally well for most languages with
/// inflection, and different spellings of one name get the same stem.
const STEM_LETTERS: usize = 6;

/// The stem of a Korean word is its first syllables, this many: mostly particles follow them.
const STEM_SYLLABLES: usize = 2;

/// The stem of a normalised word: its first six letters, or its first two syllables in Korean.
/// Numbers are kept whole.
#[must_use]
pub fn stem(normal: &str) -> &str {
    let first = normal.chars().next().unwrap_or_default();
    let most = if is_hangul(first) { STEM_SYLLABLES } else { STEM_LETTERS };
    match normal.char_indices().nth(most) {
        Some((end, _)) if !first.is_numeric() => &normal[..end],
        _ => normal,
    }
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_have_one_stem() {
        assert_eq!(stem("zelenskyy"), stem("zelenskiy"));
        assert_eq!(stem("2026123"), "2026123");
        assert_eq!(stem("порту"), "порту");
    }
}
