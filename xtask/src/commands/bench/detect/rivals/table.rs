//! Articles under keys: one open-addressing table with preallocated slots, and a chain of articles for each
//! key.

/// No article.
const NONE: u32 = u32::MAX;

/// A key and the newest article under it.
#[derive(Clone, Copy)]
struct Slot {
    key: u64,
    /// The index of the newest in the chains, or `NONE`.
    newest: u32,
    /// The number of articles.
    count: u32,
}

/// Articles under keys. The table grows when it is half full.
pub(super) struct Table {
    slots: Vec<Slot>,
    used: usize,
    /// Each article under a key, with the index of the one before it.
    chains: Vec<(u32, u32)>,
    /// The slots of the last keys that were looked up.
    found: Vec<usize>,
}

impl Table {
    /// A table with room for this many keys. All of its memory is touched now.
    pub(super) fn new(keys: usize) -> Table {
        let slots = vec![Slot { key: 0, newest: NONE, count: 0 }; (2 * keys).next_power_of_two()];
        Table { slots, used: 0, chains: Vec::with_capacity(keys), found: Vec::new() }
    }

    /// Reports all articles under each of the keys that at most `most` articles have, newest first, and adds
    /// the article under the keys.
    pub(super) fn look_up_and_enter(
        &mut self,
        keys: &[u64],
        article: u32,
        most: u32,
        mut tell: impl FnMut(u32),
    ) {
        while 2 * (self.used + keys.len()) > self.slots.len() {
            self.grow();
        }
        // All slots are read before one is used, so that memory loads them in parallel.
        self.found.clear();
        for key in keys {
            self.found.push(find_slot(&self.slots, *key));
        }
        for (key, near) in keys.iter().zip(&self.found) {
            // Another key of this article may have taken the slot meanwhile.
            let at = from_index(&self.slots, *near, *key);
            let slot = &mut self.slots[at];
            if slot.newest == NONE {
                self.used += 1;
                slot.key = *key;
            }
            if slot.count <= most {
                let mut next = slot.newest;
                while let Some((other, before)) = self.chains.get(next as usize) {
                    tell(*other);
                    next = *before;
                }
            }
            let entry = u32::try_from(self.chains.len()).unwrap_or(NONE);
            self.chains.push((article, slot.newest));
            slot.newest = entry;
            slot.count += 1;
        }
    }

    fn grow(&mut self) {
        let larger = vec![Slot { key: 0, newest: NONE, count: 0 }; 2 * self.slots.len()];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.newest != NONE {
                let at = find_slot(&self.slots, slot.key);
                self.slots[at] = slot;
            }
        }
    }
}

/// The slot of a key, or the free one for it.
fn find_slot(slots: &[Slot], key: u64) -> usize {
    from_index(slots, key as usize & (slots.len() - 1), key)
}

fn from_index(slots: &[Slot], from: usize, key: u64) -> usize {
    let mut at = from;
    while slots[at].newest != NONE && slots[at].key != key {
        at = (at + 1) & (slots.len() - 1);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_grows_keeps_what_was_entered() {
        let mut table = Table::new(4);
        for article in 0..500_u32 {
            let mut results = Vec::new();
            let keys = [u64::from(article % 7), 1_000 + u64::from(article)];
            table.look_up_and_enter(&keys, article, u32::MAX, |other| results.push(other));
            let expected: Vec<u32> =
                (0..article).rev().filter(|it| it % 7 == article % 7).collect();
            assert_eq!(results, expected);
        }
        let mut results = 0;
        table.look_up_and_enter(&[3], 500, 8, |_| results += 1);
        assert_eq!(results, 0, "too many have that key");
    }
}
