//! Trims the names of the tagger: the sentence behind a name, its owner before it, and words that
//! name nobody.

use std::ops::Range;

use wirefold_text::Text;
use wirefold_text::extract::name_key;

use super::table::table;
use crate::cues::{is_demonym, is_function_word, is_title};

/// A word of so many letters is no abbreviation, so a stop behind it ends the sentence.
const WRITTEN_OUT: usize = 5;

/// The names in these words: one as a rule, none where they name nobody.
pub(super) fn names(text: &Text, words: Range<usize>) -> Vec<Range<usize>> {
    let mut names = Vec::new();
    let mut start = words.start;
    for at in words.clone() {
        if at + 1 == words.end || ends_sentence(text, at) || is_owner(text, at) {
            names.push(start..at + 1);
            start = at + 1;
        }
    }
    names.retain(|name| !names_nobody(text, name));
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

/// Whether the word is a known name as an owner: `Ukraine’s Kharkiv` are two names.
fn is_owner(text: &Text, at: usize) -> bool {
    let printed = text.words()[at].span.of(text.original());
    let owner = printed.strip_suffix("'s").or_else(|| printed.strip_suffix("’s"));
    owner.is_some_and(|owner| table().keyed(&name_key(owner)).is_some())
}

/// Whether it is a word such as `The` that only begins a sentence, or one such as `Russian`.
pub(super) fn names_nobody(text: &Text, name: &Range<usize>) -> bool {
    let word = &text.words()[name.start];
    let is_acronym = word.span.of(text.original()).chars().all(char::is_uppercase);
    let normal = text.normal(word);
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
    fn a_name_ends_where_its_sentence_or_its_owner_does() {
        assert_eq!(trimmed_names("Ukraine. Mara Voss"), ["Ukraine", "Mara Voss"]);
        assert_eq!(trimmed_names("Ukraine’s Kharkiv"), ["Ukraine’s", "Kharkiv"]);
        for whole in
            ["Mara Voss", "St. Louis", "Gen. Mara Voss", "Moody's Analytics", "John F. Lund"]
        {
            assert_eq!(trimmed_names(whole), [whole]);
        }
    }

    #[test]
    fn words_that_name_nobody_are_no_name() {
        for nobody in ["The", "Russian", "Ukrainians", "Sie", "Les"] {
            assert!(trimmed_names(nobody).is_empty(), "{nobody}");
        }
        for name in ["WHO", "Poland", "Russian Railways"] {
            assert_eq!(trimmed_names(name), [name]);
        }
    }
}
