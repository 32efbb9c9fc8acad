//! Names and common words by their hash: the entries of a word or a run of words.

use crate::hash;

/// A country, a continent and their like.
pub(crate) const COUNTRY: u16 = 1;
/// A city or a state.
pub(crate) const CITY: u16 = 1 << 1;
/// A first name.
pub(crate) const FIRST_NAME: u16 = 1 << 2;
/// A surname.
pub(crate) const SURNAME: u16 = 1 << 3;
/// A person whom the enricher's table has.
pub(crate) const PERSON: u16 = 1 << 4;
/// An organisation that it has.
pub(crate) const ORGANISATION: u16 = 1 << 5;
/// A place that it has.
pub(crate) const PLACE: u16 = 1 << 6;
/// The first of three bits: how common a word is, 0 to 4.
pub(crate) const COMMON: u16 = 1 << 7;
/// The three bits.
pub(crate) const HOW_COMMON: u16 = 7 * COMMON;
/// All that say what a name is.
pub(crate) const NAMES: u16 = COMMON - 1;
/// The stem of a country's, a city's or a first name's.
pub(crate) const PLACE_STEM: u16 = 1 << 10;
pub(crate) const PERSON_STEM: u16 = 1 << 11;
/// A small word that stands inside of names: `Ministry of the Interior`.
pub(crate) const BRIDGE: u16 = 1 << 12;

/// Flags take so many bits of a slot, a part of the hash the rest.
const FLAG_BITS: u32 = 13;
/// What tells a stem from the word that is written like it.
const STEM: u64 = 0x57e3;
/// The fewest letters of a stem.
const SHORTEST_STEM: usize = 4;
/// The most letters of an ending.
const LONGEST_ENDING: usize = 3;

/// A hash table with open addresses. A slot of 0 is free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Gazetteer {
    slots: Vec<u32>,
}

impl Gazetteer {
    /// A table of slots as [`Self::slots`] gave them. Their number must be a power of two.
    pub(crate) fn new(slots: Vec<u32>) -> Option<Self> {
        let has_free = slots.contains(&0);
        (slots.len().is_power_of_two() && has_free).then_some(Self { slots })
    }

    pub(crate) fn slots(&self) -> &[u32] {
        &self.slots
    }

    /// What the lists say of what has this hash.
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

    /// What the lists say of a stem of a word without an ending of one to three letters.
    pub(crate) fn stem_flags(&self, letters: &[char]) -> u16 {
        let shortest = SHORTEST_STEM.max(letters.len().saturating_sub(LONGEST_ENDING));
        let Some((stem, ending)) = letters.split_at_checked(shortest) else {
            return 0;
        };
        let mut hash = hash::letters(stem.iter().copied());
        let mut flags = self.flags(hash::join(hash, STEM));
        for letter in ending {
            hash = hash::join(hash, u64::from(u32::from(*letter)));
            flags |= self.flags(hash::join(hash, STEM));
        }
        flags
    }

    /// A table of what is listed, as large as it needs.
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
        Self { slots }
    }
}

/// The hash of a stem, by its letters in small ones.
pub(crate) fn stem_hash(letters: &[char]) -> u64 {
    hash::join(hash::letters(letters.iter().copied()), STEM)
}
