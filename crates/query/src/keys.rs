//! The words under which the percolator files a query.

use crate::term::{Field, Term, Wanted};
use crate::tree::Node;

/// A key of the percolator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key<'q> {
    /// A word of title or text, or of a field's values.
    Word(Field, &'q str),
    /// The first two or four letters of a word of title or text.
    Prefix(&'q str),
}

/// Words of which every match has at least one, and an estimate of the number of articles that have
/// one.
#[derive(Debug, Clone)]
struct Cover<'q> {
    keys: Vec<Key<'q>>,
    weight: u32,
}

/// Returns the number of query terms that contain a word.
pub(crate) type Uses<'u> = &'u dyn Fn(Field, &str) -> u32;

/// A query whose key would have no guard may be filed under keys with up to this many times the
/// weight if they allow a guard. Reading a list costs that much less than running a query.
const GUARD_SAVING: u32 = 8;

/// The words under which a query is filed, and another word that every match has.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filed<'q> {
    /// Empty if the query needs no word.
    pub(crate) keys: Vec<Key<'q>>,
    /// Checked before the query is run.
    pub(crate) guard: Option<(Field, &'q str)>,
}

/// Chooses the keys of a query: the rarest words that it needs.
///
/// The rarity of a word is estimated from its field, its length, and the number of queries that use
/// it. In news these go together well enough. A wrong estimate costs time only.
pub(crate) fn filed<'q>(node: &'q Node, uses: Uses<'_>) -> Filed<'q> {
    let Some(Cover { keys, weight }) = cover(node, uses) else {
        return Filed::default();
    };
    let guard = guard(node, &keys, uses);
    match (guard, &keys[..], node) {
        // `port (strike OR quay)` is filed under both words of the group, with `port` as the guard.
        (None, &[Key::Word(field, word)], Node::And(parts)) => {
            let covers = parts.iter().filter_map(|part| cover(part, uses));
            let others = covers.filter(|other| other.keys != keys);
            match others.min_by_key(|other| other.weight) {
                Some(other) if other.weight <= weight.saturating_mul(GUARD_SAVING) => {
                    Filed { keys: other.keys, guard: Some((field, word)) }
                }
                _ => Filed { keys, guard },
            }
        }
        _ => Filed { keys, guard },
    }
}

/// The rarest words of which every match has one. `None` if no word is needed.
fn cover<'q>(node: &'q Node, uses: Uses<'_>) -> Option<Cover<'q>> {
    match node {
        Node::All | Node::Compare(_) | Node::Not(_) => None,
        Node::Term(term) => cover_of(term, uses),
        Node::Near { one, other, .. } => rarest([cover_of(one, uses), cover_of(other, uses)]),
        Node::And(parts) => rarest(parts.iter().map(|part| cover(part, uses))),
        Node::Or(parts) => {
            let covers: Option<Vec<Cover<'q>>> =
                parts.iter().map(|part| cover(part, uses)).collect();
            let covers = covers?;
            let weight = covers.iter().fold(0_u32, |sum, part| sum.saturating_add(part.weight));
            let mut keys: Vec<Key<'q>> = covers.into_iter().flat_map(|part| part.keys).collect();
            keys.sort_unstable();
            keys.dedup();
            Some(Cover { keys, weight })
        }
    }
}

/// The rarest word that every match has, except the key of the query.
fn guard<'q>(node: &'q Node, keys: &[Key<'q>], uses: Uses<'_>) -> Option<(Field, &'q str)> {
    let mut needed = Vec::new();
    collect_needed(node, &mut needed);
    let is_key = |(field, word): &(Field, &'q str)| keys == [Key::Word(*field, word)];
    let others = needed.into_iter().filter(|word| !is_key(word));
    others.min_by_key(|(field, word)| weight(*field, word, uses))
}

fn collect_needed<'q>(node: &'q Node, needed: &mut Vec<(Field, &'q str)>) {
    let mut note = |term: &'q Term| {
        let field = term.field.filed();
        needed.extend(whole_words(term).iter().map(|word| (field, word.as_str())));
    };
    match node {
        Node::All | Node::Compare(_) | Node::Not(_) | Node::Or(_) => {}
        Node::Term(term) => note(term),
        Node::Near { one, other, .. } => {
            note(one);
            note(other);
        }
        Node::And(parts) => parts.iter().for_each(|part| collect_needed(part, needed)),
    }
}

fn rarest<'q>(covers: impl IntoIterator<Item = Option<Cover<'q>>>) -> Option<Cover<'q>> {
    covers.into_iter().flatten().min_by_key(|cover| cover.weight)
}

