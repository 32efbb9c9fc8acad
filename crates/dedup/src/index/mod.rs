//! The candidate index: which earlier articles share sampled shingles with a new one.
//!
//! Day segments, each an inverted index from shingle to articles. The segment of the present day takes
//! articles; those before it are sealed, and dropped whole when they leave the window.
//!
//! Fingerprints come in; earlier articles that are worth a look go out. It never knows their texts.

pub(crate) mod hot_lists;
pub(crate) mod identities;
pub(crate) mod postings_by_day;
pub(crate) mod sealed;
pub(crate) mod segment;

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::body::fingerprint::{Fingerprint, is_sampled};
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::written;
use crate::ids::DocId;
use crate::index::hot_lists::ListName;
use crate::index::segment::{KeyCount, LONGEST_LIST, Segment, short};
use crate::settings::DAY;

/// The inverted index over sampled shingles.
#[derive(Debug, Clone, Default)]
pub struct Index {
    segments: BTreeMap<i64, Segment>,
}

/// The earlier articles under each key of a new one, as the index has them before that is entered.
#[derive(Debug, Clone, Default)]
pub struct UnderKeys {
    /// Behind each other for all keys of the first segment, all of the second …
    docs: Vec<DocId>,
    /// The lists of these that are not empty, in the same order.
    lists: Vec<List>,
    /// Where the lists of each segment end.
    ends: Vec<usize>,
    /// How many keys were looked up in each segment.
    keys: usize,
    /// The days of segments that stand in other processes, each with the number of keys of the articles
    /// that were found there; none if the index stands here.
    elsewhere: Vec<(i64, BTreeMap<DocId, KeyCount>)>,
}

/// The articles under one key in one segment.
#[derive(Debug, Clone, Copy)]
struct List {
    /// The place of the key.
    key: u32,
    /// Where they end.
    end: usize,
    /// Whether the key says nothing because too many stories share it.
    is_hot: bool,
}

impl UnderKeys {
    /// Marks the stretches of a body that too many stories share, given its shingles and its sorted
    /// keys, which were looked up: from the first to the last of neighbouring sampled shingles that
    /// are hot in a segment. Whether there are any.
    pub fn mark_hot(&self, body: &mut Body, shingles: &[u64], keys: &[u64]) -> bool {
        if !self.lists.iter().any(|list| list.is_hot) {
            return false;
        }
        let mut is_hot = vec![false; self.keys];
        self.lists.iter().for_each(|list| is_hot[list.key as usize] |= list.is_hot);
        let hot = |key: &u64| keys.binary_search(key).is_ok_and(|at| is_hot[at]);
        let sampled = shingles.iter().enumerate().filter(|(_, hash)| is_sampled(**hash));
        let verdicts: Vec<(usize, bool)> = sampled.map(|(at, hash)| (at, hot(hash))).collect();
        for stretch in verdicts.chunk_by(|a, b| a.1 == b.1).filter(|stretch| stretch[0].1) {
            let end = stretch[stretch.len() - 1].0 + SHINGLE_WORDS as usize;
            let end = end.min(body.words.len());
            body.words[stretch[0].0..end].iter_mut().for_each(|word| word.boilerplate = true);
        }
        true
    }

    /// The articles that stand under keys of a segment that are not hot: as often as they do.
    fn telling(&self, segment: usize) -> impl Iterator<Item = DocId> {
        let lists = self.of_segment(segment).filter(|at| !self.lists[*at].is_hot);
        lists.flat_map(|at| self.list(at)).copied()
    }

    /// How many keys were looked up in all segments together, and how many articles stood there.
    pub(crate) fn work(&self) -> (u64, u64) {
        ((self.keys * self.ends.len()) as u64, self.docs.len() as u64)
    }

    /// Whether a key has as many articles in a segment as are listed.
    fn is_full(&self, segment: usize, key: usize) -> bool {
        let of_segment = self.of_segment(segment);
        let lists = &self.lists[of_segment.clone()];
        let found = lists.binary_search_by_key(&key, |list| list.key as usize);
        found.is_ok_and(|at| self.list(of_segment.start + at).len() >= LONGEST_LIST)
    }

    /// The places of the lists of a segment.
    fn of_segment(&self, segment: usize) -> Range<usize> {
        let start = segment.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[segment]
    }

    fn list(&self, at: usize) -> &[DocId] {
        let start = at.checked_sub(1).map_or(0, |before| self.lists[before].end);
        &self.docs[start..self.lists[at].end]
    }
}

