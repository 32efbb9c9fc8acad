//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::codec::prefetch::prefetch;
use crate::codec::varint;
use crate::codec::{written, written_bytes};
use crate::event::frequencies::Frequencies;
use crate::event::term_weights::{TermWeights, Weights};

/// The share of the maximal rarity from which a name is rare.
const MIN_NAME_RARITY: f64 = 0.6;
/// The sum of no numbers, as an iterator has it.
const NO_SUM: f64 = -0.0;
/// The bytes of a line of the processor's cache.
const CACHE_LINE: usize = 64;

/// The terms of a text by their ids in [`Frequencies`], so that a comparison of two texts looks up
/// no hashes.
#[derive(Debug, Clone, Default)]
pub(crate) struct IndexedTerms {
    pub(crate) terms: PackedTerms,
    pub(crate) title: PackedTerms,
    pub(crate) lede: PackedTerms,
    /// The stems of names, in order. `None` if the script has no capitals.
    pub(crate) names: Option<Box<[u32]>>,
}

/// Term ids in order, each with its number of mentions, at most 255. It takes less than two bytes a
/// term: for each term a varint whose last bit says whether there are several mentions, and whose
/// other bits are the number of ids skipped since the previous term; then a byte with the number of
/// mentions if there are several.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedTerms(Box<[u8]>);

impl PackedTerms {
    /// Packs term ids with their mentions. The ids are in order and different.
    pub(crate) fn new(terms: impl Iterator<Item = (u32, u8)>) -> PackedTerms {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (id, count) in terms {
            varint::push(&mut bytes, (id - next) << 1 | u32::from(count > 1));
            if count > 1 {
                bytes.push(count);
            }
            next = id + 1;
        }
        PackedTerms(bytes.into())
    }

    /// The term ids with their mentions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u8)> + '_ {
        let mut bytes = &*self.0;
        let mut next = 0;
        std::iter::from_fn(move || read_term(&mut bytes, &mut next))
    }

    /// Calls `visit` for each term id with its mentions, in order. It is faster than
    /// [`PackedTerms::iter`], because it reads most terms without a branch: the lengths of numbers
    /// cannot be predicted, and a wrong prediction takes as long as a few terms.
    #[inline]
    fn for_each(&self, mut visit: impl FnMut(u32, u8)) {
        let mut bytes = &*self.0;
        let mut next = 0;
        while let Some(first) = bytes.first_chunk() {
            let word = u32::from_le_bytes(*first);
            if word & LONG_NUMBER == LONG_NUMBER {
                let Some((id, count)) = read_term(&mut bytes, &mut next) else { return };
                visit(id, count);
                continue;
            }
            let is_two_bytes = word >> 7 & 1;
            let second_byte = (word >> 1 & 0x3f80) * is_two_bytes;
            let written = word & 0x7f | second_byte;
            let len = 1 + is_two_bytes;
            let has_count = written & 1;
            let count = if has_count == 1 { word >> (8 * len) & 0xff } else { 1 };
            let id = next + (written >> 1);
            next = id + 1;
            bytes = bytes.get((len + has_count) as usize..).unwrap_or_default();
            visit(id, (count & 0xff) as u8);
        }
        while let Some((id, count)) = read_term(&mut bytes, &mut next) {
            visit(id, count);
        }
    }

    /// One byte of each cache line that the packed terms take.
    pub(crate) fn cache_lines(&self) -> impl Iterator<Item = u8> {
        self.0.iter().step_by(CACHE_LINE).copied()
    }

    /// Whether there are no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The vector of unit length. Terms without weight are left out.
    pub(crate) fn vector(&self, frequencies: &Frequencies) -> Vector {
        let mut weights: Vec<(u32, f64)> = self.weights(frequencies).collect();
        let squares = weights.iter().map(|(_, weight)| weight * weight);
        let length = f64::sqrt(squares.sum());
        weights.retain(|(_, weight)| *weight > 0.0);
        weights.iter_mut().for_each(|(_, weight)| *weight /= length);
        Vector { weights }
    }

    /// Calls `visit` for each term that a second text has too, with the weight of the term in this
    /// text, not scaled to unit length, and its weights in the second one. `buffer` is only memory
    /// that is used again.
    ///
    /// It first lists the terms that pass the filter of the second text, without a branch: whether a
    /// term passes cannot be predicted, and a wrong prediction takes as long as ten terms.
    #[inline]
    pub(crate) fn for_each_shared(
        &self,
        other: &TermWeights,
        frequencies: &Frequencies,
        buffer: &mut Vec<(u32, u8)>,
        mut visit: impl FnMut(f64, &Weights),
    ) {
        // A term takes at least one byte.
        buffer.resize(buffer.len().max(self.0.len()), (0, 0));
        let mut passed = 0;
        self.for_each(|id, count| {
            buffer[passed] = (id, count);
            passed += usize::from(other.may_have(id));
        });
        let rarities = frequencies.rarities();
        for (id, count) in &buffer[..passed] {
            if let Some(there) = other.get(*id) {
                visit(rarities.weight_of_rarity(there.rarity, *count), there);
            }
        }
    }

    /// The squared length of the vector that is not scaled to unit length. Calls `visit` for each
    /// term that a second text has too, as [`PackedTerms::for_each_shared`] does.
    #[inline]
    pub(crate) fn square_and_shared(
        &self,
        other: &TermWeights,
        frequencies: &Frequencies,
        mut visit: impl FnMut(f64, &Weights),
    ) -> f64 {
        let rarities = frequencies.rarities();
        let mut square = NO_SUM;
        self.for_each(|id, count| {
            let weight = rarities.weight(id, count);
            square += weight * weight;
            if let Some(there) = other.get(id) {
                visit(weight, there);
            }
        });
        square
    }

    /// Whether it has any of these term ids, which are in order.
    pub(crate) fn has_any(&self, ids: &[u32]) -> bool {
        self.iter().any(|(id, _)| ids.binary_search(&id).is_ok())
    }

    /// The squared length of the vector that is not scaled to unit length.
    pub(crate) fn square(&self, frequencies: &Frequencies) -> f64 {
        let rarities = frequencies.rarities();
        let mut square = NO_SUM;
        self.for_each(|id, count| {
            let weight = rarities.weight(id, count);
            square += weight * weight;
        });
        square
    }

    fn weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        self.iter().map(move |(id, count)| (id, rarities.weight(id, count)))
    }
}

