//! The candidate index: which earlier articles share sampled shingles with a new one.
//!
//! Day segments, each an inverted index from shingle to articles. The segment of the present day takes
//! articles; those before it are sealed, and dropped whole when they leave the window.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::body::{Body, SHINGLE_WORDS};
use crate::fingerprint::{Fingerprint, is_sampled};
use crate::numbered::Numbered;
use crate::parted::Parted;
use crate::sealed::Sealed;
use crate::settings::DAY;
use crate::snapshot::written;

/// An article's number in the order of arrival: ties break by it.
pub type DocId = u32;

/// A key by the bits that differ: sampled ones are small. That two of a day share them is rare, and
/// a stray candidate is verified like all others.
fn short(key: u64) -> u32 {
    u32::try_from(key >> 31 & u64::from(u32::MAX)).expect("32 bits")
}

/// Articles kept for one key in one segment; later ones are not listed under it.
const LONGEST_LIST: usize = 64;

/// The inverted index over sampled shingles.
#[derive(Debug, Clone, Default)]
pub struct Index {
    segments: BTreeMap<i64, Segment>,
}

#[derive(Debug, Clone, Default)]
struct Segment {
    /// By [`short`] keys; empty once it is sealed.
    lists: Parted<u32>,
    sealed: Arc<Sealed>,
    keys: Numbered<KeyCount>,
}

impl Segment {
    /// The articles under a key, in the order in which they came.
    fn get(&self, key: u64) -> &[DocId] {
        match self.sealed.get(short(key)) {
            [] => self.lists.get(short(key)),
            sealed => sealed,
        }
    }

    /// Nothing is added from now on.
    fn seal(&mut self) {
        if self.sealed.is_empty() {
            let lists = std::mem::take(&mut self.lists);
            self.sealed = Arc::new(Sealed::new(lists.iter()));
        }
    }
}

/// How many keys an article has.
#[derive(Debug, Clone, Copy)]
struct KeyCount {
    /// Those that every text keeps.
    sparse: u32,
    /// All, for short texts.
    dense: Option<u32>,
}

impl KeyCount {
    fn new(fingerprint: &Fingerprint) -> KeyCount {
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let sparse = fingerprint.keys.partition_point(|key| is_sampled(*key));
        let dense = fingerprint.is_dense.then_some(narrow(fingerprint.keys.len()));
        KeyCount { sparse: narrow(sparse), dense }
    }

    /// The smaller number of keys among those that both articles keep.
    fn smaller(self, other: KeyCount) -> u32 {
        match (self.dense, other.dense) {
            (Some(mine), Some(theirs)) => mine.min(theirs),
            _ => self.sparse.min(other.sparse),
        }
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
    pub likeness: f64,
}

/// Candidates share at least this many sampled shingles, one where there are few to share …
const LEAST_HITS: u32 = 2;
/// Few: at most this many.
const FEW_KEYS: u32 = 8;
/// … and at least this share of the smaller text's.
const LEAST_LIKENESS: f64 = 0.1;

impl Index {
    /// Adds an article seen at `time` (seconds).
    pub fn insert(&mut self, doc: DocId, time: i64, fingerprint: &Fingerprint) {
        let day = time.div_euclid(DAY);
        if !self.segments.contains_key(&day) {
            self.segments.values_mut().for_each(Segment::seal);
        }
        let segment = self.segments.entry(day).or_default();
        for key in &fingerprint.keys {
            segment.lists.push(short(*key), doc, LONGEST_LIST);
        }
        segment.keys.insert(doc, KeyCount::new(fingerprint));
    }

    /// Marks the stretches of a body, given its shingles, that too many stories share: from the first to the last of
    /// neighbouring sampled shingles for whose articles `is_hot` says so.
    pub fn mark_hot(&self, body: &mut Body, shingles: &[u64], is_hot: impl Fn(&[DocId]) -> bool) {
        let hot = |key: &u64| self.segments.values().any(|segment| is_hot(segment.get(*key)));
        let sampled = shingles.iter().enumerate().filter(|(_, hash)| is_sampled(**hash));
        let verdicts: Vec<(usize, bool)> = sampled.map(|(at, hash)| (at, hot(hash))).collect();
        for stretch in verdicts.chunk_by(|a, b| a.1 == b.1).filter(|stretch| stretch[0].1) {
            let end = stretch[stretch.len() - 1].0 + SHINGLE_WORDS as usize;
            let end = end.min(body.words.len());
            body.words[stretch[0].0..end].iter_mut().for_each(|word| word.boilerplate = true);
        }
    }

