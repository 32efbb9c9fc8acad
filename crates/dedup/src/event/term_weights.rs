//! What the terms of a text weigh in it, in its title and in its lede: one look-up tells all three.
//!
//! Three vectors come in; the weights of a term go out. It never knows the terms, only their places.

use crate::event::vector::Vector;

/// What a term weighs in each part of a text; 0 where it does not stand there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Weights {
    pub(crate) words: f64,
    pub(crate) title: f64,
    pub(crate) lede: f64,
}

/// The weights of the terms of a text by place: a hash table behind one bit for many places. Most places that
/// are asked for are not in it, and the bits stay in the cache next to the processor.
#[derive(Debug, Clone)]
pub(crate) struct TermWeights {
    bits: Vec<u64>,
    /// One more than where the entry stands, 0 where none does. Their number is a power of two.
    slots: Vec<u32>,
    /// In order of the places.
    entries: Vec<(u32, Weights)>,
}

/// Bits, a power of two: 4 KB. Of a text with 500 terms one in sixty-five is set.
const BITS: u32 = 1 << 15;
/// Slots for each entry, at least.
const SLOTS: usize = 2;

impl TermWeights {
    /// Those of a text with these vectors.
    pub(crate) fn new(words: &Vector, title: &Vector, lede: &Vector) -> TermWeights {
        let mut entries: Vec<(u32, Weights)> = Vec::with_capacity(words.len() + title.len());
        let (mut words, mut title, mut lede) =
            (words.iter().peekable(), title.iter().peekable(), lede.iter().peekable());
        while let Some(place) = [&mut words, &mut title, &mut lede]
            .into_iter()
            .filter_map(|part| part.peek().map(|(place, _)| *place))
            .min()
        {
            let weight_in = |part: &mut std::iter::Peekable<_>| {
                part.next_if(|(next, _): &(u32, f64)| *next == place).map_or(0.0, |(_, it)| it)
            };
            let weights = Weights {
                words: weight_in(&mut words),
                title: weight_in(&mut title),
                lede: weight_in(&mut lede),
            };
            entries.push((place, weights));
        }
        let mut table = TermWeights {
            bits: vec![0; BITS as usize / 64],
            slots: vec![0; (SLOTS * entries.len()).next_power_of_two()],
            entries,
        };
        table.fill();
        table
    }

    fn fill(&mut self) {
        let last = self.slots.len() - 1;
        for ((place, _), number) in self.entries.iter().zip(1..) {
            let (block, bit) = bit_of(*place);
            self.bits[block] |= bit;
            let mut at = *place as usize & last;
            while self.slots[at] != 0 {
                at = (at + 1) & last;
            }
            self.slots[at] = number;
        }
    }

    /// The weights of the term at a place, if the text has it.
    #[inline]
    pub(crate) fn get(&self, place: u32) -> Option<&Weights> {
        let (block, bit) = bit_of(place);
        if self.bits[block] & bit == 0 { None } else { self.find(place) }
    }

    fn find(&self, place: u32) -> Option<&Weights> {
        let last = self.slots.len() - 1;
        let mut at = place as usize & last;
        loop {
            let (known, weights) = &self.entries[(self.slots[at] as usize).checked_sub(1)?];
            if *known == place {
                return Some(weights);
            }
            at = (at + 1) & last;
        }
    }
}

#[inline]
fn bit_of(place: u32) -> (usize, u64) {
    let bit = place % BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Terms = BTreeMap<u32, u16>;

    fn vector(terms: &Terms) -> Vector {
        Vector::of_weights(terms.iter().map(|(place, it)| (*place, f64::from(*it))).collect())
    }

    proptest! {
        /// Places that have their bits or slots in common are told apart.
        #[test]
        fn each_part_has_its_own_weights(
            parts in proptest::collection::vec(
                proptest::collection::btree_map((0u32..40).prop_map(|n| n << (n % 3 * 12)), 1u16..9, 0..30),
                3..4,
            ),
            asked in proptest::collection::vec((0u32..40).prop_map(|n| n << (n % 3 * 12)), 0..40),
        ) {
            let [words, title, lede] = [0, 1, 2].map(|part| vector(&parts[part]));
            let table = TermWeights::new(&words, &title, &lede);
            for place in asked {
                let weight = |part: usize| parts[part].get(&place).map_or(0.0, |it| f64::from(*it));
                let expected = Weights { words: weight(0), title: weight(1), lede: weight(2) };
                let is_there = parts.iter().any(|part| part.contains_key(&place));
                prop_assert_eq!(table.get(place), is_there.then_some(&expected));
            }
        }
    }
}
