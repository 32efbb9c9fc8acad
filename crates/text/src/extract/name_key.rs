//! One spelling for all variants of a name: what a reader would take for the same name written by
//! another newsroom, in another script or by another rule of transliteration.
//!
//! Normal form alone, no dictionary: `Zelensky`, `Zelenskyy`, `Selenskyj` and `Зеленський` have one
//! key, `Kiev` and `Kyiv` have two. The romanisation follows what newsrooms print (ICAO and BGN/PCGN
//! tables for Cyrillic, ELOT 743 for Greek), and then everything those differ in is folded away.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::words::normalise;

/// The key of a name: lower-case words in Latin letters joined by single spaces, or the letters of
/// a script that is not romanised here. Empty where the name has no letters. Idempotent.
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
    let plain = normalise(bare.unwrap_or(name));
    let words = plain.split(' ').map(key_of_word).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

fn key_of_word(word: &str) -> String {
    let mut key = fold(&romanise(word));
    // One fold may make room for another (`cck` → `ck` → `k`); each round shortens or rests.
    for _ in 0..8 {
        let next = fold(&key);
        if next == key {
            break;
        }
        key = next;
    }
    key
}

/// Letters of other alphabets, and letters with marks, in plain Latin ones.
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

/// The letter without its marks; in Greek and Cyrillic the bare letter is looked up once more.
fn push_bare(letter: char, roman: &mut String) {
    for part in std::iter::once(letter).nfd().filter(|part| !is_combining_mark(*part)) {
        match table(part) {
            Some(latin) => roman.push_str(latin),
            None => roman.push(part),
        }
    }
}

/// Digraphs of Greek whose parts were romanised one by one behind the mark `\u{1}`.
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

/// A letter in Latin ones, where it is not a Latin letter with marks.
fn table(letter: char) -> Option<&'static str> {
    let at = LETTERS.binary_search_by_key(&letter, |(from, _)| *from).ok()?;
    Some(LETTERS[at].1)
}

/// What spellings of one name differ in, folded away: the longest first.
const FOLDS: &[(&str, &str)] = &[
    ("tsch", "ch"),
    ("dsch", "j"),
    ("sch", "sh"),
    ("shch", "sh"),
    ("kh", "h"),
    ("ph", "f"),
    ("ck", "k"),
    ("cz", "ch"),
    ("ou", "u"),
    ("oe", "o"),
    ("ae", "a"),
    ("ue", "u"),
    ("tz", "ts"),
    ("z", "s"),
    ("q", "k"),
    ("x", "ks"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
];

fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let found = FOLDS.iter().find(|(from, _)| rest.starts_with(from));
        let mut one = [0; 4];
        let (from, to) = match found {
            Some((from, to)) => (from.len(), *to),
            None => (first.len_utf8(), &*first.encode_utf8(&mut one)),
        };
        push_folded(&mut folded, to);
        rest = &rest[from..];
    }
    folded
}

/// Appends, leaving doubled letters single and `ie` at a beginning or behind a vowel an `e`.
fn push_folded(folded: &mut String, letters: &str) {
    for letter in letters.chars() {
        let is_latin = letter.is_ascii_alphabetic();
        if is_latin && folded.ends_with(letter) {
            continue;
        }
        if letter == 'e' && folded.ends_with('i') {
            let before = folded[..folded.len() - 1].chars().next_back();
            if before.is_none_or(|before| "aeiou".contains(before)) {
                folded.pop();
                if folded.ends_with('e') {
                    continue;
                }
            }
        }
        folded.push(letter);
    }
}

/// Letters that are no Latin letter with a mark, in order. Greek ones carry the mark `\u{1}`.
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
    fn letters_stand_in_order() {
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
        fn keys_are_their_own_keys(name in "\\PC{0,24}|[a-zäöüß' -]{0,16}|[а-яёіїєґ -]{0,16}") {
            let key = name_key(&name);
            prop_assert_eq!(name_key(&key), key);
        }
    }
}
