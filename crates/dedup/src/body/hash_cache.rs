//! A cache of values by hash: most words of a text also occur in the text before, and a large map is far in memory.

use crate::codec::prefetch::prefetch;

/// Values by the hashes under which they were looked up last, one for each place. A clone begins
/// without any.
#[derive(Debug)]
pub(crate) struct HashCache<V, const PLACES: usize = REMEMBERED> {
    /// Empty before the first value.
    places: Vec<(u64, Option<V>)>,
}

/// Values remembered unless a cache says otherwise. Their number is a power of two.
const REMEMBERED: usize = 1 << 14;

impl<V, const PLACES: usize> Default for HashCache<V, PLACES> {
    fn default() -> Self {
        HashCache { places: Vec::new() }
    }
}

impl<V, const PLACES: usize> Clone for HashCache<V, PLACES> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<V: Copy, const PLACES: usize> HashCache<V, PLACES> {
    /// The value of a hash, if it was the last at its place.
    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        let (known, value) = self.places.get(slot_of::<PLACES>(hash))?;
        value.filter(|_| *known == hash)
    }

    /// Has the values of these hashes at hand when they are looked up.
    pub(crate) fn prefetch(&self, hashes: impl Iterator<Item = u64>) {
        if !self.places.is_empty() {
            prefetch(hashes.map(|hash| self.places[slot_of::<PLACES>(hash)].0));
        }
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }

    pub(crate) fn set(&mut self, hash: u64, value: V) {
        if self.places.is_empty() {
            self.places = vec![(0, None); PLACES];
        }
        self.places[slot_of::<PLACES>(hash)] = (hash, Some(value));
    }
}

fn slot_of<const PLACES: usize>(hash: u64) -> usize {
    usize::try_from(hash % PLACES as u64).expect("it is below a length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_at_a_place_is_known() {
        let mut hash_cache = HashCache::<char>::default();
        assert_eq!(hash_cache.get(0), None);
        hash_cache.set(0, 'a');
        hash_cache.set(1, 'b');
        assert_eq!((hash_cache.get(0), hash_cache.get(1)), (Some('a'), Some('b')));
        hash_cache.set(REMEMBERED as u64, 'c');
        assert_eq!((hash_cache.get(0), hash_cache.get(REMEMBERED as u64)), (None, Some('c')));
        hash_cache.clear();
        assert_eq!(hash_cache.get(1), None);
    }
}
