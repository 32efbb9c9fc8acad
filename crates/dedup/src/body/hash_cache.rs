//! A small cache of values by hash. Most words of a text also occur in a recent text, and the cache stays
//! near the processor, where a large map does not.

use crate::codec::prefetch::prefetch;

/// A direct-mapped cache: each hash has one slot, and a newer value replaces an older one there. A clone starts
/// empty.
#[derive(Debug)]
pub(crate) struct HashCache<V, const SLOTS: usize = DEFAULT_SLOTS> {
    /// Each with a hash and its value. Empty until the first value is set, so that an unused cache takes no
    /// memory.
    slots: Vec<(u64, Option<V>)>,
}

/// The number of slots, unless a cache has its own: a power of two, so that the remainder is a mask.
const DEFAULT_SLOTS: usize = 1 << 14;

impl<V, const SLOTS: usize> Default for HashCache<V, SLOTS> {
    fn default() -> Self {
        HashCache { slots: Vec::new() }
    }
}

impl<V, const SLOTS: usize> Clone for HashCache<V, SLOTS> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<V: Copy, const SLOTS: usize> HashCache<V, SLOTS> {
    /// The value of a hash, if no other hash has replaced it in its slot.
    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        let (cached, value) = self.slots.get(slot_of::<SLOTS>(hash))?;
        value.filter(|_| *cached == hash)
    }

    /// Loads the slots of these hashes before they are looked up.
    pub(crate) fn prefetch(&self, hashes: impl Iterator<Item = u64>) {
        if !self.slots.is_empty() {
            prefetch(hashes.map(|hash| self.slots[slot_of::<SLOTS>(hash)].0));
        }
    }

    /// Removes all values.
    pub(crate) fn clear(&mut self) {
        self.slots.clear();
    }

    /// Stores the value of a hash, in place of the one in its slot.
    pub(crate) fn set(&mut self, hash: u64, value: V) {
        if self.slots.is_empty() {
            self.slots = vec![(0, None); SLOTS];
        }
        self.slots[slot_of::<SLOTS>(hash)] = (hash, Some(value));
    }
}

fn slot_of<const SLOTS: usize>(hash: u64) -> usize {
    usize::try_from(hash % SLOTS as u64).expect("it is below a length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_value_of_a_slot_is_cached() {
        let mut hash_cache = HashCache::<char>::default();
        assert_eq!(hash_cache.get(0), None);
        hash_cache.set(0, 'a');
        hash_cache.set(1, 'b');
        assert_eq!((hash_cache.get(0), hash_cache.get(1)), (Some('a'), Some('b')));
        hash_cache.set(DEFAULT_SLOTS as u64, 'c');
        assert_eq!((hash_cache.get(0), hash_cache.get(DEFAULT_SLOTS as u64)), (None, Some('c')));
        hash_cache.clear();
        assert_eq!(hash_cache.get(1), None);
    }
}
