//! Converts words, phrases and fields to terms.

use wirefold_text::extract::agency_by_alias;

use crate::error::{ParseError, shortened};
use crate::fold;
use crate::stemming::stems;
use crate::term::{CLASSES, Field, NOTES, Term, Wanted};

/// A word of a query.
struct Token {
    folded: String,
    normal: String,
    is_parted: bool,
    is_character: bool,
}

/// Parses a word, a prefix or the words of a phrase.
pub(super) fn term(
    field: Field,
    text: &str,
    written: String,
    column: usize,
) -> Result<Term, ParseError> {
    let (stem, has_star) = match text.trim().strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (text.trim(), false),
    };
    if stem.contains('*') {
        let at = stem.chars().position(|next| next == '*').unwrap_or(0);
        return Err(ParseError::new(column + at, "\"*\" only at the end of a word", "\"*\""));
    }
    let of_text = if field.is_text() { tokens(stem) } else { Vec::new() };
    // A run of characters is found even if more characters follow, so it needs no prefix.
    let is_prefix = has_star && !of_text.last().is_some_and(|last| last.is_character);
    let words = words_of(field, stem, is_prefix);
    let Some(last) = words.last() else {
        let what = if stem.is_empty() { "nothing".to_owned() } else { shortened(stem) };
        return Err(ParseError::new(column, "a word with letters or digits", what));
    };
    if field == Field::Site && stem.contains(['/', ':']) {
        let expected =
            "a host such as harbour.example: a site is a host, without http:// and without a path";
        return Err(ParseError::new(column, expected, shortened(stem)));
    }
    let allowed: &[&str] = match field {
        Field::Class => &CLASSES,
        Field::Note => &NOTES,
        _ => &[],
    };
    if !allowed.is_empty() && !allowed.contains(&stem) {
        let expected = format!("one of {}", allowed.join(", "));
        return Err(ParseError::new(column, expected, shortened(stem)));
    }
    if is_prefix && last.chars().count() < 2 {
        let expected = "at least two letters before \"*\"";
        return Err(ParseError::new(column, expected, shortened(text)));
    }
    let wanted = if is_prefix { Wanted::Prefix(words) } else { Wanted::Words(words) };
    Ok(Term { field, wanted, is_run: is_run(&of_text), written })
}

/// Parses the word after `~`.
pub(super) fn stemmed(
    field: Field,
    word: &str,
    written: String,
    column: usize,
) -> Result<Term, ParseError> {
    if !field.is_text() {
        let expected = "~ before words of title and text only";
        return Err(ParseError::new(column, expected, shortened(&written)));
    }
    if word.contains('*') {
        let expected = "either ~ before a word or \"*\" behind it";
        return Err(ParseError::new(column, expected, shortened(&written)));
    }
    let tokens = tokens(word);
    if !tokens.is_empty() && tokens.iter().all(|token| token.is_character) {
        return term(field, word, written, column);
    }
    let [only] = &tokens[..] else {
        let expected = "one word behind ~, such as ~strike";
        return Err(ParseError::new(column, expected, shortened(&written)));
    };
    let exact = std::iter::once(only.folded.clone());
    let wanted = Wanted::Stems(stems(&only.normal).chain(exact).collect());
    Ok(Term { field, wanted, is_run: false, written })
}

/// The text without hyphens between letters: `ceasefire talks` for `cease-fire talks`.
pub(super) fn without_hyphens(text: &str) -> Option<String> {
    let is_hyphen = |letter: char| matches!(letter, '-' | '\u{2010}' | '\u{2011}');
    let letters: Vec<char> = text.trim().chars().collect();
    let joins = |at: usize| {
        let neighbours =
            at.checked_sub(1).and_then(|before| letters.get(before)).zip(letters.get(at + 1));
        is_hyphen(letters[at])
            && neighbours.is_some_and(|(one, other)| one.is_alphabetic() && other.is_alphabetic())
    };
    let joined: String =
        (0..letters.len()).filter(|at| !joins(*at)).map(|at| letters[at]).collect();
    (joined.chars().count() < letters.len()).then_some(joined)
}

/// The position of a `~` before a word inside a phrase, where it is not allowed.
pub(super) fn tilde_inside(phrase: &str) -> Option<usize> {
    let mut pairs = phrase.chars().zip(phrase.chars().skip(1));
    pairs.position(|(mark, next)| mark == '~' && next.is_alphabetic())
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    fold::each_token(text, |fold::Token { folded, normal, is_parted, is_character }| {
        let (folded, normal) = (folded.to_owned(), normal.to_owned());
        tokens.push(Token { folded, normal, is_parted, is_character });
    });
    tokens
}

/// Whether there are several characters in a row with nothing between them.
fn is_run(tokens: &[Token]) -> bool {
    tokens.windows(2).any(|pair| pair.iter().all(|token| token.is_character))
        && !tokens.iter().any(|token| token.is_parted)
}

fn words_of(field: Field, stem: &str, is_prefix: bool) -> Vec<String> {
    match field {
        Field::Entity | Field::Place => fold::name_words(stem),
        Field::Agency | Field::Cites if !is_prefix => {
            fold::fold_words(agency_by_alias(stem).unwrap_or(stem))
        }
        field if field.has_words() => fold::fold_words(stem),
        _ if stem.is_empty() => Vec::new(),
        _ => vec![stem.to_lowercase()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_between_letters_are_left_out() {
        for (text, expected) in [
            ("cease-fire", Some("ceasefire")),
            ("cease\u{2011}fire talks", Some("ceasefire talks")),
            ("re-elect*", Some("reelect*")),
            ("2024-25", None),
            ("port - strike", None),
            ("port", None),
        ] {
            assert_eq!(without_hyphens(text).as_deref(), expected, "{text}");
        }
    }
}
