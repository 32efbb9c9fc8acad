//! The queries that are filed under one word.

use std::collections::BTreeMap;

use super::reserve;

/// A list with more entries is a tree, so that adding and removing stay cheap at any size.
const MANY: usize = if cfg!(test) { 128 } else { 4_096 };
/// The guard of a query that has none.
pub(super) const NO_GUARD: u32 = u32::MAX;

/// A query that is filed under a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filing {
    /// The slot of the query.
    pub(super) slot: u32,
    /// Another word that every match has, or [`NO_GUARD`].
    pub(super) guard: u32,
}

/// Queries filed under one word, in the order of their slots. Most words have one or none.
#[derive(Debug, Clone, Default)]
pub(super) enum Filings {
    #[default]
    None,
    One(Filing),
    // The box keeps this type at 16 bytes. There is one for each word.
    #[expect(clippy::box_collection, reason = "a vector by itself is 24 bytes for each word")]
    Few(Box<Vec<Filing>>),
    #[expect(clippy::box_collection, reason = "as above")]
    Many(Box<BTreeMap<u32, u32>>),
}

impl Filings {
    pub(super) fn insert(&mut self, filing: Filing) {
        match self {
            Self::None => *self = Self::One(filing),
            Self::One(first) if first.slot == filing.slot => *first = filing,
            Self::One(first) => {
                let mut few = vec![*first, filing];
                few.sort_unstable_by_key(|one| one.slot);
                *self = Self::Few(Box::new(few));
            }
            Self::Few(few) => {
                match few.binary_search_by_key(&filing.slot, |one| one.slot) {
                    Ok(index) => few[index] = filing,
                    Err(index) => {
                        reserve(few, 1);
                        few.insert(index, filing);
                    }
                }
                if few.len() > MANY {
                    let many = few.iter().map(|one| (one.slot, one.guard)).collect();
                    *self = Self::Many(Box::new(many));
                }
            }
            Self::Many(many) => {
                many.insert(filing.slot, filing.guard);
            }
        }
    }

    pub(super) fn remove(&mut self, slot: u32) {
        match self {
            Self::None => {}
            Self::One(only) if only.slot != slot => {}
            Self::One(_) => *self = Self::None,
            Self::Few(few) => {
                if let Ok(index) = few.binary_search_by_key(&slot, |one| one.slot) {
                    few.remove(index);
                }
                if let [only] = few[..] {
                    *self = Self::One(only);
                }
            }
            Self::Many(many) => {
                many.remove(&slot);
                if many.len() <= MANY / 2 {
                    let few =
                        many.iter().map(|(other, guard)| Filing { slot: *other, guard: *guard });
                    *self = Self::Few(Box::new(few.collect()));
                }
            }
        }
    }

    pub(super) fn for_each(&self, mut with: impl FnMut(Filing)) {
        match self {
            Self::None => {}
            Self::One(only) => with(*only),
            Self::Few(few) => few.iter().copied().for_each(with),
            Self::Many(many) => {
                many.iter().for_each(|(slot, guard)| with(Filing { slot: *slot, guard: *guard }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_list_of_any_length_is_a_map(
            changes in prop::collection::vec((any::<bool>(), 0..300_u32, 0..9_u32), 0..900),
        ) {
            let (mut filings, mut naive) = (Filings::default(), BTreeMap::new());
            for (is_added, slot, guard) in changes {
                // More entries are added than removed, so that all three forms occur.
                if is_added || guard < 6 {
                    filings.insert(Filing { slot, guard });
                    naive.insert(slot, guard);
                } else {
                    filings.remove(slot);
                    naive.remove(&slot);
                }
            }
            let mut found = Vec::new();
            filings.for_each(|filing| found.push((filing.slot, filing.guard)));
            prop_assert_eq!(found, naive.clone().into_iter().collect::<Vec<_>>());
            naive.keys().for_each(|slot| filings.remove(*slot));
            prop_assert!(matches!(filings, Filings::None));
        }
    }
}
