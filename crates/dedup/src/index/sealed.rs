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
        for (key, doc) in pairs {
            let bucket = place(u64::from(key) >> key_bits);
            while starts.len() <= bucket {
                starts.push(narrow(packed.len()));
            }
            let rest = u64::from(key) & !(u64::MAX << key_bits);
            packed.push(rest << doc_bits | u64::from(doc - first));
        }
        starts.resize(buckets + 1, narrow(packed.len()));
        Sealed { pairs: packed, starts, first, last }
    }

    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Where the articles under each key stand, if there are any. The first look at a bucket waits for
    /// far memory: so all are on their way before any is looked at again.
    pub(crate) fn seek(&self, keys: &[u32]) -> Vec<Sought> {
        let mut sought: Vec<Sought> = keys.iter().map(|key| self.bucket(*key)).collect();
        sought.iter_mut().for_each(|sought| self.halve(sought));
        sought
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
        let (key, key_bits) = (u64::from(spread(key)), key_bits(self.buckets()));
        let at = place(key >> key_bits);
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

    fn doc(&self, pair: u64) -> DocId {
        let doc = pair & !(u64::MAX << self.doc_bits());
        self.first + u32::try_from(doc).expect("articles have 32 bits")
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
    u32::BITS - (last - first).leading_zeros()
}

/// Bits of a key that so many buckets, a power of two, leave.
fn key_bits(buckets: usize) -> u32 {
    u32::BITS - buckets.max(1).ilog2()
}

fn place(at: u64) -> usize {
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
        let sealed = Sealed { pairs, starts, first, last };
        let ends = sealed.starts.last().map(|end| *end as usize);
        let is_whole = sealed.starts.is_sorted()
            && sealed.buckets().is_power_of_two()
            && ends == Some(sealed.len())
            && first <= last;
        is_whole.then_some(sealed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::ops::Range;

    use proptest::prelude::*;

    use super::*;

    type Lists = BTreeMap<u32, BTreeSet<DocId>>;

    fn lists(docs: Range<DocId>) -> impl Strategy<Value = Lists> {
        proptest::collection::btree_map(
            prop_oneof![0u32..9, any::<u32>(), (u32::MAX - 9)..=u32::MAX],
            proptest::collection::btree_set(docs, 1..5),
            0..60,
        )
    }

    fn sealed(lists: &Lists) -> Sealed {
        Sealed::new(lists.iter().flat_map(|(key, docs)| docs.iter().map(|doc| (*key, *doc))))
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
                    let expected: Vec<DocId> = plain.get(&key).into_iter().flatten().copied().collect();
                    for asked in [found, &again] {
                        let mut docs = Vec::new();
                        asked.list(asked.seek(&[key])[0], &mut docs);
                        prop_assert_eq!(&docs, &expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_pair_takes_little_more_than_its_article() {
        let pairs = (0..1_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_769) >> 2, at / 64));
        let sealed = Sealed::new(pairs);
        let bits = 64 * (sealed.len() * 29).div_ceil(64) + 32 * sealed.starts.len();
        assert_eq!((sealed.doc_bits(), sealed.buckets()), (14, 1 << 17));
        assert!(bits < 34 * sealed.len(), "{bits}");
    }
}
