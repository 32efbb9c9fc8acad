//! One key for all spellings that a reader takes for the same name: of different newsrooms, scripts
//! or rules of transliteration.
//!
//! Keys follow rules, without a dictionary. `Zelensky`, `Zelenskyy`, `Selenskyj` and `Зеленський`
//! have one key; `Kiev` and `Kyiv` have two. The romanisation is the usual one of newsrooms (ICAO
//! and BGN/PCGN tables for Cyrillic, ELOT 743 for Greek). Then all differences between these tables
//! are folded away.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::words::normalise;

/// The key of a name: lower-case words in Latin letters joined by single spaces. Letters of scripts
/// that are not romanised here are kept. Empty if the name has no letters. Idempotent.
///
/// ```
/// use wirefold_text::extract::name_key;
///
/// assert_eq!(name_key("Зеленський"), name_key("Zelenskyy"));
/// assert_eq!(name_key("Jürgen Müller’s"), name_key("Juergen Mueller"));
/// assert_ne!(name_key("Kiev"), name_key("Kyiv"));
/// ```
#[must_use]
pub fn name_key(name: &str) -> String {
    let bare = name.trim_end_matches(['.', ',', ';', ':', ' ']);
    let bare = ["'s", "’s", "'S", "’S"].iter().find_map(|end| bare.strip_suffix(end));
    let name = bare.unwrap_or(name);
    if name.bytes().all(is_plain) {
        return plain_key(name);
    }
    key_of_words(normalise(name).split(' ').map(romanise))
}

/// The key of an ASCII name. The words of its normal form are its own words in lower case.
fn plain_key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    for word in words.filter(|word| !word.is_empty()) {
        if !key.is_empty() {
            key.push(' ');
        }
        let start = key.len();
        key.push_str(word);
        key[start..].make_ascii_lowercase();
        if may_fold(&key.as_bytes()[start..]) {
            let folded = key_of_word(key.split_off(start));
            key.push_str(&folded);
        }
    }
    key
}

/// Whether a byte is ASCII and not an apostrophe, which may be part of a word.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'\'' | b'`')
}

/// The keys of words in lower-case Latin letters, joined.
fn key_of_words(words: impl Iterator<Item = String>) -> String {
    let mut key = String::new();
    for word in words {
        let word = key_of_word(word);
        if !key.is_empty() && !word.is_empty() {
            key.push(' ');
        }
        key.push_str(&word);
    }
    key
}

fn key_of_word(mut key: String) -> String {
    // One fold may allow another (`cck` → `ck` → `k`). Each round shortens the word or is the last.
    for _ in 0..9 {
        match fold(&key) {
            Some(next) => key = next,
            None => break,
        }
    }
    key
}

/// Converts letters of other alphabets, and letters with marks, to plain Latin letters.
fn romanise(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let is_ukrainian = word.contains(['і', 'ї', 'є', 'ґ']) || word.ends_with("ський");
    let mut roman = String::with_capacity(word.len());
    for letter in word.nfc() {
        match letter {
            'г' if is_ukrainian => roman.push('h'),
            'ä' => roman.push('a'),
            'ö' => roman.push('o'),
            'ü' => roman.push('u'),
            _ => match table(letter) {
                Some(latin) => roman.push_str(latin),
                None => push_bare(letter, &mut roman),
            },
        }
    }
    greek_pairs(roman)
}

/// Appends a letter without its marks. In Greek and Cyrillic, the bare letter is looked up once
/// more.
fn push_bare(letter: char, roman: &mut String) {
    for part in std::iter::once(letter).nfd().filter(|part| !is_combining_mark(*part)) {
        match table(part) {
            Some(latin) => roman.push_str(latin),
            None => roman.push(part),
        }
    }
}

/// Converts Greek digraphs, whose letters were romanised one by one after the mark `\u{1}`.
fn greek_pairs(roman: String) -> String {
    if !roman.contains('\u{1}') {
        return roman;
    }
    let pairs = [
        ("\u{1}o\u{1}u", "u"),
        ("\u{1}m\u{1}p", "b"),
        ("\u{1}n\u{1}t", "d"),
        ("\u{1}g\u{1}k", "g"),
    ];
    let folded = pairs.iter().fold(roman, |text, (from, to)| text.replace(from, to));
    folded.replace("\u{1}u", "i").replace('\u{1}', "")
}

