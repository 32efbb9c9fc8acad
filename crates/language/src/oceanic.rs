//! Polynesian languages. The model does not have them and confuses them with other languages with
//! many vowels. They have few letters, and each word ends in a vowel.

/// The letters of Māori, Samoan, Tongan and Hawaiian, in lower case and without signs.
const LETTERS: &str = "aeiouāēīōūhkmnprtwgslfʻ";
const VOWELS: &str = "aeiouāēīōū";
/// Function words of Māori.
const MAORI: &[&str] = &[
    "te", "ngā", "nga", "ki", "ko", "ka", "he", "kua", "hoki", "mō", "nō", "kei", "o", "i", "nei",
    "aro",
];
/// The fewest words for an answer.
const FEWEST: usize = 4;
/// Words of ten that must have such letters and end in a vowel. The others may be foreign names.
const MIN_WORDS_OF_TEN: usize = 6;

/// A text is not Polynesian if more than one letter in this many is in no Polynesian language.
const FOREIGN_ONE_IN: usize = 25;

/// Whether `text` looks Polynesian.
pub(crate) fn is_oceanic(text: &str) -> bool {
    // This excludes most texts at a hundredth of the cost.
    let foreign =
        text.bytes().filter(|byte| matches!(byte, b'b' | b'c' | b'd' | b'j' | b'q' | b'v'..=b'z'));
    if foreign.filter(|byte| *byte != b'w').count() * FOREIGN_ONE_IN > text.len() {
        return false;
    }
    let (mut all, mut open, mut function) = (0, 0, 0);
    for word in split_words(text) {
        all += 1;
        let has_letters = word.chars().all(|c| LETTERS.contains(c)) && is_open(&word);
        open += usize::from(has_letters);
        function += usize::from(MAORI.contains(&word.as_str()));
    }
    all >= FEWEST && open * 10 >= all * MIN_WORDS_OF_TEN && function * 5 >= all
}

/// Whether a vowel follows each consonant, with `ng` and `wh` as one consonant.
fn is_open(word: &str) -> bool {
    let word = word.replace("ng", "g").replace("wh", "w");
    let vowel = |c: char| VOWELS.contains(c);
    let pairs = word.chars().zip(word.chars().skip(1));
    word.ends_with(vowel) && pairs.into_iter().all(|(a, b)| vowel(a) || vowel(b))
}

/// Whether a Polynesian `text` is Māori: it has hardly any of the letters that Māori lacks.
pub(crate) fn is_maori(text: &str) -> bool {
    let all: Vec<String> = split_words(text).collect();
    let foreign = all.iter().filter(|word| word.contains(['s', 'l', 'f', 'ʻ'])).count();
    foreign * 10 <= all.len()
}

fn split_words(text: &str) -> impl Iterator<Item = String> {
    let of_letters = text.split(|c: char| !c.is_alphabetic());
    of_letters.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_vowels_are_not_enough() {
        assert!(is_oceanic("Kua katia te wāpu i te rā nei"));
        assert!(is_maori("Kua katia te wāpu i te rā nei"));
        for text in
            ["Il porto di una città è chiuso", "Bandari imefungwa leo asubuhi", "La casa era una"]
        {
            assert!(!is_oceanic(text), "{text}");
        }
    }
}
