//! The index: finds the earlier articles that share sampled shingles with a new one.
//!
//! There is one segment a day, an inverted index from shingles to articles. New articles go into the
//! segment of the present day. Earlier segments are sealed, and dropped as a whole when they leave the
//! window.
//!
//! Fingerprints come in; candidates go out. The module never knows the texts.

pub(crate) mod hot_lists;
pub(crate) mod identities;
pub(crate) mod sealed;
pub(crate) mod segment;

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::body::fingerprint::{Fingerprint, is_sampled};
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::written;
use crate::ids::DocId;
use crate::index::hot_lists::ListId;
use crate::index::segment::{KeyCount, MAX_LIST_LENGTH, Segment, short_key};
use crate::settings::DAY;

/// The inverted index over sampled shingles.
#[derive(Debug, Clone, Default)]
pub struct Index {
    segments: BTreeMap<i64, Segment>,
}

/// The earlier articles under each key of a new article, by segment.
#[derive(Debug, Clone, Default)]
pub struct KeyPostings {
    /// All lists, one behind the other: those of all keys in the first segment, then in the second, and so on.
    docs: Vec<DocId>,
    /// The lists in `docs`, in the same order. Empty lists are left out.
    lists: Vec<List>,
    /// For each segment, the end of its lists in `lists`.
    ends: Vec<usize>,
    /// The number of keys that were looked up in each segment.
    keys: usize,
}

/// The articles under one key in one segment.
#[derive(Debug, Clone, Copy)]
struct List {
    /// The position of the key among the keys that were looked up.
    key: u32,
    /// The end of the list in [`KeyPostings::docs`].
    end: usize,
    /// Whether the key is hot in this segment: too many stories have it to be evidence.
    is_hot: bool,
}

impl KeyPostings {
    /// Marks the hot runs of a body as boilerplate and says whether any key is hot. `shingles` are those of the
    /// body; `keys` are its sorted keys, which were looked up. A hot run goes from the first to the last of
    /// consecutive sampled shingles that are hot in any segment.
    pub fn mark_hot(&self, body: &mut Body, shingles: &[u64], keys: &[u64]) -> bool {
        if !self.lists.iter().any(|list| list.is_hot) {
            return false;
        }
        let mut is_hot = vec![false; self.keys];
        self.lists.iter().for_each(|list| is_hot[list.key as usize] |= list.is_hot);
        let hot = |key: &u64| keys.binary_search(key).is_ok_and(|at| is_hot[at]);
        let sampled = shingles.iter().enumerate().filter(|(_, hash)| is_sampled(**hash));
        let sampled: Vec<(usize, bool)> = sampled.map(|(at, hash)| (at, hot(hash))).collect();
        for run in sampled.chunk_by(|a, b| a.1 == b.1).filter(|run| run[0].1) {
            let end = run[run.len() - 1].0 + SHINGLE_WORDS as usize;
            let end = end.min(body.words.len());
            body.words[run[0].0..end].iter_mut().for_each(|word| word.boilerplate = true);
        }
        true
    }

    /// The articles under the keys of a segment that are not hot. An article comes once for each key.
    fn articles_of_cold_keys(&self, segment: usize) -> impl Iterator<Item = DocId> {
        let lists = self.lists_of_segment(segment).filter(|at| !self.lists[*at].is_hot);
        lists.flat_map(|at| self.list(at)).copied()
    }

    /// The number of look-ups, one for each key and segment, and the number of entries that they found.
    pub(crate) fn work(&self) -> (u64, u64) {
        ((self.keys * self.ends.len()) as u64, self.docs.len() as u64)
    }

    /// Whether the list of a key in a segment has [`MAX_LIST_LENGTH`] articles, so that no more are entered.
    fn is_full(&self, segment: usize, key: usize) -> bool {
        let range = self.lists_of_segment(segment);
        let lists = &self.lists[range.clone()];
        let found = lists.binary_search_by_key(&key, |list| list.key as usize);
        found.is_ok_and(|at| self.list(range.start + at).len() >= MAX_LIST_LENGTH)
    }

    /// The range of the lists of a segment in `lists`.
    fn lists_of_segment(&self, segment: usize) -> Range<usize> {
        let start = segment.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[segment]
    }

    /// The articles of the list at a position in `lists`.
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
    /// The number of sampled shingles that both have.
    pub hits: u32,
    /// The share of the smaller key set that both have, from 0 to 1: an estimate of the larger containment.
    pub similarity: f64,
}

/// A candidate shares at least this many keys with the new text, or one key if either text has few …
const MIN_HITS: u32 = 2;
/// … which is at most this many, …
const MAX_FEW_KEYS: u32 = 8;
/// … and at least this share of the smaller key set.
const MIN_SIMILARITY: f64 = 0.1;