/// An earlier article that shares sampled shingles with a new one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The article.
    pub doc: DocId,
    /// Sampled shingles in common.
    pub hits: u32,
    /// The share of the smaller key set that is in common: an estimate of the larger containment.
    pub similarity: f64,
}

/// Candidates share at least this many sampled shingles, one where there are few to share …
const LEAST_HITS: u32 = 2;
/// Few: at most this many.
const FEW_KEYS: u32 = 8;
/// … and at least this share of the smaller text's.
const LEAST_SIMILARITY: f64 = 0.1;

impl Index {
    /// The articles under sorted keys; `is_hot` says for those under one key in one segment whether
    /// it says nothing because too many stories share it.
    #[must_use]
    pub fn look_up(&self, keys: &[u64], is_hot: impl Fn(ListName, &[DocId]) -> bool) -> UnderKeys {
        let short: Vec<u32> = keys.iter().map(|key| short(*key)).collect();
        let mut found = UnderKeys { keys: keys.len(), ..UnderKeys::default() };
        let UnderKeys { docs, lists, ends, .. } = &mut found;
        for (day, segment) in &self.segments {
            let mut start = docs.len();
            segment.look_up(&short, docs, |key, docs| {
                let list = ListName { day: *day, key: short[key as usize] };
                lists.push(List { key, end: docs.len(), is_hot: is_hot(list, &docs[start..]) });
                start = docs.len();
            });
            ends.push(lists.len());
        }
        found
    }

    /// Adds an article seen at `time` (seconds), whose keys were looked up.
    pub fn insert(
        &mut self,
        doc: DocId,
        time: i64,
        fingerprint: &Fingerprint,
        under_keys: &UnderKeys,
    ) {
        let day = time.div_euclid(DAY);
        let known = self.segments.keys().position(|known| *known == day);
        let has_room = |at: usize| known.is_none_or(|known| !under_keys.is_full(known, at));
        self.segment_of(day).insert(doc, fingerprint, has_room);
    }

    /// The segment of a day; with a new one, those before it are sealed.
    fn segment_of(&mut self, day: i64) -> &mut Segment {
        if !self.segments.contains_key(&day) {
            self.segments.values_mut().for_each(Segment::seal);
        }
        self.segments.entry(day).or_default()
    }

    /// Drops whole segments that ended before `time` (seconds).
    pub fn expire(&mut self, time: i64) {
        self.segments = self.segments.split_off(&time.div_euclid(DAY));
    }

    /// Drops the articles that `is_gone` names.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.segments.values_mut().for_each(|segment| segment.forget(&is_gone));
    }

    /// The earlier articles worth comparing, likeliest first, given what was found under the keys.
    /// Also how many articles were held against their number of keys.
    pub(crate) fn scored(
        &self,
        fingerprint: &Fingerprint,
        under_keys: &UnderKeys,
    ) -> (Vec<Candidate>, u64) {
        let mut scoring = Scoring::new(KeyCount::new(fingerprint));
        for (at, segment) in self.segments.values().enumerate() {
            scoring.add(under_keys.telling(at), |doc| segment.count(doc));
        }
        scoring.finish()
    }
}

/// Candidates as they are found, segment by segment.
struct Scoring {
    own: KeyCount,
    found: Vec<Candidate>,
    scored: u64,
}

impl Scoring {
    fn new(own: KeyCount) -> Scoring {
        Scoring { own, found: Vec::new(), scored: 0 }
    }

    /// Adds those of a segment, whose articles come as often as they share a key.
    fn add(
        &mut self,
        docs: impl Iterator<Item = DocId>,
        count: impl Fn(DocId) -> Option<KeyCount>,
    ) {
        let mut hits: FxHashMap<DocId, u32> = FxHashMap::default();
        for doc in docs {
            *hits.entry(doc).or_default() += 1;
        }
        self.scored += hits.len() as u64;
        self.found.extend(hits.into_iter().filter_map(|(doc, hits)| {
            let keys = self.own.smaller(count(doc)?);
            let similarity = (f64::from(hits) / f64::from(keys.max(1))).min(1.0);
            let least = if keys <= FEW_KEYS { 1 } else { LEAST_HITS };
            let worth = hits >= least && similarity >= LEAST_SIMILARITY;
            worth.then_some(Candidate { doc, hits, similarity })
        }));
    }

    /// The likeliest first, and how many articles were scored.
    fn finish(mut self) -> (Vec<Candidate>, u64) {
        self.found.sort_by(|a, b| {
            b.hits.cmp(&a.hits).then(b.similarity.total_cmp(&a.similarity)).then(a.doc.cmp(&b.doc))
        });
        (self.found, self.scored)
    }
}