    /// Drops whole segments that ended before `time` (seconds).
    pub fn expire(&mut self, time: i64) {
        self.segments = self.segments.split_off(&time.div_euclid(DAY));
    }

    /// The earlier articles worth comparing, likeliest first; `is_hot` says for the articles under
    /// one key whether the key says nothing because too many stories share it.
    #[must_use]
    pub fn candidates(
        &self,
        fingerprint: &Fingerprint,
        is_hot: impl Fn(&[DocId]) -> bool,
    ) -> Vec<Candidate> {
        let own = KeyCount::new(fingerprint);
        let mut found: Vec<Candidate> = Vec::new();
        for segment in self.segments.values() {
            let lists = fingerprint.keys.iter().map(|key| segment.get(*key));
            let mut hits: FxHashMap<DocId, u32> = FxHashMap::default();
            for doc in lists.filter(|list| !is_hot(list)).flatten() {
                *hits.entry(*doc).or_default() += 1;
            }
            found.extend(hits.into_iter().filter_map(|(doc, hits)| {
                let keys = own.smaller(*segment.keys.get(doc)?);
                let likeness = (f64::from(hits) / f64::from(keys.max(1))).min(1.0);
                let least = if keys <= FEW_KEYS { 1 } else { LEAST_HITS };
                let worth = hits >= least && likeness >= LEAST_LIKENESS;
                worth.then_some(Candidate { doc, hits, likeness })
            }));
        }
        found.sort_by(|a, b| {
            b.hits.cmp(&a.hits).then(b.likeness.total_cmp(&a.likeness)).then(a.doc.cmp(&b.doc))
        });
        found
    }
}

written!(Index { segments });
written!(Segment { lists, sealed, keys });
written!(KeyCount { sparse, dense });

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

    /// What the index must find, by looking at every article.
    fn naive(earlier: &[Fingerprint], new: &Fingerprint) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (doc, other) in (0..).zip(earlier) {
            let is_common = |key: &&u64| other.keys.contains(key);
            let hits = u32::try_from(new.keys.iter().filter(is_common).count()).unwrap();
            let both_dense = new.is_dense && other.is_dense;
            let kept = |of: &Fingerprint| {
                of.keys.iter().filter(|key| both_dense || is_sampled(**key)).count()
            };
            let keys = kept(new).min(kept(other)).max(1);
            let likeness = (f64::from(hits) / keys as f64).min(1.0);
            let least = if keys <= FEW_KEYS as usize { 1 } else { LEAST_HITS };
            if hits >= least && likeness >= LEAST_LIKENESS {
                found.push(Candidate { doc, hits, likeness });
            }
        }
        found.sort_by(|a, b| {
            b.hits.cmp(&a.hits).then(b.likeness.total_cmp(&a.likeness)).then(a.doc.cmp(&b.doc))
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
            for ((text, day), doc) in texts.zip(days).zip(0..) {
                prop_assert_eq!(index.candidates(&text, |_| false), naive(&earlier, &text));
                index.insert(doc, day * DAY, &text);
                earlier.push(text);
            }
        }
    }

    #[test]
    fn the_likeliest_come_first_and_days_expire_whole() {
        let mut index = Index::default();
        index.insert(0, 0, &fingerprint(0, 400));
        index.insert(1, DAY, &fingerprint(200, 800));
        index.insert(2, DAY, &fingerprint(900, 1_400));
        let docs = |of: &Index| -> Vec<DocId> {
            of.candidates(&fingerprint(0, 500), |_| false).iter().map(|c| c.doc).collect()
        };
        assert_eq!(docs(&index), [0, 1]);
        assert!(index.candidates(&fingerprint(0, 500), |_| true).is_empty());
        index.expire(DAY);
        assert_eq!(docs(&index), [1]);
    }
}
