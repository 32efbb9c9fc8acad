//! The candidate index: which earlier articles share sampled shingles with a new one.
//!
//! Day segments, each an inverted index from shingle to articles; a segment is dropped whole when
//! it leaves the window.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::body::{Body, SHINGLE_WORDS};
use crate::fingerprint::{Fingerprint, is_sampled};
use crate::numbered::Numbered;
use crate::parted::Parted;
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
    /// By [`short`] keys.
    lists: Parted<u32>,
    keys: Numbered<KeyCount>,
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
        let segment = self.segments.entry(time.div_euclid(DAY)).or_default();
        for key in &fingerprint.keys {
            segment.lists.push(short(*key), doc, LONGEST_LIST);
        }
        segment.keys.insert(doc, KeyCount::new(fingerprint));
    }

    /// Marks the stretches of a body, given its shingles, that too many stories share: from the first to the last of
    /// neighbouring sampled shingles for whose articles `is_hot` says so.
    pub fn mark_hot(&self, body: &mut Body, shingles: &[u64], is_hot: impl Fn(&[DocId]) -> bool) {
        let hot = |key: &u64| {
            self.segments.values().any(|segment| is_hot(segment.lists.get(short(*key))))
        };
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
            let lists = fingerprint.keys.iter().map(|key| segment.lists.get(short(*key)));
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
written!(Segment { lists, keys });
written!(KeyCount { sparse, dense });

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_text::Text;

    fn fingerprint(from: usize, to: usize) -> Fingerprint {
        let text: String = (from..to).map(|n| format!("w{n} ")).collect();
        let text = Text::new(&text);
        Fingerprint::new(&text, &Body::new(&text))
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
