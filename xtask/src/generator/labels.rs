//! Labels the pairs of articles that must fold, may fold, and must not. The labels follow from the origins of
//! their sentences.
//!
//! A pair *must* fold if both are versions of one item; or if both have one main text and share at least
//! sixty words, half of the own words of the shorter and a third of the longer. It *may* fold if both have
//! one main text in other cases; if the other has a sixth of the shorter, from 25 words on; if they share
//! half of the shorter; or if a sixth of one is from the main text of the other, even if that copy left it
//! out. All other pairs *must not* fold. Own words are neither quoted nor page chrome. A rewritten sentence
//! belongs only to the article that rewrote it. The texts in a digest or a list of headlines make no pair
//! with it, except one that is half of the shorter. The beginning of a text above a wall *may* fold with that
//! text.

use std::collections::BTreeMap;

use wirefold_score::{Label, Pair};

use super::Generator;
use super::article::{Article, Kind, Role, SentenceOrigin};

/// The required overlap of a pair: percent of the shorter and of the longer, and words.
const MUST_OF_SHORTER: u32 = 50;
const MUST_OF_LONGER: u32 = 35;
const MUST_WORDS: u32 = 60;
/// The allowed overlap of a pair in percent of the shorter, from this many words on.
const MAY_OF_SHORTER: u32 = 15;
const MAY_WORDS: u32 = 25;

/// The part of an article that decides about its labels.
#[derive(Debug, Clone)]
pub(crate) struct Makeup {
    number: u64,
    kind: Kind,
    name: &'static str,
    main: u64,
    item: u64,
    /// Own sentences with their words, in order, without duplicates.
    parts: Vec<(SentenceOrigin, u32)>,
    words: u32,
}

impl Makeup {
    /// The makeup of an article.
    pub(crate) fn of(article: &Article) -> Makeup {
        let own = article.sentences().filter_map(|sentence| match sentence.role {
            Role::Own(part) => Some((part, sentence.words)),
            Role::Quoted | Role::Chrome => None,
        });
        let mut parts: Vec<(SentenceOrigin, u32)> = own.collect();
        parts.sort_unstable();
        parts.dedup_by_key(|(part, _)| *part);
        let words = parts.iter().map(|(_, words)| words).sum();
        let Article { number, kind, name, main, item, .. } = *article;
        Makeup { number, kind, name, main, item, parts, words }
    }

    /// The words of the sentences that are in both.
    fn shared(&self, other: &Makeup) -> u32 {
        let is_there =
            |part: &SentenceOrigin| other.parts.binary_search_by_key(part, |(its, _)| *its).is_ok();
        let shared = self.parts.iter().filter(|(part, _)| is_there(part));
        shared.map(|(_, words)| words).sum()
    }

    fn holds_others(&self) -> bool {
        matches!(self.kind, Kind::Digest | Kind::Topic)
    }

    /// Whether it has enough of the other's main text to be in that story, also with copies that left out the
    /// shared part.
    fn is_part_of(&self, other: &Makeup) -> bool {
        let of_main = self.parts.iter().filter(|(part, _)| part.root == other.main);
        let words: u32 = of_main.map(|(_, words)| words).sum();
        let least = if self.holds_others() { MUST_OF_SHORTER } else { MAY_OF_SHORTER };
        self.number != other.main && words >= MAY_WORDS && 100 * words >= least * self.words
    }

    /// The label of a pair and its kind. `None` if it must not fold.
    pub(crate) fn label(&self, other: &Makeup) -> Option<(Label, String)> {
        let one_text = self.main == other.main;
        let shared = self.shared(other);
        let (shorter, longer) = (self.words.min(other.words), self.words.max(other.words));
        let is_part = |percent: u32, whole: u32| 100 * shared >= percent * whole && shared > 0;
        let is_whole = is_part(MUST_OF_SHORTER, shorter)
            && is_part(MUST_OF_LONGER, longer)
            && shared >= MUST_WORDS;
        // The beginning of a text above a wall is too short to identify the text.
        let is_stub = [self.kind, other.kind].contains(&Kind::Paywall);
        if self.item == other.item || one_text && is_whole && !is_stub {
            return Some((Label::Reprint, self.names(other)));
        }
        // Two digests of the same texts are compared like any two articles.
        let holds_others = self.holds_others() != other.holds_others();
        let may = is_part(MUST_OF_SHORTER, shorter)
            || !holds_others && is_part(MAY_OF_SHORTER, shorter) && shared >= MAY_WORDS;
        let is_part_of_other = self.is_part_of(other) || other.is_part_of(self);
        (one_text || may || is_part_of_other).then(|| (Label::Partial, self.names(other)))
    }

