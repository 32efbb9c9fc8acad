//! An immutable table of articles by key. It takes an eighth of the memory of a hash map.
//!
//! Pairs of a key and an article come in; the articles under a key go out. The module never knows the texts.

use crate::codec::packed::PackedNumbers;
use crate::codec::{Encode, Reader, Writer};
use crate::ids::DocId;

/// Pairs of a key and an article, sorted by [`spread`] key and then by article. They are divided into
/// buckets by the first bits of the key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sealed {
    /// Each pair as one number: the bits of the key that are not those of the bucket, then the distance of
    /// the article from `first`.
    pairs: PackedNumbers,
    /// The start of each bucket in `pairs`, and the end of the last one.
    starts: Vec<u32>,
    /// A bit set: for each prefix of keys that is [`FILTER_EXTRA_BITS`] longer than that of a bucket,
    /// whether any key has it. It rules out most keys that are not in the table. It is computed from the
    /// pairs and not written.
    filter: Vec<u64>,
    /// The first article in the table.
    first: DocId,
    /// The last article in the table.
    last: DocId,
}

/// A range of pairs in which a key may be, for a binary search: the first pair of the key is at `from` or
/// between it and `until`, if there is one. All of its pairs are before `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KeyRange {
    from: u32,
    until: u32,
    /// The end of the bucket.
    end: u32,
    /// The bits of the key that are not those of the bucket.
    rest: u64,
}

/// A bucket has at least this many pairs on average, and less than twice as many.
const MIN_PAIRS_PER_BUCKET: usize = 8;

/// The bits of a key that the filter has more than a bucket. With this number, the bits of a bucket fill
/// one `u64`.
const FILTER_EXTRA_BITS: u32 = u64::BITS.ilog2();

/// A one-to-one mapping of keys that distributes them evenly over the buckets.
fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

impl Sealed {
    /// A table of pairs of a key and an article, in any order.
    pub(crate) fn new(pairs: impl Iterator<Item = (u32, DocId)>) -> Sealed {
        let mut pairs: Vec<(u32, DocId)> = pairs.map(|(key, doc)| (spread(key), doc)).collect();
        pairs.sort_unstable();
        let docs = || pairs.iter().map(|(_, doc)| *doc);
        let (first, last) = (docs().min().unwrap_or_default(), docs().max().unwrap_or_default());
        Sealed::in_order(pairs.len(), (first, last), pairs.iter().copied())
    }

    /// A table with the pairs of both.
    pub(crate) fn merged(&self, other: &Sealed) -> Sealed {
        let (first, last) = (self.first.min(other.first), self.last.max(other.last));
        let (mut here, mut there) = (self.iter().peekable(), other.iter().peekable());
        let next = || match (here.peek(), there.peek()) {
            (Some(mine), Some(theirs)) if theirs < mine => there.next(),
            (Some(_), _) => here.next(),
            (None, _) => there.next(),
        };
        Sealed::in_order(self.len() + other.len(), (first, last), std::iter::from_fn(next))
    }

    /// This table without the articles for which `is_gone` is true.
    pub(crate) fn without(&self, is_gone: impl Fn(DocId) -> bool) -> Sealed {
        let kept: Vec<(u32, DocId)> = self.iter().filter(|(_, doc)| !is_gone(*doc)).collect();
        let docs = || kept.iter().map(|(_, doc)| *doc);
        let ends = (docs().min().unwrap_or_default(), docs().max().unwrap_or_default());
        Sealed::in_order(kept.len(), ends, kept.iter().copied())
    }

    /// A table of `count` pairs of a spread key and an article, sorted. The articles are from `first` to
    /// `last`.
    fn in_order(
        count: usize,
        (first, last): (DocId, DocId),
        pairs: impl Iterator<Item = (u32, DocId)>,
    ) -> Sealed {
        let buckets = 1 << (count / MIN_PAIRS_PER_BUCKET).max(1).ilog2();
        let doc_bits = doc_bits(first, last);
        let key_bits = key_bits(buckets);
        let mut packed = PackedNumbers::new(key_bits + doc_bits, count);
        let mut starts = Vec::with_capacity(buckets + 1);
        let mut filter = vec![0; filter_len(buckets)];
        for (key, doc) in pairs {
            let (at, bit) = filter_bit(key, key_bits);
            filter[at] |= bit;
            let bucket = to_index(u64::from(key) >> key_bits);
            while starts.len() <= bucket {
                starts.push(to_u32(packed.len()));
            }
            let rest = u64::from(key) & !(u64::MAX << key_bits);
            packed.push(rest << doc_bits | u64::from(doc.0 - first.0));
        }
        starts.resize(buckets + 1, to_u32(packed.len()));
        Sealed { pairs: packed, starts, filter, first, last }
    }

