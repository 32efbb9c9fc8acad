//! Lists of articles by key that change no more: an eighth of what they take in a hash map.

use crate::codec::packed::Packed;
use crate::codec::{Reader, Writer, Written};
use crate::ids::DocId;

/// Keys with their articles, one pair behind the other, in order of the keys once these are
/// [`spread`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Sealed {
    /// Of each pair the bits of the key that its bucket does not say, and behind them the article,
    /// counted from `first`.
    pairs: Packed,
    /// Where the pairs of each bucket begin: keys fall into buckets by their first bits.
    starts: Vec<u32>,
    /// By [`FINER`] more bits of the key, one bit for whether any key begins so: most keys are told by it
    /// to be none of these. It follows from the pairs and is not written down.
    filter: Vec<u64>,
    first: DocId,
    last: DocId,
}

/// Where the pairs of a key may stand: the first of them from `from` to `until`, all before `end`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought {
    from: u32,
    until: u32,
    /// Of the bucket.
    end: u32,
    /// The bits of the key that the bucket does not say.
    rest: u64,
}

/// Pairs of a bucket on average, at least; less than twice as many at most.
const BUCKET: usize = 8;

/// Bits of a key by which the filter is finer than the buckets: as many as tell the bits of a number.
const FINER: u32 = u64::BITS.ilog2();

/// A key as another one, so that keys of any kind fill the buckets evenly.
fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1)
}

impl Sealed {
    /// From keys with an article each, in any order.
    pub(crate) fn new(pairs: impl Iterator<Item = (u32, DocId)>) -> Sealed {
        let mut pairs: Vec<(u32, DocId)> = pairs.map(|(key, doc)| (spread(key), doc)).collect();
        pairs.sort_unstable();
        let docs = || pairs.iter().map(|(_, doc)| *doc);
        let (first, last) = (docs().min().unwrap_or_default(), docs().max().unwrap_or_default());
        Sealed::in_order(pairs.len(), (first, last), pairs.iter().copied())
    }

    /// What both have.
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

    /// The same without the articles that `is_gone` names.
    pub(crate) fn without(&self, is_gone: impl Fn(DocId) -> bool) -> Sealed {
        let kept: Vec<(u32, DocId)> = self.iter().filter(|(_, doc)| !is_gone(*doc)).collect();
        let docs = || kept.iter().map(|(_, doc)| *doc);
        let ends = (docs().min().unwrap_or_default(), docs().max().unwrap_or_default());
        Sealed::in_order(kept.len(), ends, kept.iter().copied())
    }

