//! Trims the names of the tagger: removes the sentence after a name, the owner before it, and words
//! that are not names.

use std::ops::Range;

use wirefold_text::Text;
use wirefold_text::extract::name_key;

use super::table::table;
use crate::cues::{is_demonym, is_function_word, is_title};

/// A word of this many letters is not an abbreviation, so a full stop after it ends the sentence.
const WRITTEN_OUT: usize = 5;

/// The names in these words: usually one, none if the words are not a name.
pub(super) fn names(text: &Text, words: Range<usize>) -> Vec<Range<usize>> {
    let mut names = Vec::new();
    let mut start = words.start;
    for at in words.clone() {
        if at + 1 == words.end || ends_sentence(text, at) || is_owner(text, at) {
            names.push(start..at + 1);
            start = at + 1;
        }
    }
    names.retain(|name| !is_not_a_name(text, name));
    names
}

/// Whether a sentence ends between this word and the next: `in Ukraine. Zelenskyy said`.
fn ends_sentence(text: &Text, at: usize) -> bool {
    let (word, next) = (&text.words()[at], &text.words()[at + 1]);
    let printed = word.span.of(text.original());
    let is_written_out = printed.chars().count() >= WRITTEN_OUT
        && printed.chars().any(char::is_lowercase)
        && !is_title(text.normal(word));
    let gap = text.original().get(word.span.end..next.span.start).unwrap_or_default();
    is_written_out && gap.contains(". ")
}

/// Whether the word is a listed name in the possessive: `Ukraine’s Kharkiv` are two names.
fn is_owner(text: &Text, at: usize) -> bool {
    let printed = text.words()[at].span.of(text.original());
    let owner = printed.strip_suffix("'s").or_else(|| printed.strip_suffix("’s"));
    owner.is_some_and(|owner| table().keyed(&name_key(owner)).is_some())
}

/// Whether it is a word such as `The`, which only begins a sentence, a word such as `Russian`, or a letter.
pub(super) fn is_not_a_name(text: &Text, name: &Range<usize>) -> bool {
    let word = &text.words()[name.start];
    let printed = word.span.of(text.original());
    let mut letters = printed.chars().filter(|c| c.is_alphabetic());
    let is_letter = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
    let is_acronym = printed.chars().all(char::is_uppercase);
    let normal = text.normal(word);
    if name.len() == 1 && is_letter {
        return true;
    }
    name.len() == 1 && !is_acronym && (is_function_word(normal) || is_demonym(normal))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed_names(original: &str) -> Vec<String> {
        let text = Text::new(original);
        let name = |name: Range<usize>| {
            let words = &text.words()[name];
            let (first, last) = (words[0].span, words[words.len() - 1].span);
            original[first.start..last.end].to_owned()
        };
        names(&text, 0..text.words().len()).into_iter().map(name).collect()
    }

    #[test]
    fn a_name_ends_with_its_sentence_or_its_owner() {
        assert_eq!(trimmed_names("Ukraine. Mara Voss"), ["Ukraine", "Mara Voss"]);
        assert_eq!(trimmed_names("Ukraine’s Kharkiv"), ["Ukraine’s", "Kharkiv"]);
        for whole in
            ["Mara Voss", "St. Louis", "Gen. Mara Voss", "Moody's Analytics", "John F. Lund"]
        {
            assert_eq!(trimmed_names(whole), [whole]);
        }
    }

    #[test]
    fn function_words_and_demonyms_are_not_names() {
        for nobody in ["The", "Russian", "Ukrainians", "Sie", "Les", "A", "B.", "Ж"] {
            assert!(trimmed_names(nobody).is_empty(), "{nobody}");
        }
        for name in ["WHO", "Poland", "Russian Railways"] {
            assert_eq!(trimmed_names(name), [name]);
        }
    }
}
