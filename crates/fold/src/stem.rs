//! The term of a word: its stem.
//!
//! A normalised word comes in; the part of it by which events compare texts goes out. The module never knows the
//! text of the word.

/// The stem of a word is its first letters, this many. Truncation works equally well for most languages with
/// inflection, and different spellings of one name get the same stem.
pub(crate) const STEM_LETTERS: usize = 6;

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

/// Arabic prefixes that are not part of the word: the article, alone or after a preposition.
const ARABIC_PREFIXES: [&str; 5] = ["بال", "كال", "فال", "ال", "لل"];
/// Arabic suffixes of two letters that are not part of the word, and those of one letter: endings of number and
/// gender, and pronouns. A letter has two bytes.
const ARABIC_SUFFIXES: [&str; 7] = ["ها", "ان", "ات", "ون", "ين", "يه", "ية"];
const SHORT_ARABIC_SUFFIXES: [&str; 3] = ["ه", "ة", "ي"];

/// The term of a normalised word: its [`stem`]. In the Arabic script, articles and endings are removed first
/// (light10: Larkey, Ballesteros & Connell 2007).
pub(crate) fn term_of(normal: &str) -> &str {
    match normal.chars().next().unwrap_or_default() {
        '\u{600}'..='\u{6FF}' => stem(without_arabic_affixes(normal)),
        _ => stem(normal),
    }
}

fn without_arabic_affixes(word: &str) -> &str {
    // An affix is removed only if at least this many letters remain.
    let keeps = |letters: usize| move |rest: &&str| rest.chars().count() >= letters;
    let and = word.strip_prefix('و').filter(keeps(3)).unwrap_or(word);
    let mut before = ARABIC_PREFIXES.iter().filter_map(|affix| and.strip_prefix(affix));
    let mut rest = before.find(keeps(2)).unwrap_or(and);
    let mut letters = rest.chars().count();
    for affix in ARABIC_SUFFIXES {
        if letters >= 4 && ends_with::<4>(rest, affix) {
            (rest, letters) = (&rest[..rest.len() - 4], letters - 2);
        }
    }
    for affix in SHORT_ARABIC_SUFFIXES {
        if letters >= 3 && ends_with::<2>(rest, affix) {
            (rest, letters) = (&rest[..rest.len() - 2], letters - 1);
        }
    }
    rest
}

/// Whether a word ends with an affix of so many bytes: one comparison of numbers.
fn ends_with<const N: usize>(word: &str, affix: &str) -> bool {
    word.as_bytes().last_chunk::<N>() == affix.as_bytes().first_chunk()
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

    #[test]
    fn an_arabic_word_is_one_term_with_and_without_article_and_ending() {
        for form in ["الجسر", "والجسر", "بالجسر", "للجسر", "جسرها"] {
            assert_eq!(term_of(form), "جسر", "{form}");
        }
        assert_eq!(term_of("ولد"), "ولد", "what is left must be a word");
    }
}
