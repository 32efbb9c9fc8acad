//! A table of the weights of each term of a text: in all words, in the title and in the lede. One
//! look-up gives all three.
//!
//! Input: three vectors. Output: the weights of a term. This file knows only the ids of terms.

use crate::event::frequencies::Frequencies;
use crate::event::packed_terms::PackedTerms;
use crate::event::vector::{NO_SUM, Vector};

/// The weights of a term in each part of a text; 0 for a part without it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Weights {
    /// The rarity of the term in all texts, stored so that a comparison does not look it up again.
    pub(crate) rarity: f64,
    pub(crate) words: f64,
    pub(crate) title: f64,
    pub(crate) lede: f64,
}

/// The weights of the terms of a text by term id: a hash table behind a filter. Most terms that are
/// looked up are not in the text, and the filter is small enough for the processor's first cache.
#[derive(Debug, Clone)]
pub(crate) struct TermWeights {
    /// The filter: a bit is set if a term with this id, modulo the number of bits, is in the table.
    bits: Vec<u64>,
    /// The hash table, open-addressed: the position in `entries` plus one, or 0 for an empty slot.
    /// The number of slots is a power of two.
    slots: Vec<u32>,
    /// In the order of term ids.
    entries: Vec<(u32, Weights)>,
}

/// The number of bits of the filter, a power of two: 4 KB. A text with 500 terms sets one in
/// sixty-five.
const FILTER_BITS: u32 = 1 << 15;
/// The number of slots for each entry, at least.
const MIN_SLOTS_PER_ENTRY: usize = 2;

impl TermWeights {
    /// The weights in the vectors of all words, the title and the lede. `rarity` is the rarity of a
    /// term.
    pub(crate) fn new(
        [words, title, lede]: [&Vector; 3],
        rarity: impl Fn(u32) -> f64,
    ) -> TermWeights {
        let mut entries: Vec<(u32, Weights)> = Vec::with_capacity(words.len() + title.len());
        let (mut words, mut title, mut lede) =
            (words.iter().peekable(), title.iter().peekable(), lede.iter().peekable());
        while let Some(id) = [&mut words, &mut title, &mut lede]
            .into_iter()
            .filter_map(|part| part.peek().map(|(id, _)| *id))
            .min()
        {
            let weight_in = |part: &mut std::iter::Peekable<_>| {
                part.next_if(|(next, _): &(u32, f64)| *next == id).map_or(0.0, |(_, it)| it)
            };
            let weights = Weights {
                rarity: rarity(id),
                words: weight_in(&mut words),
                title: weight_in(&mut title),
                lede: weight_in(&mut lede),
            };
            entries.push((id, weights));
        }
        let mut table = TermWeights {
            bits: vec![0; FILTER_BITS as usize / 64],
            slots: vec![0; (MIN_SLOTS_PER_ENTRY * entries.len()).next_power_of_two()],
            entries,
        };
        table.fill();
        table
    }

    fn fill(&mut self) {
        let last = self.slots.len() - 1;
        for ((id, _), number) in self.entries.iter().zip(1..) {
            let (block, bit) = bit_of(*id);
            self.bits[block] |= bit;
            let mut at = *id as usize & last;
            while self.slots[at] != 0 {
                at = (at + 1) & last;
            }
            self.slots[at] = number;
        }
    }

    /// Calls `visit` for each term that a second text, `packed`, has too, with the weight of the term
    /// in that text, not scaled to unit length, and its weights in this one. `buffer` is only memory
    /// that is used again.
    ///
    /// It first lists the terms that pass the filter, without a branch: whether a term passes cannot
    /// be predicted, and a wrong prediction takes as long as ten terms.
    #[inline]
    pub(crate) fn for_each_shared(
        &self,
        packed: &PackedTerms,
        frequencies: &Frequencies,
        buffer: &mut Vec<(u32, u8)>,
        mut visit: impl FnMut(f64, &Weights),
    ) {
        buffer.resize(buffer.len().max(packed.len_at_most()), (0, 0));
        let mut passed = 0;
        packed.for_each(|id, count| {
            buffer[passed] = (id, count);
            passed += usize::from(self.may_have(id));
        });
        let rarities = frequencies.rarities();
        for (id, count) in &buffer[..passed] {
            if let Some(there) = self.get(*id) {
                visit(rarities.weight_of_rarity(there.rarity, *count), there);
            }
        }
    }

    /// The squared length of the vector of a second text, not scaled to unit length. Calls `visit`
    /// for each term that both have, as [`TermWeights::for_each_shared`] does.
    #[inline]
    pub(crate) fn square_and_shared(
        &self,
        packed: &PackedTerms,
        frequencies: &Frequencies,
        mut visit: impl FnMut(f64, &Weights),
    ) -> f64 {
        let rarities = frequencies.rarities();
        let mut square = NO_SUM;
        packed.for_each(|id, count| {
            let weight = rarities.weight(id, count);
            square += weight * weight;
            if let Some(there) = self.get(id) {
                visit(weight, there);
            }
        });
        square
    }

    /// The weights of a term. `None` if the text does not have it.
    #[inline]
    pub(crate) fn get(&self, id: u32) -> Option<&Weights> {
        if self.may_have(id) { self.find(id) } else { None }
    }

    /// Whether the text may have a term: false is certain, true is not.
    #[inline]
    pub(crate) fn may_have(&self, id: u32) -> bool {
        let (block, bit) = bit_of(id);
        self.bits[block] & bit != 0
    }

    fn find(&self, id: u32) -> Option<&Weights> {
        let last = self.slots.len() - 1;
        let mut at = id as usize & last;
        loop {
            let (known, weights) = &self.entries[(self.slots[at] as usize).checked_sub(1)?];
            if *known == id {
                return Some(weights);
            }
            at = (at + 1) & last;
        }
    }
}

#[inline]
fn bit_of(id: u32) -> (usize, u64) {
    let bit = id % FILTER_BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Terms = BTreeMap<u32, u16>;

    fn vector(terms: &Terms) -> Vector {
        Vector::of_weights(terms.iter().map(|(id, it)| (*id, f64::from(*it))).collect())
    }

    proptest! {
        /// Also for terms that share a bit of the filter or a slot.
        #[test]
        fn each_part_has_its_own_weights(
            parts in proptest::collection::vec(
                proptest::collection::btree_map((0u32..40).prop_map(|n| n << (n % 3 * 12)), 1u16..9, 0..30),
                3..4,
            ),
            asked in proptest::collection::vec((0u32..40).prop_map(|n| n << (n % 3 * 12)), 0..40),
        ) {
            let [words, title, lede] = [0, 1, 2].map(|part| vector(&parts[part]));
            let table = TermWeights::new([&words, &title, &lede], f64::from);
            for id in asked {
                let weight = |part: usize| parts[part].get(&id).map_or(0.0, |it| f64::from(*it));
                let expected = Weights {
                    rarity: f64::from(id),
                    words: weight(0),
                    title: weight(1),
                    lede: weight(2),
                };
                let is_there = parts.iter().any(|part| part.contains_key(&id));
                prop_assert_eq!(table.get(id), is_there.then_some(&expected));
            }
        }
    }
}
