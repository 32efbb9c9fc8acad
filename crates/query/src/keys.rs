//! Under which words a query is filed.

use crate::term::{Field, Term, Wanted};
use crate::tree::Node;

/// A word that an article must have, or one of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A word of title or text, or of a field's values.
    Word(Field, String),
    /// The first two letters of a word of title or text.
    Stem(String),
}

/// Words of which every match has at least one, and how many articles they are guessed to bring.
#[derive(Debug, Clone)]
pub(crate) struct Cover {
    pub(crate) keys: Vec<Key>,
    weight: u32,
}

/// The rarest words that a query needs; nothing where none is needed.
///
/// How rare a word is, is guessed from its field and its length: in news the two go together well
/// enough, and a wrong guess costs time and nothing else.
pub(crate) fn cover(node: &Node) -> Option<Cover> {
    match node {
        Node::All | Node::Compare(_) | Node::Not(_) => None,
        Node::Term(term) => cover_of(term),
        Node::Near { one, other, .. } => rarest([cover_of(one), cover_of(other)]),
        Node::And(parts) => rarest(parts.iter().map(cover)),
        Node::Or(parts) => {
            let covers: Option<Vec<Cover>> = parts.iter().map(cover).collect();
            let covers = covers?;
            let weight = covers.iter().fold(0_u32, |sum, part| sum.saturating_add(part.weight));
            let mut keys: Vec<Key> = covers.into_iter().flat_map(|part| part.keys).collect();
            keys.sort_unstable_by(|one, other| one.order().cmp(&other.order()));
            keys.dedup();
            Some(Cover { keys, weight })
        }
    }
}

fn rarest(covers: impl IntoIterator<Item = Option<Cover>>) -> Option<Cover> {
    covers.into_iter().flatten().min_by_key(|cover| cover.weight)
}

fn cover_of(term: &Term) -> Option<Cover> {
    let words = term.wanted.words();
    let whole = match &term.wanted {
        Wanted::Words(_) => words,
        Wanted::Prefix(_) => &words[..words.len().saturating_sub(1)],
    };
    // The words of a title are among those of title and text.
    let field = if term.field == Field::Title { Field::Text } else { term.field };
    let word = whole.iter().min_by_key(|word| weight(field, word));
    if let Some(word) = word {
        let keys = vec![Key::Word(field, word.clone())];
        return Some(Cover { keys, weight: weight(field, word) });
    }
    let stem = stem(words.last()?)?;
    (field == Field::Text).then(|| Cover { keys: vec![Key::Stem(stem.to_owned())], weight: 300 })
}

/// The first two letters of a word.
pub(crate) fn stem(word: &str) -> Option<&str> {
    let (second, letter) = word.char_indices().nth(1)?;
    word.get(..second + letter.len_utf8())
}

fn weight(field: Field, word: &str) -> u32 {
    let letters = u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
    match field {
        Field::Entity | Field::Place | Field::Outlet | Field::Site | Field::Feed => 20,
        Field::Agency | Field::Topic => 100,
        Field::Lang | Field::Class => 2_000,
        Field::Text | Field::Title if word.is_ascii() && letters <= 3 => 500,
        Field::Text | Field::Title => 200 - 8 * letters.min(20),
    }
}

impl Key {
    fn order(&self) -> (Option<Field>, &str) {
        match self {
            Self::Word(field, word) => (Some(*field), word),
            Self::Stem(stem) => (None, stem),
        }
    }
}
