//! Names and common words by their hash: the flags of a word or of a run of words.

use crate::hash;

/// A country, a continent or the like.
pub(crate) const COUNTRY: u16 = 1;
/// A city or a state.
pub(crate) const CITY: u16 = 1 << 1;
/// A first name.
pub(crate) const FIRST_NAME: u16 = 1 << 2;
/// A surname.
pub(crate) const SURNAME: u16 = 1 << 3;
/// A person in the enricher's table.
pub(crate) const PERSON: u16 = 1 << 4;
/// An organisation in the enricher's table.
pub(crate) const ORGANISATION: u16 = 1 << 5;
/// A place in the enricher's table.
pub(crate) const PLACE: u16 = 1 << 6;
/// The lowest of three bits that say how common a word is, 0 to 4.
pub(crate) const COMMON: u16 = 1 << 7;
/// The three bits of how common a word is.
pub(crate) const HOW_COMMON: u16 = 7 * COMMON;
/// All flags of names.
pub(crate) const NAMES: u16 = COMMON - 1;
/// The stem of the name of a country or a city.
pub(crate) const PLACE_STEM: u16 = 1 << 10;
/// The stem of a first name.
pub(crate) const PERSON_STEM: u16 = 1 << 11;
/// All flags of stems.
pub(crate) const STEMS: u16 = PLACE_STEM | PERSON_STEM;
/// A lower-case word that may be part of a name: `Ministry of the Interior`.
pub(crate) const BRIDGE: u16 = 1 << 12;

/// The bits of a slot that flags take. A part of the hash takes the rest.
const FLAG_BITS: u32 = 13;
/// Distinguishes the hash of a stem from that of a word with the same spelling.
const STEM: u64 = 0x57e3;
/// The fewest letters of a stem.
const SHORTEST_STEM: usize = 4;
/// The most letters of an ending that is cut off.
const LONGEST_ENDING: usize = 3;

/// A hash table with open addressing. A slot of 0 is free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gazetteer {
    slots: Vec<u32>,
    rare: FlagFilter,
}

impl Gazetteer {
    /// A table from the slots that [`Self::slots`] returned. Their number must be a power of two.
    pub(crate) fn new(slots: Vec<u32>) -> Option<Self> {
        let has_free = slots.contains(&0);
        (slots.len().is_power_of_two() && has_free).then(|| Self::of(slots))
    }

    fn of(slots: Vec<u32>) -> Self {
        let rare = FlagFilter::new(&slots, u32::from(NAMES | STEMS));
        Self { slots, rare }
    }

    pub(crate) fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// The flags of an entry, by its hash. 0 if it is not listed.
    pub(crate) fn flags(&self, hash: u64) -> u16 {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        let tag = (hash >> (32 + FLAG_BITS)) as u32;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return 0;
            }
            if slot >> FLAG_BITS == tag {
                return (slot & ((1 << FLAG_BITS) - 1)) as u16;
            }
            at = (at + 1) & mask;
        }
    }

    /// The flags among [`NAMES`] and [`STEMS`], for hashes that are rarely listed. For most runs of
    /// words and most stems it does not read the large table.
    pub(crate) fn rare_flags(&self, hash: u64) -> u16 {
        let (home, tag) =
            (hash as usize & (self.slots.len() - 1), (hash >> (32 + FLAG_BITS)) as u32);
        if self.rare.may_have(home, tag) { self.flags(hash) & (NAMES | STEMS) } else { 0 }
    }

    /// The flags among [`STEMS`] of all stems of a word, cut by an ending of one to three letters.
    pub(crate) fn stem_flags(&self, letters: &[char]) -> u16 {
        let shortest = SHORTEST_STEM.max(letters.len().saturating_sub(LONGEST_ENDING));
        let Some((stem, ending)) = letters.split_at_checked(shortest) else {
            return 0;
        };
        let mut hash = hash::letters(stem.iter().copied());
        let mut flags = self.rare_flags(hash::join(hash, STEM));
        for letter in ending {
            hash = hash::join(hash, u64::from(u32::from(*letter)));
            flags |= self.rare_flags(hash::join(hash, STEM));
        }
        flags & STEMS
    }

    /// Builds a table of the smallest size for its entries.
    pub(crate) fn build(listed: &[(u64, u16)]) -> Self {
        let size = (listed.len() * 8 / 7).next_power_of_two().max(8);
        let mut slots = vec![0_u32; size];
        for (hash, flags) in listed {
            let tag = (hash >> (32 + FLAG_BITS)) as u32;
            let mut at = *hash as usize & (size - 1);
            while slots[at] != 0 && slots[at] >> FLAG_BITS != tag {
                at = (at + 1) & (size - 1);
            }
            slots[at] =
                (tag << FLAG_BITS) | (slots[at] & ((1 << FLAG_BITS) - 1)) | u32::from(*flags);
        }
        Self::of(slots)
    }
}

/// A Bloom filter of the slots with certain flags (Bloom 1970, with one hash). It has a bit for
/// each such slot, by its tag and its neighbourhood. It has a sixteenth of the table's size, so
/// that it stays in the processor's cache. Other slots may share a bit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct FlagFilter {
    bits: Vec<u64>,
}

/// The number of adjacent slots in a neighbourhood.
const NEIGHBOURS: usize = 64;

impl FlagFilter {
    fn new(slots: &[u32], flags: u32) -> Self {
        let mut filter = Self { bits: vec![0; (slots.len() / 32).max(1)] };
        let free = slots.iter().position(|slot| *slot == 0).unwrap_or(0);
        // The search for a slot may begin at any slot after the last free one.
        let mut first = free;
        for at in free..free + slots.len() {
            let slot = slots[at & (slots.len() - 1)];
            if slot == 0 {
                first = at + 1;
            } else if slot & flags != 0 {
                for near in first / NEIGHBOURS..=at / NEIGHBOURS {
                    let home = (near * NEIGHBOURS) & (slots.len() - 1);
                    let (word, bit) = filter.bit_of(home, slot >> FLAG_BITS);
                    filter.bits[word] |= bit;
                }
            }
        }
        filter
    }

    /// Whether a slot with this tag whose search begins at `home` may have the flags.
    fn may_have(&self, home: usize, tag: u32) -> bool {
        let (word, bit) = self.bit_of(home, tag);
        self.bits[word] & bit != 0
    }

    fn bit_of(&self, home: usize, tag: u32) -> (usize, u64) {
        let mixed = hash::join((home / NEIGHBOURS) as u64, u64::from(tag));
        let word = (mixed >> 32) as usize & (self.bits.len() - 1);
        (word, 1 << (mixed >> 58))
    }
}

/// The hash of a stem, given its lower-case letters.
pub(crate) fn stem_hash(letters: &[char]) -> u64 {
    hash::join(hash::letters(letters.iter().copied()), STEM)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The table is so full that entries move to later slots, also past its end.
        #[test]
        fn rare_flags_agree_with_the_table(
            listed in prop::collection::vec((any::<u64>(), 1..0x2000_u16), 0..400),
            others in prop::collection::vec(any::<u64>(), 100),
        ) {
            let table = Gazetteer::build(&listed);
            let moved = listed.iter().map(|(hash, _)| hash ^ 1);
            let all = listed.iter().map(|(hash, _)| *hash).chain(moved).chain(others);
            for hash in all {
                prop_assert_eq!(table.rare_flags(hash), table.flags(hash) & (NAMES | STEMS));
            }
        }
    }
}