/// The Latin letters for a letter that is not a Latin letter with marks.
fn table(letter: char) -> Option<&'static str> {
    let at = LETTERS.binary_search_by_key(&letter, |(from, _)| *from).ok()?;
    Some(LETTERS[at].1)
}

/// The letters at the start of `rest` that differ between spellings of one name: their number and
/// their replacement.
fn fold_at(rest: &[u8]) -> Option<(usize, &'static str)> {
    Some(match rest {
        [b't', b's', b'c', b'h', ..] => (4, "ch"),
        [b'd', b's', b'c', b'h', ..] => (4, "j"),
        [b's', b'c', b'h', ..] => (3, "sh"),
        [b's', b'h', b'c', b'h', ..] => (4, "sh"),
        [b'k', b'h', ..] => (2, "h"),
        [b'p', b'h', ..] => (2, "f"),
        [b'c', b'k', ..] => (2, "k"),
        [b'c', b'z', ..] => (2, "ch"),
        [b'o', b'u', ..] => (2, "u"),
        [b'o', b'e', ..] => (2, "o"),
        [b'a', b'e', ..] => (2, "a"),
        [b'u', b'e', ..] => (2, "u"),
        [b't', b'z', ..] => (2, "ts"),
        [b'z', ..] => (1, "s"),
        [b'q', ..] => (1, "k"),
        [b'x', ..] => (1, "ks"),
        [b'w', ..] => (1, "v"),
        [b'y' | b'j', ..] => (1, "i"),
        _ => return None,
    })
}

/// The folded word. `None` if there is nothing to fold.
fn fold(word: &str) -> Option<String> {
    if !may_fold(word.as_bytes()) {
        return None;
    }
    let mut folded = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        if let Some((length, letters)) = fold_at(rest.as_bytes()) {
            letters.chars().for_each(|letter| push_folded(&mut folded, letter));
            rest = &rest[length..];
        } else {
            push_folded(&mut folded, first);
            rest = &rest[first.len_utf8()..];
        }
    }
    (folded != word).then_some(folded)
}

/// Whether folding may change a word: it has a double letter, an `e` after an `i`, or letters that
/// are folded.
fn may_fold(word: &[u8]) -> bool {
    let mut last = 0;
    (0..word.len()).any(|at| {
        let letter = word[at];
        let is_dropped = letter == last || (letter == b'e' && last == b'i');
        last = letter;
        is_dropped || fold_at(&word[at..]).is_some()
    })
}

/// Appends a letter. Double letters become single, and `ie` at the beginning or after a vowel
/// becomes `e`.
fn push_folded(folded: &mut String, letter: char) {
    let last = folded.bytes().next_back();
    if letter.is_ascii_alphabetic() && last.map(char::from) == Some(letter) {
        return;
    }
    if letter == 'e' && last == Some(b'i') {
        let before = folded[..folded.len() - 1].chars().next_back();
        if before.is_none_or(|before| "aeiou".contains(before)) {
            folded.pop();
            if folded.ends_with('e') {
                return;
            }
        }
    }
    folded.push(letter);
}