impl Index {
    /// The articles under each of `keys`, which are sorted. `is_hot` says whether a list is hot, given its
    /// articles.
    #[must_use]
    pub fn look_up(&self, keys: &[u64], is_hot: impl Fn(ListId, &[DocId]) -> bool) -> KeyPostings {
        let short_keys: Vec<u32> = keys.iter().map(|key| short_key(*key)).collect();
        let mut found = KeyPostings { keys: keys.len(), ..KeyPostings::default() };
        let KeyPostings { docs, lists, ends, .. } = &mut found;
        for (day, segment) in &self.segments {
            let mut start = docs.len();
            segment.look_up(&short_keys, docs, |key, docs| {
                let list = ListId { day: *day, key: short_keys[key as usize] };
                lists.push(List { key, end: docs.len(), is_hot: is_hot(list, &docs[start..]) });
                start = docs.len();
            });
            ends.push(lists.len());
        }
        found
    }

    /// Adds an article seen at `time` (seconds). `key_postings` is the result of looking up its keys.
    pub fn insert(
        &mut self,
        doc: DocId,
        time: i64,
        fingerprint: &Fingerprint,
        key_postings: &KeyPostings,
    ) {
        let day = time.div_euclid(DAY);
        let known = self.segments.keys().position(|known| *known == day);
        let has_room = |at: usize| known.is_none_or(|known| !key_postings.is_full(known, at));
        self.segment_of(day).insert(doc, fingerprint, has_room);
    }

    /// The segment of a day. When a new one begins, the others are sealed.
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

    /// Drops the articles for which `is_gone` is true.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.segments.values_mut().for_each(|segment| segment.forget(&is_gone));
    }

    /// The candidates for a new article, likeliest first, and the number of articles that were scored.
    /// `key_postings` is the result of looking up its keys.
    pub(crate) fn score(
        &self,
        fingerprint: &Fingerprint,
        key_postings: &KeyPostings,
    ) -> (Vec<Candidate>, u64) {
        let key_count = KeyCount::new(fingerprint);
        let (mut found, mut scored) = (Vec::new(), 0);
        for (at, segment) in self.segments.values().enumerate() {
            let mut hits: FxHashMap<DocId, u32> = FxHashMap::default();
            for doc in key_postings.articles_of_cold_keys(at) {
                *hits.entry(doc).or_default() += 1;
            }
            scored += hits.len() as u64;
            found.extend(hits.into_iter().filter_map(|(doc, hits)| {
                let keys = key_count.smaller(segment.count(doc)?);
                let similarity = (f64::from(hits) / f64::from(keys.max(1))).min(1.0);
                let least = if keys <= MAX_FEW_KEYS { 1 } else { MIN_HITS };
                let worth = hits >= least && similarity >= MIN_SIMILARITY;
                worth.then_some(Candidate { doc, hits, similarity })
            }));
        }
        found.sort_by(|a: &Candidate, b: &Candidate| {
            b.hits.cmp(&a.hits).then(b.similarity.total_cmp(&a.similarity)).then(a.doc.cmp(&b.doc))
        });
        (found, scored)
    }
}

impl Index {
    /// Divides the index by days, for a snapshot. [`Index::append`] joins them again.
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
        let key_postings = index.look_up(&new.keys, |_, _| false);
        index.insert(doc, time, new, &key_postings);
    }

    /// The candidates found by comparing every article: what the index must find.
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
            let least = if keys <= MAX_FEW_KEYS as usize { 1 } else { MIN_HITS };
            if hits >= least && similarity >= MIN_SIMILARITY {
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
                let key_postings = index.look_up(&text.keys, |_, _| false);
                prop_assert_eq!(index.score(&text, &key_postings).0, naive(&earlier, &text));
                index.insert(doc, day * DAY, &text, &key_postings);
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
            let key_postings = of.look_up(&new.keys, |_, _| is_hot);
            of.score(&new, &key_postings).0.iter().map(|found| found.doc).collect()
        };
        assert_eq!(looked_up(&index, false), [DocId(0), DocId(1)]);
        assert!(looked_up(&index, true).is_empty());
        index.expire(DAY);
        assert_eq!(looked_up(&index, false), [DocId(1)]);
    }

    #[test]
    fn a_list_has_only_the_first_articles_under_a_key() {
        let (mut index, text) = (Index::default(), fingerprint(0, 300));
        for doc in 0..90 {
            insert(&mut index, DocId(doc), 0, &text);
        }
        insert(&mut index, DocId(90), DAY, &text);
        let key_postings = index.look_up(&text.keys[..1], |_, _| false);
        let first: Vec<DocId> = (0..64).map(DocId).collect();
        assert_eq!((key_postings.list(0), key_postings.list(1)), (&first[..], &[DocId(90)][..]));
        assert!(key_postings.is_full(0, 0) && !key_postings.is_full(1, 0));
    }
}
