//! Lists of articles by key that change no more: a third of what they take in a hash map.

use std::ops::Range;

use crate::index::DocId;
use crate::snapshot::{Reader, Writer, Written};

/// Keys with their articles, one pair behind the other, in order of the keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sealed {
    keys: Vec<u32>,
    docs: Vec<DocId>,
    /// Where the pairs of each bucket begin: keys fall into buckets by their first bits.
    starts: Vec<u32>,
}

/// Pairs of a bucket on average.
const BUCKET: usize = 4;

impl Sealed {
    /// From lists by key, in any order of the keys; each list stays in its order.
    pub(crate) fn new<'a>(lists: impl Iterator<Item = (u32, &'a [DocId])>) -> Sealed {
        let mut pairs: Vec<(u32, DocId)> =
            lists.flat_map(|(key, docs)| docs.iter().map(move |doc| (key, *doc))).collect();
        // Articles are listed in the order of their numbers.
        pairs.sort_unstable();
        let (keys, docs) = pairs.into_iter().unzip();
        Sealed::with(keys, docs)
    }

    /// From keys in order, with an article each.
    fn with(keys: Vec<u32>, docs: Vec<DocId>) -> Sealed {
        let buckets = keys.len().div_ceil(BUCKET);
        let mut starts = vec![0; buckets + 1];
        for key in &keys {
            starts[bucket(*key, buckets) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Sealed { keys, docs, starts }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The articles under a key, in the order in which they came.
    pub(crate) fn get(&self, key: u32) -> &[DocId] {
        let buckets = self.starts.len().saturating_sub(1);
        if buckets == 0 {
            return &[];
        }
        let at = bucket(key, buckets);
        let from = self.starts[at] as usize;
        let keys = &self.keys[from..self.starts[at + 1] as usize];
        &self.docs[equals(keys, key, from)]
    }
}

/// Where a key stands among neighbours in order, the first of which stands at `from`.
fn equals(keys: &[u32], key: u32, from: usize) -> Range<usize> {
    let first = keys.partition_point(|other| *other < key);
    let count = keys[first..].iter().take_while(|other| **other == key).count();
    from + first..from + first + count
}

fn bucket(key: u32, buckets: usize) -> usize {
    let place = (u64::from(key) * buckets as u64) >> u32::BITS;
    usize::try_from(place).expect("it is below a length")
}

impl Written for Sealed {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.keys.write_to(to);
        self.docs.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Sealed> {
        let (keys, docs) = (Vec::<u32>::read_from(from)?, Vec::<DocId>::read_from(from)?);
        (keys.is_sorted() && keys.len() == docs.len()).then(|| Sealed::with(keys, docs))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map, and after it was written and read.
        #[test]
        fn lists_are_what_was_sealed(
            lists in proptest::collection::btree_map(
                prop_oneof![0u32..9, any::<u32>(), (u32::MAX - 9)..=u32::MAX],
                proptest::collection::btree_set(0u32..40, 1..5),
                0..60,
            ),
            others in proptest::collection::vec(any::<u32>(), 9),
        ) {
            let lists: BTreeMap<u32, Vec<DocId>> =
                lists.into_iter().map(|(key, docs)| (key, docs.into_iter().collect())).collect();
            let sealed = Sealed::new(lists.iter().map(|(key, docs)| (*key, docs.as_slice())));
            let mut pieces = Vec::new();
            let mut give = |piece| pieces.push(piece);
            let mut writer = Writer::new(&mut give);
            sealed.write_to(&mut writer);
            writer.finish();
            let mut pieces = pieces.into_iter();
            let again = Sealed::read_from(&mut Reader::new(&mut || pieces.next())).unwrap();
            for key in lists.keys().copied().chain(others).chain(0..9) {
                let expected = lists.get(&key).map_or(&[][..], Vec::as_slice);
                prop_assert_eq!(sealed.get(key), expected);
                prop_assert_eq!(again.get(key), expected);
            }
        }
    }
}