/// The bits that are set if the first number of some bytes takes more than two of them.
const LONG_NUMBER: u32 = 0x8080;

/// Reads the next term id with its mentions, and advances `bytes` past it. `next` is the lowest id
/// that it may have.
fn read_term(bytes: &mut &[u8], next: &mut u32) -> Option<(u32, u8)> {
    let written = varint::read(bytes)?;
    let mut count = 1;
    if written & 1 == 1 {
        (count, *bytes) = bytes.split_first().map(|(count, rest)| (*count, rest))?;
    }
    let id = *next + (written >> 1);
    *next = id + 1;
    Some((id, count))
}

impl IndexedTerms {
    /// Starts loading the terms into the processor's cache before they are compared.
    pub(crate) fn prefetch(&self) {
        let parts = [&self.terms, &self.title, &self.lede];
        prefetch(parts.into_iter().flat_map(PackedTerms::cache_lines));
    }

    /// The rare names with their weights.
    pub(crate) fn rare_names(&self, frequencies: &Frequencies) -> RareNames {
        let weights: Vec<(u32, f64)> = self.rare_name_weights(frequencies).collect();
        let sum = weights.iter().map(|(_, weight)| weight).sum();
        RareNames { weights, sum, are_recognised: self.names.is_some() }
    }

    /// The cosine of the rare names of this text and another, 0 to 1. Each name counts once. `None`
    /// if one of the texts has no rare name.
    pub(crate) fn names_cosine(
        &self,
        others: &RareNames,
        frequencies: &Frequencies,
    ) -> Option<f64> {
        let (mut common, mut sum) = (0.0, 0.0);
        join_by_id(
            self.rare_name_weights(frequencies),
            others.weights.iter().copied(),
            |weight, other| {
                sum += weight;
                common += other.map_or(0.0, |_| weight);
            },
        );
        let length = f64::sqrt(sum * others.sum);
        (length > 0.0).then(|| (common / length).min(1.0))
    }

    /// The ids of rare names in order, with their weights.
    fn rare_name_weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        let least = MIN_NAME_RARITY * rarities.max;
        self.names.as_deref().unwrap_or_default().iter().filter_map(move |name| {
            let rarity = rarities.of(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        })
    }
}

/// Calls `visit` for each entry of `here`, in order, with the value of the same id in `there`, if
/// any. Both are in the order of ids.
fn join_by_id<T>(
    here: impl Iterator<Item = (u32, f64)>,
    there: impl Iterator<Item = (u32, T)>,
    mut visit: impl FnMut(f64, Option<T>),
) {
    let mut there = there.peekable();
    for (id, weight) in here {
        while there.next_if(|(other, _)| *other < id).is_some() {}
        let same = there.next_if(|(other, _)| *other == id);
        visit(weight, same.map(|(_, other)| other));
    }
}