/// Letters that are not a Latin letter with a mark, in order. Greek letters carry the mark `\u{1}`.
const LETTERS: &[(char, &str)] = &[
    ('ß', "ss"),
    ('æ', "a"),
    ('ð', "d"),
    ('ø', "o"),
    ('þ', "th"),
    ('đ', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ł', "l"),
    ('œ', "o"),
    ('ə', "a"),
    ('α', "\u{1}a"),
    ('β', "\u{1}v"),
    ('γ', "\u{1}g"),
    ('δ', "\u{1}d"),
    ('ε', "\u{1}e"),
    ('ζ', "\u{1}z"),
    ('η', "\u{1}i"),
    ('θ', "\u{1}th"),
    ('ι', "\u{1}i"),
    ('κ', "\u{1}k"),
    ('λ', "\u{1}l"),
    ('μ', "\u{1}m"),
    ('ν', "\u{1}n"),
    ('ξ', "\u{1}ks"),
    ('ο', "\u{1}o"),
    ('π', "\u{1}p"),
    ('ρ', "\u{1}r"),
    ('ς', "\u{1}s"),
    ('σ', "\u{1}s"),
    ('τ', "\u{1}t"),
    ('υ', "\u{1}u"),
    ('φ', "\u{1}f"),
    ('χ', "\u{1}h"),
    ('ψ', "\u{1}ps"),
    ('ω', "\u{1}o"),
    ('а', "a"),
    ('б', "b"),
    ('в', "v"),
    ('г', "g"),
    ('д', "d"),
    ('е', "e"),
    ('ж', "zh"),
    ('з', "z"),
    ('и', "i"),
    ('й', "i"),
    ('к', "k"),
    ('л', "l"),
    ('м', "m"),
    ('н', "n"),
    ('о', "o"),
    ('п', "p"),
    ('р', "r"),
    ('с', "s"),
    ('т', "t"),
    ('у', "u"),
    ('ф', "f"),
    ('х', "h"),
    ('ц', "ts"),
    ('ч', "ch"),
    ('ш', "sh"),
    ('щ', "shch"),
    ('ъ', ""),
    ('ы', "i"),
    ('ь', ""),
    ('э', "e"),
    ('ю', "iu"),
    ('я', "ia"),
    ('ё', "e"),
    ('ђ', "d"),
    ('ѓ', "g"),
    ('є', "ie"),
    ('ѕ', "dz"),
    ('і', "i"),
    ('ї', "i"),
    ('ј', "i"),
    ('љ', "li"),
    ('њ', "ni"),
    ('ћ', "c"),
    ('ќ', "k"),
    ('ў', "u"),
    ('џ', "dz"),
    ('ґ', "g"),
    ('آ', "ا"),
    ('أ', "ا"),
    ('إ', "ا"),
    ('ة', "ه"),
    ('ى', "ي"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(spellings: &[&str]) {
        let keys: Vec<String> = spellings.iter().map(|name| name_key(name)).collect();
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]), "{spellings:?} → {keys:?}");
        assert!(!keys[0].is_empty());
    }

    #[test]
    fn letters_are_sorted() {
        let mut sorted: Vec<char> = LETTERS.iter().map(|(from, _)| *from).collect();
        sorted.sort_unstable();
        assert!(LETTERS.iter().map(|(from, _)| *from).eq(sorted));
    }

    #[test]
    fn variants_of_one_name_have_one_key() {
        one(&["Zelensky", "Zelenskyy", "Zelenskiy", "Zelenskij", "Selenskyj", "Зеленський"]);
        one(&["Зеленский", "Zelenski", "Zełenski", "ZELENSKYY", "Zelensky's", "Zelensky’s,"]);
        one(&["Yeltsin", "Ельцин"]);
        one(&["Yanukovych", "Янукович", "Janukovych"]);
        one(&["Yuliya", "Yulia", "Julia", "Юлія", "Юлия"]);
        one(&["Shoigu", "Schoigu", "Shoygu", "Шойгу"]);
        one(&["Yevhen", "Євген"]);
        one(&["Mitsotakis", "Μητσοτάκης"]);
        one(&["Papandreou", "Παπανδρέου"]);
        one(&["Müller", "Mueller", "MÜLLER"]);
        one(&["Erdoğan", "Erdogan"]);
        one(&["Jean-Luc Moreau", "Jean Luc Moreau"]);
        one(&["Mahmoud", "Mahmud"]);
        one(&["أحمد", "احمد"]);
    }

    #[test]
    fn other_names_have_other_keys() {
        let names = ["Lund", "Lunden", "Ruiz", "Reis", "Kyiv", "Kiev", "Marin", "Martin", "北京"];
        let keys: std::collections::BTreeSet<String> = names.iter().map(|n| name_key(n)).collect();
        assert_eq!(keys.len(), names.len());
        assert_eq!(name_key("— …"), "");
    }

    proptest! {
        #[test]
        fn plain_letters_have_the_key_of_their_normal_form(name in "[a-zA-Z0-9 .,-]{0,24}") {
            let slow = key_of_words(normalise(&name).split(' ').map(romanise));
            prop_assert_eq!(key_of_words(name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase)), slow);
        }

        #[test]
        fn keys_are_idempotent(name in "\\PC{0,24}|[a-zäöüß' -]{0,16}|[а-яёіїєґ -]{0,16}") {
            let key = name_key(&name);
            prop_assert_eq!(name_key(&key), key);
        }
    }
}