fn cover_of<'q>(term: &'q Term, uses: Uses<'_>) -> Option<Cover<'q>> {
    let field = term.field.filed();
    if let Wanted::Stems(stems) = &term.wanted {
        return Some(cover_of_stems(stems, uses));
    }
    let weighed = whole_words(term).iter().map(|word| (weight(field, word, uses), word));
    if let Some((weight, word)) = weighed.min_by_key(|(weight, _)| *weight) {
        return Some(Cover { keys: vec![Key::Word(field, word)], weight });
    }
    let prefix = key_prefix(term.wanted.words().last()?)?;
    let weight = if prefix.chars().count() > 2 { 150 } else { 600 };
    (field == Field::Text).then(|| Cover { keys: vec![Key::Prefix(prefix)], weight })
}

/// The keys of `~word`: its stems by all stemmers, and the word itself. Every match has one of
/// them.
fn cover_of_stems<'q>(stems: &'q [String], uses: Uses<'_>) -> Cover<'q> {
    let (exact, of_stemmers) = stems.split_last().map_or(("", stems), |(last, rest)| (last, rest));
    let of_stemmers = of_stemmers.iter().map(|stem| Key::Word(Field::Stem, stem));
    let mut keys: Vec<Key<'q>> = of_stemmers.collect();
    keys.push(Key::Word(Field::Text, exact));
    keys.sort_unstable();
    keys.dedup();
    Cover { keys, weight: weight(Field::Text, exact, uses).saturating_mul(2) }
}

/// The words of a term that must occur unchanged.
fn whole_words(term: &Term) -> &[String] {
    let words = term.wanted.words();
    match term.wanted {
        Wanted::Stems(_) => &[],
        Wanted::Words(_) => words,
        Wanted::Prefix(_) => &words[..words.len().saturating_sub(1)],
    }
}

/// The first two and the first four letters of a word, if it has as many.
pub(crate) fn prefixes(word: &str) -> [Option<&str>; 2] {
    [2, 4].map(|letters: usize| {
        let (last, letter) = word.char_indices().nth(letters - 1)?;
        word.get(..last + letter.len_utf8())
    })
}

/// The first letters under which words with this beginning are filed.
pub(crate) fn key_prefix(beginning: &str) -> Option<&str> {
    let [two, four] = prefixes(beginning);
    four.or(two)
}

fn weight(field: Field, word: &str, uses: Uses<'_>) -> u32 {
    let letters = u32::try_from(word.chars().count()).unwrap_or(u32::MAX);
    let base = match field {
        Field::Entity | Field::Place | Field::Outlet | Field::Site | Field::Feed => 20,
        Field::Agency | Field::Cites | Field::Note => 100,
        Field::Lang | Field::Class => 2_000,
        Field::Text | Field::Anywhere | Field::Title | Field::Stem
            if word.is_ascii() && letters <= 3 =>
        {
            500
        }
        Field::Text | Field::Anywhere | Field::Title | Field::Stem => 200 - 8 * letters.min(20),
    };
    base * (1 + uses(field, word).saturating_add(1).ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    #[test]
    fn files_a_query_under_the_rarest_words_it_needs() {
        let cases = [
            ("the zelensky", "zelensky", "the"),
            ("\"peace plan\"", "peace", "plan"),
            ("a NEAR/3 ceasefire", "ceasefire", "a"),
            ("port -zelensky", "port", ""),
            ("harbour OR zelensky", "harbour zelensky", ""),
            ("port (strike OR quay)", "quay strike", "port"),
            ("common zelensky", "zelensky", "common"),
            ("harbo* the", "harb", "the"),
            ("~strike zelensky", "strike stri strik strike", "zelensky"),
            ("~port", "port por port", ""),
            ("harbo*", "harb", ""),
            ("har*", "ha", ""),
            ("outlet:paper.example port", "paper.example", "port"),
            ("* origins>2", "", ""),
            ("* OR port", "", ""),
        ];
        let uses = |_: Field, word: &str| if word == "common" { 1_000 } else { 0 };
        for (text, keys, guard) in cases {
            let query = Query::parse(text).expect(text);
            let found = filed(&query.tree, &uses);
            let words = found.keys.iter().map(|(Key::Word(_, word) | Key::Prefix(word))| *word);
            assert_eq!(words.collect::<Vec<&str>>().join(" "), keys, "{text}");
            assert_eq!(found.guard.map_or("", |(_, word)| word), guard, "{text}");
        }
    }
}