impl Index {
    /// Divides it by its days, for [`Index::append`] to put together again.
    pub(crate) fn divide(self) -> impl Iterator<Item = Index> {
        self.segments.into_iter().map(|day| Index { segments: BTreeMap::from([day]) })
    }

    /// Appends further days.
    pub(crate) fn append(&mut self, next: Index) {
        self.segments.extend(next.segments);
    }
}

written!(Index { segments });

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wirefold_text::Text;

    fn fingerprint(from: usize, to: usize) -> Fingerprint {
        let text: String = (from..to).map(|n| format!("w{n} ")).collect();
        let text = Text::new(&text);
        Fingerprint::new(&text, &Body::new(&text))
    }

    fn insert(index: &mut Index, doc: DocId, time: i64, new: &Fingerprint) {
        let under_keys = index.look_up(&new.keys, |_, _| false);
        index.insert(doc, time, new, &under_keys);
    }

    /// What the index must find, by looking at every article.
    fn naive(earlier: &[Fingerprint], new: &Fingerprint) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (doc, other) in (0..).map(DocId).zip(earlier) {
            let is_common = |key: &&u64| other.keys.contains(key);
            let hits = u32::try_from(new.keys.iter().filter(is_common).count()).unwrap();
            let both_dense = new.is_dense && other.is_dense;
            let kept = |of: &Fingerprint| {
                of.keys.iter().filter(|key| both_dense || is_sampled(**key)).count()
            };
            let keys = kept(new).min(kept(other)).max(1);
            let similarity = (f64::from(hits) / keys as f64).min(1.0);
            let least = if keys <= FEW_KEYS as usize { 1 } else { LEAST_HITS };
            if hits >= least && similarity >= LEAST_SIMILARITY {
                found.push(Candidate { doc, hits, similarity });
            }
        }
        found.sort_by(|a, b| {
            b.hits.cmp(&a.hits).then(b.similarity.total_cmp(&a.similarity)).then(a.doc.cmp(&b.doc))
        });
        found
    }

    proptest! {
        #[test]
        fn candidates_are_those_of_a_look_at_every_article(
            ranges in proptest::collection::vec((0usize..400, 5usize..300, 0i64..3), 1..14),
        ) {
            let mut days: Vec<i64> = ranges.iter().map(|(_, _, day)| *day).collect();
            days.sort_unstable();
            let texts = ranges.iter().map(|(from, len, _)| fingerprint(*from, from + len));
            let (mut index, mut earlier) = (Index::default(), Vec::new());
            for ((text, day), doc) in texts.zip(days).zip((0..).map(DocId)) {
                let under_keys = index.look_up(&text.keys, |_, _| false);
                prop_assert_eq!(index.scored(&text, &under_keys).0, naive(&earlier, &text));
                index.insert(doc, day * DAY, &text, &under_keys);
                earlier.push(text);
            }
        }
    }

    #[test]
    fn the_likeliest_come_first_and_days_expire_whole() {
        let mut index = Index::default();
        insert(&mut index, DocId(0), 0, &fingerprint(0, 400));
        insert(&mut index, DocId(1), DAY, &fingerprint(200, 800));
        insert(&mut index, DocId(2), DAY, &fingerprint(900, 1_400));
        let looked_up = |of: &Index, is_hot: bool| -> Vec<DocId> {
            let new = fingerprint(0, 500);
            let under_keys = of.look_up(&new.keys, |_, _| is_hot);
            of.scored(&new, &under_keys).0.iter().map(|found| found.doc).collect()
        };
        assert_eq!(looked_up(&index, false), [DocId(0), DocId(1)]);
        assert!(looked_up(&index, true).is_empty());
        index.expire(DAY);
        assert_eq!(looked_up(&index, false), [DocId(1)]);
    }

    #[test]
    fn of_many_articles_under_one_key_the_first_are_listed() {
        let (mut index, text) = (Index::default(), fingerprint(0, 300));
        for doc in 0..90 {
            insert(&mut index, DocId(doc), 0, &text);
        }
        insert(&mut index, DocId(90), DAY, &text);
        let under_keys = index.look_up(&text.keys[..1], |_, _| false);
        let first: Vec<DocId> = (0..64).map(DocId).collect();
        assert_eq!((under_keys.list(0), under_keys.list(1)), (&first[..], &[DocId(90)][..]));
        assert!(under_keys.is_full(0, 0) && !under_keys.is_full(1, 0));
    }
}
