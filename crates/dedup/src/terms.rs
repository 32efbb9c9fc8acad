//! What events look at in one text: the stems of its words, and of its names.

use wirefold_text::Text;
use wirefold_text::extract::names;

use crate::body::{Body, word_hash};

/// Letters of a word that make its stem: cutting is the one stemmer that works alike for most
/// languages with inflection, and it makes the spellings of one name meet.
const STEM_LETTERS: usize = 6;

/// The stem of a normalised word: its first six letters. Numbers are kept whole.
#[must_use]
pub fn stem(normal: &str) -> &str {
    match normal.char_indices().nth(STEM_LETTERS) {
        Some((end, _)) if !normal.starts_with(|c: char| c.is_numeric()) => &normal[..end],
        _ => normal,
    }
}

/// The terms of a text, as often as they stand there: stems of words, pairs of neighbours in scripts
/// without spaces. Furniture and boilerplate have none.
fn push_terms(text: &Text, body: &Body, terms: &mut Vec<u64>) {
    let mut before: Option<&str> = None;
    for body_word in body.words.iter().filter(|word| !word.boilerplate) {
        let word = &text.words()[body_word.index as usize];
        let normal = text.normal(word);
        let term = match before {
            Some(first) if word.alone => Some(word_hash(&format!("{first}{normal}"))),
            _ if word.alone => None,
            _ if normal.len() <= STEM_LETTERS => Some(body_word.hash),
            _ => Some(word_hash(stem(normal))),
        };
        before = word.alone.then_some(normal);
        terms.extend(term);
    }
}

/// What events look at in one text.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The terms, in order, and how often each stands in the text, at most 255 times.
    pub(crate) counts: Vec<(u64, u8)>,
    /// The stems of names, in order.
    pub(crate) names: Vec<u64>,
}

impl Terms {
    /// The terms of a text. The title counts as a second mention of its words.
    #[must_use]
    pub fn new(text: &Text, body: &Body, title: &str) -> Terms {
        let title = Text::new(title);
        let mut terms = Vec::with_capacity(body.len());
        push_terms(text, body, &mut terms);
        push_terms(&title, &Body::new(&title), &mut terms);
        terms.sort_unstable();
        let count = |same: &[u64]| (same[0], u8::try_from(same.len()).unwrap_or(u8::MAX));
        let words = names(text).into_iter().flat_map(|name| name.words);
        let names = words.map(|index| word_hash(stem(text.normal(&text.words()[index]))));
        let mut names: Vec<u64> = names.collect();
        names.sort_unstable();
        names.dedup();
        Terms { counts: terms.chunk_by(|a, b| a == b).map(count).collect(), names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_meet() {
        assert_eq!(stem("zelenskyy"), stem("zelenskiy"));
        assert_eq!(stem("2026123"), "2026123");
        assert_eq!(stem("порту"), "порту");
    }

    #[test]
    fn chinese_goes_by_pairs() {
        let text = Text::new("港口工人");
        assert_eq!(Terms::new(&text, &Body::new(&text), "").counts.len(), 3);
    }

    #[test]
    fn the_title_is_a_second_mention() {
        let text = Text::new("The port closed.");
        let terms = Terms::new(&text, &Body::new(&text), "Port");
        let count = |word: &str| terms.counts.iter().find(|(term, _)| *term == word_hash(word));
        assert_eq!((count("port").map(|c| c.1), count("closed").map(|c| c.1)), (Some(2), Some(1)));
    }
}