    /// `base+exact`: the base first, then by name, so that each kind has one spelling.
    fn names(&self, other: &Makeup) -> String {
        let mut names = [self.name, other.name].map(|name| (name != BASE, name));
        names.sort_unstable();
        format!("{}+{}", names[0].1, names[1].1)
    }
}

/// The name of originals in ids and labels.
pub(super) const BASE: &str = "base";

/// The labelled pairs among the first `count` articles, family by family. Articles with a common text are
/// generated again for it, so that memory holds only those of one family.
pub(crate) fn labels(
    generator: &Generator,
    count: u64,
) -> impl Iterator<Item = (Pair, (Label, String))> {
    let mut families: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for number in 0..count {
        for root in generator.roots(number) {
            families.entry(root).or_default().push(number);
        }
    }
    families.retain(|_, members| members.len() > 1);
    families.into_iter().flat_map(move |(root, members)| of_family(generator, root, &members))
}

fn of_family(generator: &Generator, root: u64, members: &[u64]) -> Vec<(Pair, (Label, String))> {
    let member = |number: &u64| (generator.roots(*number), Makeup::of(&generator.article(*number)));
    let members: Vec<(Vec<u64>, Makeup)> = members.iter().map(member).collect();
    let mut found = Vec::new();
    for (at, (roots, later)) in members.iter().enumerate() {
        for (its_roots, earlier) in &members[..at] {
            // A pair with several common texts is labelled with the first of them.
            let first = roots.iter().filter(|one| its_roots.contains(one)).min();
            let label = (first == Some(&root)).then(|| earlier.label(later)).flatten();
            let pair = [earlier.number, later.number].map(|number| usize::try_from(number).ok());
            if let ([Some(a), Some(b)], Some(label)) = (pair, label) {
                found.push(((a, b), label));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makeup(name: &'static str, main: u64, parts: &[(u64, u16)]) -> Makeup {
        let parts: Vec<_> = parts
            .iter()
            .map(|(root, number)| (SentenceOrigin { root: *root, number: *number }, 20))
            .collect();
        let words = 20 * u32::try_from(parts.len()).unwrap();
        let (number, item) = (main, u64::from(words) + main);
        Makeup { number, kind: Kind::Copy, name, main, item, parts, words }
    }

    #[test]
    fn pairs_are_labelled_by_what_they_share() {
        let base = makeup("base", 1, &[(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6)]);
        let cut = makeup("droptail", 1, &[(1, 0), (1, 1), (1, 2), (1, 3)]);
        let little = makeup("droptail", 1, &[(1, 0)]);
        let stranger = makeup("own", 2, &[(2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (1, 6)]);
        let part = makeup("partial", 3, &[(3, 0), (3, 1), (1, 5), (1, 6)]);
        let label = |one: &Makeup, other: &Makeup| one.label(other).map(|(label, _)| label);
        assert_eq!(cut.label(&base), Some((Label::Reprint, "base+droptail".to_owned())));
        assert_eq!(label(&base, &little), Some(Label::Partial), "too few words");
        assert_eq!(label(&base, &stranger), None, "one sentence");
        assert_eq!(label(&part, &base), Some(Label::Partial), "another main text");
        assert_eq!(label(&part, &cut), Some(Label::Partial), "of a text that the copy cut");
        let version = Makeup { item: base.item, ..stranger.clone() };
        assert_eq!(label(&base, &version), Some(Label::Reprint), "one item");
        let digest = Makeup { kind: Kind::Digest, ..stranger };
        assert_eq!(label(&digest, &base), None, "one sentence of seven");
        let stub = Makeup { kind: Kind::Paywall, ..cut };
        assert_eq!(label(&stub, &base), Some(Label::Partial), "a stub");
    }
}