    /// The number of pairs.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// For each key that may be in the table, its position in `keys` and the range where its pairs may be,
    /// in order.
    ///
    /// Each look-up waits for far memory. The keys are looked up in three passes (filter, buckets, first
    /// step of the search), and within a pass the processor waits for many keys at the same time.
    pub(crate) fn locate(&self, keys: &[u32]) -> Vec<(u32, KeyRange)> {
        let mut possible: Vec<u32> = vec![0; keys.len()];
        let mut count = 0;
        // The loop has no branch that depends on the filter, so that the processor loads many of its words
        // at the same time.
        for (at, key) in (0..).zip(keys) {
            possible[count] = at;
            count += usize::from(self.may_have_key(spread(*key)));
        }
        let possible = possible.into_iter().take(count);
        let ranges = possible.map(|at| (at, self.bucket_of(spread(keys[at as usize]))));
        let mut ranges: Vec<(u32, KeyRange)> = ranges.collect();
        ranges.iter_mut().for_each(|(_, range)| self.halve_range(range));
        ranges
    }

    /// Whether a spread key may be in the table, by the filter.
    fn may_have_key(&self, key: u32) -> bool {
        let (at, bit) = filter_bit(key, key_bits(self.buckets()));
        self.filter.get(at).is_some_and(|bits| bits & bit != 0)
    }

    /// Appends the articles of a key, in the order of arrival, given the range of the key.
    pub(crate) fn push_articles(&self, mut range: KeyRange, to: &mut Vec<DocId>) {
        while range.from < range.until {
            self.halve_range(&mut range);
        }
        let pairs = (range.from..range.end).map(|at| self.pairs.get(at as usize));
        let doc_bits = self.doc_bits();
        let of_key = pairs.take_while(|pair| pair >> doc_bits == range.rest);
        to.extend(of_key.map(|pair| self.doc(pair)));
    }

    /// The bucket of a spread key, as the range where its pairs may be.
    fn bucket_of(&self, key: u32) -> KeyRange {
        let (key, key_bits) = (u64::from(key), key_bits(self.buckets()));
        let at = to_index(key >> key_bits);
        let ends = self.starts.get(at..at + 2).map_or([0; 2], |ends| [ends[0], ends[1]]);
        KeyRange {
            from: ends[0],
            until: ends[1],
            end: ends[1],
            rest: key & !(u64::MAX << key_bits),
        }
    }

    /// One step of the binary search for the first pair of a key.
    fn halve_range(&self, range: &mut KeyRange) {
        if range.from < range.until {
            let middle = range.from.midpoint(range.until);
            let is_before = self.pairs.get(middle as usize) >> self.doc_bits() < range.rest;
            range.from = if is_before { middle + 1 } else { range.from };
            range.until = if is_before { range.until } else { middle };
        }
    }

    /// Computes the filter from the pairs, after they were read from a snapshot.
    fn fill_filter(&mut self) {
        let key_bits = key_bits(self.buckets());
        let (prefix_shift, doc_bits) =
            (key_bits.saturating_sub(FILTER_EXTRA_BITS), self.doc_bits());
        self.filter = vec![0; filter_len(self.buckets())];
        for (ends, bucket) in self.starts.windows(2).zip(0_u64..) {
            for at in ends[0] as usize..ends[1] as usize {
                let prefix = bucket << (key_bits - prefix_shift)
                    | self.pairs.get(at) >> doc_bits >> prefix_shift;
                if let Some(bits) = self.filter.get_mut(to_index(prefix >> FILTER_EXTRA_BITS)) {
                    *bits |= 1 << (prefix & u64::from(u64::BITS - 1));
                }
            }
        }
    }

    /// The article of a pair.
    fn doc(&self, pair: u64) -> DocId {
        let doc = pair & !(u64::MAX << self.doc_bits());
        let distance = u32::try_from(doc).expect("articles have 32 bits");
        DocId(self.first.0 + distance)
    }

    fn doc_bits(&self) -> u32 {
        doc_bits(self.first, self.last)
    }

