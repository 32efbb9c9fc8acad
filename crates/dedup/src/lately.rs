//! What was looked up lately, by hash: most words of a text stood in the one before, and a large map
//! answers from far memory.

/// Values by the hashes under which they were looked up last, one for each place. A clone begins
/// without any.
#[derive(Debug)]
pub(crate) struct Lately<V> {
    /// Empty before the first value.
    places: Vec<(u64, Option<V>)>,
}

/// Values remembered, a power of two.
const REMEMBERED: usize = 1 << 14;

impl<V> Default for Lately<V> {
    fn default() -> Lately<V> {
        Lately { places: Vec::new() }
    }
}

impl<V> Clone for Lately<V> {
    fn clone(&self) -> Lately<V> {
        Lately::default()
    }
}

impl<V: Copy> Lately<V> {
    /// The value of a hash, if it was the last at its place.
    pub(crate) fn get(&self, hash: u64) -> Option<V> {
        let (known, value) = self.places.get(place(hash))?;
        value.filter(|_| *known == hash)
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
    }

    pub(crate) fn set(&mut self, hash: u64, value: V) {
        if self.places.is_empty() {
            self.places = vec![(0, None); REMEMBERED];
        }
        self.places[place(hash)] = (hash, Some(value));
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