    /// From spread keys in order, with articles from `first` to `last`.
    fn in_order(
        count: usize,
        (first, last): (DocId, DocId),
        pairs: impl Iterator<Item = (u32, DocId)>,
    ) -> Sealed {
        let buckets = 1 << (count / BUCKET).max(1).ilog2();
        let doc_bits = doc_bits(first, last);
        let key_bits = key_bits(buckets);
        let mut packed = Packed::new(key_bits + doc_bits, count);
        let mut starts = Vec::with_capacity(buckets + 1);
        let mut filter = vec![0; filter_len(buckets)];
        for (key, doc) in pairs {
            let (at, bit) = place_in_filter(key, key_bits);
            filter[at] |= bit;
            let bucket = to_index(u64::from(key) >> key_bits);
            while starts.len() <= bucket {
                starts.push(narrow(packed.len()));
            }
            let rest = u64::from(key) & !(u64::MAX << key_bits);
            packed.push(rest << doc_bits | u64::from(doc.0 - first.0));
        }
        starts.resize(buckets + 1, narrow(packed.len()));
        Sealed { pairs: packed, starts, filter, first, last }
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The places of the keys that articles may stand under, in order, and where these stand, if there
    /// are any. Each look waits for far memory, so all are on their way before any is looked at again.
    pub(crate) fn seek(&self, keys: &[u32]) -> Vec<(u32, Sought)> {
        let mut likely: Vec<u32> = vec![0; keys.len()];
        let mut count = 0;
        // Nothing is decided by what the filter says before all of it was asked for.
        for (at, key) in (0..).zip(keys) {
            likely[count] = at;
            count += usize::from(self.may_have(spread(*key)));
        }
        let likely = likely.into_iter().take(count);
        let sought = likely.map(|at| (at, self.bucket(spread(keys[at as usize]))));
        let mut sought: Vec<(u32, Sought)> = sought.collect();
        sought.iter_mut().for_each(|(_, sought)| self.halve(sought));
        sought
    }

    fn may_have(&self, key: u32) -> bool {
        let (at, bit) = place_in_filter(key, key_bits(self.buckets()));
        self.filter.get(at).is_some_and(|bits| bits & bit != 0)
    }

    /// Appends the articles of a key, in the order in which they came.
    pub(crate) fn list(&self, mut sought: Sought, to: &mut Vec<DocId>) {
        while sought.from < sought.until {
            self.halve(&mut sought);
        }
        let pairs = (sought.from..sought.end).map(|at| self.pairs.get(at as usize));
        let doc_bits = self.doc_bits();
        let of_key = pairs.take_while(|pair| pair >> doc_bits == sought.rest);
        to.extend(of_key.map(|pair| self.doc(pair)));
    }

    fn bucket(&self, key: u32) -> Sought {
        let (key, key_bits) = (u64::from(key), key_bits(self.buckets()));
        let at = to_index(key >> key_bits);
        let ends = self.starts.get(at..at + 2).map_or([0; 2], |ends| [ends[0], ends[1]]);
        Sought { from: ends[0], until: ends[1], end: ends[1], rest: key & !(u64::MAX << key_bits) }
    }

    fn halve(&self, sought: &mut Sought) {
        if sought.from < sought.until {
            let middle = sought.from.midpoint(sought.until);
            let is_before = self.pairs.get(middle as usize) >> self.doc_bits() < sought.rest;
            sought.from = if is_before { middle + 1 } else { sought.from };
            sought.until = if is_before { sought.until } else { middle };
        }
    }

    /// Makes the filter of what was read.
    fn fill_filter(&mut self) {
        let key_bits = key_bits(self.buckets());
        let (finer, doc_bits) = (key_bits.saturating_sub(FINER), self.doc_bits());
        self.filter = vec![0; filter_len(self.buckets())];
        for (ends, bucket) in self.starts.windows(2).zip(0_u64..) {
            for at in ends[0] as usize..ends[1] as usize {
                let begins = bucket << (key_bits - finer) | self.pairs.get(at) >> doc_bits >> finer;
                if let Some(bits) = self.filter.get_mut(to_index(begins >> FINER)) {
                    *bits |= 1 << (begins & u64::from(u64::BITS - 1));
                }
            }
        }
    }

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

    /// Spread keys with their articles, in order.
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

/// Bits of the greatest distance of an article from the first.
fn doc_bits(first: DocId, last: DocId) -> u32 {
    u32::BITS - (last.0 - first.0).leading_zeros()
}

/// Bits of a key that so many buckets, a power of two, leave.
fn key_bits(buckets: usize) -> u32 {
    u32::BITS - buckets.max(1).ilog2()
}

/// Numbers of 64 bits that the filter of so many buckets takes.
fn filter_len(buckets: usize) -> usize {
    let bits = 1_u64 << (u32::BITS - key_bits(buckets).saturating_sub(FINER));
    to_index(bits.div_ceil(u64::BITS.into()))
}

/// Where in the filter a spread key stands whose bucket leaves so many bits.
fn place_in_filter(key: u32, key_bits: u32) -> (usize, u64) {
    let at = u64::from(key) >> key_bits.saturating_sub(FINER);
    (to_index(at >> FINER), 1 << (at & u64::from(u64::BITS - 1)))
}

fn to_index(at: u64) -> usize {
    usize::try_from(at).expect("it is below a length")
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("a day has fewer articles and each of them few keys")
}

impl Written for Sealed {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.pairs.write_to(to);
        self.starts.write_to(to);
        (self.first, self.last).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Sealed> {
        let (pairs, starts) = (Packed::read_from(from)?, Vec::<u32>::read_from(from)?);
        let (first, last) = Written::read_from(from)?;
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
        /// Against a map, also once two are merged, and after all was written and read.
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
                    for asked in [found, &again] {
                        let mut docs = Vec::new();
                        for (at, sought) in asked.seek(&[key]) {
                            prop_assert_eq!(at, 0);
                            asked.list(sought, &mut docs);
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
    fn most_keys_that_nobody_has_are_told_by_the_filter() {
        let sealed =
            Sealed::new((0..1 << 16).map(|at: u32| (at.wrapping_mul(0x85eb_ca6b), DocId(at))));
        let strangers: Vec<u32> = (0..10_000).map(|at| at * 3 + 1).collect();
        let likely = sealed.seek(&strangers).len();
        assert!(likely < 2_000, "{likely} of 10,000");
    }
}