/// A vector of unit length: the weight of each term.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vector {
    /// Term ids with weights above 0, in the order of ids.
    weights: Vec<(u32, f64)>,
}

impl Vector {
    /// A vector of these weights, which are in the order of term ids.
    #[cfg(test)]
    pub(crate) fn of_weights(weights: Vec<(u32, f64)>) -> Vector {
        Vector { weights }
    }

    /// The weights with their term ids, in the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f64)> {
        self.weights.iter().copied()
    }

    /// The number of terms.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The ids of its terms, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.weights.iter().map(|(id, _)| *id)
    }

    /// Whether it has any of these term ids, which are in order.
    pub(crate) fn has_any(&self, ids: &[u32]) -> bool {
        self.ids().any(|id| ids.binary_search(&id).is_ok())
    }

    /// Whether it has no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The ids of the `most` heaviest terms, the heaviest first. Of equal weights, the lower id is
    /// first.
    pub(crate) fn heaviest(&self, most: usize) -> Vec<u32> {
        // The bits of positive floating-point numbers have the same order as the numbers, so one
        // comparison of integers orders by weight and id.
        let key = |(id, weight): &(u32, f64)| {
            u128::from(!weight.to_bits()) << u32::BITS | u128::from(*id)
        };
        let mut keys: Vec<u128> = self.weights.iter().map(key).collect();
        if most < keys.len() {
            keys.select_nth_unstable(most);
            keys.truncate(most);
        }
        keys.sort_unstable();
        let id = |of: u128| u32::try_from(of & u128::from(u32::MAX)).expect("32 bits");
        keys.into_iter().map(id).collect()
    }
}

/// The rare names of a text with their weights, in the order of their ids.
pub(crate) struct RareNames {
    weights: Vec<(u32, f64)>,
    /// The sum of all weights.
    sum: f64,
    /// Whether names can be recognised in the script of the text.
    pub(crate) are_recognised: bool,
}

written_bytes!(PackedTerms);
written!(IndexedTerms { terms, title, lede, names });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::body::terms::Terms;
    use crate::event::subject::Subject;
    use crate::ids::StoryId;
    use crate::settings::Settings;

    proptest! {
        #[test]
        fn packed_terms_are_read_back_unchanged(
            // Neighbours, near ones and distant ones: numbers of one to five bytes.
            gaps in proptest::collection::vec(
                (prop_oneof![Just(0u32), 0u32..70, 0u32..9_000, 0u32..1 << 26], 1u8..=255),
                0..40,
            ),
        ) {
            let mut next = 0;
            let mut terms = Vec::new();
            for (gap, count) in gaps {
                terms.push((next + gap, count));
                next += gap + 1;
            }
            let packed = PackedTerms::new(terms.iter().copied());
            let mut visited = Vec::new();
            packed.for_each(|id, count| visited.push((id, count)));
            prop_assert!(packed.iter().eq(visited.iter().copied()));
            prop_assert!(visited.into_iter().eq(terms.into_iter()));
        }
    }

    #[test]
    fn rare_shared_words_weigh_most() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let mut indexed = |text: &str| {
            let text = Text::new(text);
            table.index_terms(&Terms::new(&text, &Body::new(&text), ""))
        };
        let about = indexed("the strike of the dockers in Quayton");
        let near = indexed("dockers of Quayton end the strike");
        let far = indexed("the price of the fish in the port");
        let subject = Subject::new(&about, &table);
        let cosine = |of: &IndexedTerms| {
            let comparison = subject.compare((StoryId(0), of), 0, &table, &Settings::default());
            subject.link(&comparison, &table, &Settings::default()).cosine
        };
        assert!(cosine(&near) > 0.7);
        assert!(cosine(&far) < 0.3);
        assert!((cosine(&about) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_heaviest_terms_are_the_rarest() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let text = Text::new("The port of Quayton");
        let indexed = table.index_terms(&Terms::new(&text, &Body::new(&text), ""));
        let quayton = table.index_terms(&Terms {
            mentions: vec![crate::body::word_hash("quayto")],
            names: Some(vec![]),
            ..Terms::default()
        });
        assert_eq!(
            quayton.terms.iter().map(|(id, _)| id).collect::<Vec<_>>(),
            indexed.terms.vector(&table).heaviest(1)
        );
    }
}
