//! What was looked up lately, by hash: most words of a text stood in the one before, and a large map
//! answers from far memory.

/// Values by the hashes under which they were looked up last, one for each place.
#[derive(Debug, Clone)]
pub(crate) struct Lately<V> {
    places: Vec<Option<(u64, V)>>,
}

/// Values remembered, a power of two: at most 128 kB.
const REMEMBERED: usize = 1 << 12;

impl<V: Copy> Default for Lately<V> {
    fn default() -> Lately<V> {
        Lately { places: vec![None; REMEMBERED] }
    }
}

impl<V: Copy> Lately<V> {
    /// The value of a hash, if it was the last at its place.
    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        self.places[place(hash)].filter(|(known, _)| *known == hash).map(|(_, value)| value)
    }

    pub(crate) fn clear(&mut self) {
        self.places.fill(None);
    }

    pub(crate) fn set(&mut self, hash: u64, value: V) {
        self.places[place(hash)] = Some((hash, value));
    }
}

fn place(hash: u64) -> usize {
    usize::try_from(hash % REMEMBERED as u64).expect("it is below a length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_at_a_place_is_known() {
        let mut lately = Lately::default();
        assert_eq!(lately.get(0), None);
        lately.set(0, 'a');
        lately.set(1, 'b');
        assert_eq!((lately.get(0), lately.get(1)), (Some('a'), Some('b')));
        lately.set(REMEMBERED as u64, 'c');
        assert_eq!((lately.get(0), lately.get(REMEMBERED as u64)), (None, Some('c')));
        lately.clear();
        assert_eq!(lately.get(1), None);
    }
}
