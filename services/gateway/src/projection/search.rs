//! The words that a search finds, and what people type to find them.
//!
//! Both are folded as the words of subscriptions are, so that FTS5 has nothing to do but to split at spaces. In scripts
//! without spaces each character is a word, and a typed run of characters is a phrase.

use std::fmt::Write as _;

use wirefold_proto::OutputArticle;
use wirefold_query::each_token;

/// The longest text of which all words are found, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// The most typed words that count.
const MAX_TYPED: usize = 16;
/// Stands between two characters that are no run, such as the last of a sentence and the first of the next.
const GAP: &str = " ǂ";

/// The searched words of an article: those of title, outlet, names and text.
pub(super) fn searched_words(article: &OutputArticle, text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or(text);
    let mut words = String::with_capacity(text.len() + 256);
    for part in [&article.article.title, article.article.outlet.as_str(), text] {
        push_words(&mut words, part);
    }
    for entity in &article.findings.entities {
        let name = words.len();
        push_words(&mut words, &entity.name);
        let key = words.len();
        push_words(&mut words, &entity.key);
        // Most keys read as their names.
        if words[name..key] == words[key..] {
            words.truncate(key);
        }
    }
    words
}

fn push_words(words: &mut String, part: &str) {
    words.push_str(GAP);
    each_token(part, |token| {
        if token.is_parted {
            words.push_str(GAP);
        }
        words.push(' ');
        words.push_str(token.folded);
    });
}

/// Converts typed words for FTS5: all must be found, and the last one may be the beginning of a word. Empty if nothing
/// can be found.
pub(super) fn all_of(typed: &str) -> String {
    let mut phrases: Vec<String> = Vec::new();
    for word in typed.split_whitespace() {
        let mut phrase = String::new();
        each_token(word, |token| {
            // Writing to a string cannot fail.
            let _ = write!(phrase, " {}", token.folded);
        });
        if !phrase.is_empty() {
            phrases.push(format!("\"{}\"", phrase.trim_start()));
        }
    }
    phrases.truncate(MAX_TYPED);
    match phrases.is_empty() {
        true => String::new(),
        false => format!("{}*", phrases.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_words_are_phrases_of_what_they_fold_to() {
        let cases = [
            ("HARBOUR clos", "\"harbour\" \"clos\"*"),
            ("Łódź самолёт", "\"lodz\" \"самолет\"*"),
            ("大地震", "\"大 地 震\"*"),
            ("cease-fire", "\"cease fire\"*"),
            ("\"*( OR", "\"or\"*"),
            ("\"*(", ""),
        ];
        for (typed, expected) in cases {
            assert_eq!(all_of(typed), expected, "{typed}");
        }
    }
}