    fn buckets(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The pairs of a spread key and an article, in order.
    fn iter(&self) -> impl Iterator<Item = (u32, DocId)> {
        let key_bits = key_bits(self.buckets());
        let buckets = self.starts.windows(2).zip(0_u64..);
        buckets.flat_map(move |(ends, bucket)| {
            (ends[0] as usize..ends[1] as usize).map(move |at| {
                let pair = self.pairs.get(at);
                let key = bucket << key_bits | pair >> self.doc_bits();
                (u32::try_from(key).expect("keys have 32 bits"), self.doc(pair))
            })
        })
    }
}

/// The bits that the distance between the first and the last article takes.
fn doc_bits(first: DocId, last: DocId) -> u32 {
    u32::BITS - (last.0 - first.0).leading_zeros()
}

/// The bits of a key that are not those of its bucket. The number of buckets is a power of two.
fn key_bits(buckets: usize) -> u32 {
    u32::BITS - buckets.max(1).ilog2()
}

/// The length of the filter for this number of buckets, in numbers of 64 bits.
fn filter_len(buckets: usize) -> usize {
    let bits = 1_u64 << (u32::BITS - key_bits(buckets).saturating_sub(FILTER_EXTRA_BITS));
    to_index(bits.div_ceil(u64::BITS.into()))
}

/// The position of a spread key in the filter: the index of the number, and a mask of the bit. `key_bits`
/// are the bits of the key that are not those of its bucket.
fn filter_bit(key: u32, key_bits: u32) -> (usize, u64) {
    let at = u64::from(key) >> key_bits.saturating_sub(FILTER_EXTRA_BITS);
    (to_index(at >> FILTER_EXTRA_BITS), 1 << (at & u64::from(u64::BITS - 1)))
}

fn to_index(at: u64) -> usize {
    usize::try_from(at).expect("it is below a length")
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).expect("a day has fewer articles and each of them few keys")
}

impl Encode for Sealed {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.pairs.write_to(to);
        self.starts.write_to(to);
        (self.first, self.last).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Sealed> {
        let (pairs, starts) = (PackedNumbers::read_from(from)?, Vec::<u32>::read_from(from)?);
        let (first, last) = Encode::read_from(from)?;
        let mut sealed = Sealed { pairs, starts, filter: Vec::new(), first, last };
        let ends = sealed.starts.last().map(|end| *end as usize);
        let is_whole = sealed.starts.is_sorted()
            && sealed.buckets().is_power_of_two()
            && ends == Some(sealed.len())
            && first <= last;
        is_whole.then(|| sealed.fill_filter());
        is_whole.then_some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;

    type Lists = BTreeMap<u32, BTreeSet<u32>>;

    fn lists(docs: Range<u32>) -> impl Strategy<Value = Lists> {
        proptest::collection::btree_map(
            prop_oneof![0u32..9, any::<u32>(), (u32::MAX - 9)..=u32::MAX],
            proptest::collection::btree_set(docs, 1..5),
            0..60,
        )
    }

    fn sealed(lists: &Lists) -> Sealed {
        Sealed::new(lists.iter().flat_map(|(key, docs)| docs.iter().map(|doc| (*key, DocId(*doc)))))
    }

    fn written_and_read(sealed: &Sealed) -> Sealed {
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        sealed.write_to(&mut writer);
        writer.finish();
        let mut pieces = pieces.into_iter();
        Sealed::read_from(&mut Reader::new(&mut || pieces.next())).unwrap()
    }

    proptest! {
        /// Compared with a map: single tables, merged ones, and tables that were written and read.
        #[test]
        fn lists_are_what_was_sealed(
            one in lists(7..40),
            other in lists(u32::MAX - 40..u32::MAX),
            strangers in proptest::collection::vec(any::<u32>(), 9),
        ) {
            let mut both = one.clone();
            for (key, docs) in &other {
                both.entry(*key).or_default().extend(docs);
            }
            let (here, there) = (sealed(&one), sealed(&other));
            let merged = here.merged(&there);
            for (plain, found) in [(&one, &here), (&other, &there), (&both, &merged)] {
                let again = written_and_read(found);
                for key in both.keys().copied().chain(strangers.iter().copied()).chain(0..9) {
                    let expected: Vec<DocId> = plain.get(&key).into_iter().flatten().copied().map(DocId).collect();
                    for table in [found, &again] {
                        let mut docs = Vec::new();
                        for (at, range) in table.locate(&[key]) {
                            prop_assert_eq!(at, 0);
                            table.push_articles(range, &mut docs);
                        }
                        prop_assert_eq!(&docs, &expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_pair_takes_little_more_than_its_article() {
        let pairs =
            (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_769) >> 2, DocId(at / 64)));
        let sealed = Sealed::new(pairs);
        let bits = 64 * (sealed.len() * 29).div_ceil(64) + 32 * sealed.starts.len();
        assert_eq!((sealed.doc_bits(), sealed.buckets()), (14, 1 << 17));
        assert!(bits < 34 * sealed.len(), "{bits}");
        assert_eq!(sealed.filter.len(), sealed.len() / 8);
    }

    #[test]
    fn the_filter_rules_out_most_keys_that_are_not_in_the_table() {
        let sealed =
            Sealed::new((0..1 << 16).map(|at: u32| (at.wrapping_mul(0x85eb_ca6b), DocId(at))));
        let strangers: Vec<u32> = (0..10_000).map(|at| at * 3 + 1).collect();
        let possible = sealed.locate(&strangers).len();
        assert!(possible < 2_000, "{possible} of 10,000");
    }
}
