//! A day of the candidate index: which articles have which sampled shingles.
//!
//! Articles are entered in a hash map, which takes an eighth of a day's memory for a hundredth of its
//! articles: where it has grown to some size, its pairs are sealed. Sealed parts are merged with those
//! of their own size, so that a day has few of them, and one when it is over.

use std::sync::Arc;

use crate::body::fingerprint::{Fingerprint, is_sampled};
use crate::codec::numbered::Numbered;
use crate::codec::postings::Postings;
use crate::codec::{Reader, Writer, Written, written};
use crate::ids::DocId;
use crate::index::sealed::{Sealed, Sought};

/// Pairs of a key and an article that are sealed together: those of some thousand articles.
const OPEN: u64 = if cfg!(test) { 1 << 6 } else { 1 << 16 };

/// Articles kept for one key in one segment; later ones are not listed under it.
pub(crate) const LONGEST_LIST: usize = 64;

/// A day of the index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    /// The latest pairs, by [`short`] keys.
    open: Arc<Postings<u32, DocId>>,
    /// How many pairs these are.
    opened: u64,
    /// Those before, each part at least twice as large as the next.
    parts: Vec<Arc<Sealed>>,
    counts: Numbered<DocId, KeyCount>,
}

/// A key by the bits that differ: sampled ones are small. That two of a day share them is rare, and
/// a stray candidate is verified like all others.
pub(crate) fn short(key: u64) -> u32 {
    u32::try_from(key >> 31 & u64::from(u32::MAX)).expect("32 bits")
}

impl Segment {
    /// Appends the articles under each of these [`short`] keys, in the order in which they came; `ended`
    /// is called behind those of each that has any, with the place of the key.
    pub(crate) fn look_up(
        &self,
        keys: &[u32],
        docs: &mut Vec<DocId>,
        mut ended: impl FnMut(u32, &[DocId]),
    ) {
        let mut hits = self.hits(keys);
        if self.parts.len() + usize::from(self.opened > 0) > 1 {
            // Those under one key stay in the order of the parts.
            hits.sort_by_key(|(at, _)| *at);
        }
        for of_key in hits.chunk_by(|(at, _), (other, _)| at == other) {
            let (before, at) = (docs.len(), of_key[0].0);
            for (_, hit) in of_key {
                match hit {
                    Hit::Sealed(part, sought) => part.list(*sought, docs),
                    Hit::Open(listed) => docs.extend_from_slice(listed),
                }
            }
            if docs.len() > before {
                ended(at, docs);
            }
        }
    }

    /// By the places of keys, where articles may be under them: part by part.
    fn hits<'a>(&'a self, keys: &[u32]) -> Vec<(u32, Hit<'a>)> {
        let mut hits = Vec::new();
        for part in &self.parts {
            let sought = part.seek(keys).into_iter();
            hits.extend(sought.map(|(at, sought)| (at, Hit::Sealed(part, sought))));
        }
        if self.opened > 0 {
            let listed = (0..).zip(keys).map(|(at, key)| (at, self.open.get(key)));
            let listed = listed.filter(|(_, listed)| !listed.is_empty());
            hits.extend(listed.map(|(at, listed)| (at, Hit::Open(listed))));
        }
        hits
    }

    /// Adds an article; `has_room` says whether another one is listed under a key.
    pub(crate) fn insert(
        &mut self,
        doc: DocId,
        fingerprint: &Fingerprint,
        has_room: impl Fn(usize) -> bool,
    ) {
        let keys = fingerprint.keys.iter().enumerate().filter(|(at, _)| has_room(*at));
        self.add(doc, keys.map(|(_, key)| short(*key)), KeyCount::new(fingerprint));
    }

    /// Adds an article under [`short`] keys.
    pub(crate) fn add(&mut self, doc: DocId, keys: impl Iterator<Item = u32>, count: KeyCount) {
        let open = Arc::make_mut(&mut self.open);
        for key in keys {
            open.push(key, doc, usize::MAX);
            self.opened += 1;
        }
        self.counts.insert(doc, count);
        if self.opened >= OPEN {
            self.seal_open();
            self.merge_parts(|older, younger| older < 2 * younger);
        }
    }

    /// Nothing is added from now on.
    pub(crate) fn seal(&mut self) {
        self.seal_open();
        self.merge_parts(|_, _| true);
    }

    /// Drops the articles that `is_gone` names.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.seal_open();
        let kept = self.parts.iter().map(|part| Arc::new(part.without(&is_gone)));
        self.parts = kept.filter(|part| part.len() > 0).collect();
        self.merge_parts(|older, younger| older < 2 * younger);
        self.counts.retain(|doc, _| !is_gone(doc));
    }

    fn seal_open(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.opened = 0;
        if !open.is_empty() {
            let pairs =
                open.keys().flat_map(|key| open.get(&key).iter().map(move |doc| (key, *doc)));
            self.parts.push(Arc::new(Sealed::new(pairs)));
        }
    }

    /// Merges the last two parts as long as their sizes ask for it.
    fn merge_parts(&mut self, asks: impl Fn(usize, usize) -> bool) {
        while let [.., older, younger] = self.parts.as_slice()
            && asks(older.len(), younger.len())
        {
            let merged = older.merged(younger);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(Arc::new(merged));
        }
    }

    /// How many keys an article has.
    pub(crate) fn count(&self, doc: DocId) -> Option<KeyCount> {
        self.counts.get(doc).copied()
    }
}

/// Where articles may stand under a key.
enum Hit<'a> {
    Sealed(&'a Sealed, Sought),
    Open(&'a [DocId]),
}

/// How many keys an article has: in the last eight bits one more than all of a short text, or 0; in
/// the others those that every text keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyCount(u32);

impl KeyCount {
    /// The same from [`KeyCount::bits`].
    pub(crate) fn of_bits(bits: u32) -> KeyCount {
        KeyCount(bits)
    }

    /// Both numbers in one.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    pub(crate) fn new(fingerprint: &Fingerprint) -> KeyCount {
        let sparse = fingerprint.keys.partition_point(|key| is_sampled(*key));
        let sparse = u32::try_from(sparse).unwrap_or(u32::MAX).min(u32::MAX >> 8);
        let dense = u8::try_from(fingerprint.keys.len() + 1).ok().filter(|_| fingerprint.is_dense);
        KeyCount(sparse << 8 | u32::from(dense.unwrap_or_default()))
    }

    fn sparse(self) -> u32 {
        self.0 >> 8
    }

    fn dense(self) -> Option<u32> {
        (self.0 & 0xff).checked_sub(1)
    }

    /// The smaller number of keys among those that both articles keep.
    pub(crate) fn smaller(self, other: KeyCount) -> u32 {
        match (self.dense(), other.dense()) {
            (Some(mine), Some(theirs)) => mine.min(theirs),
            _ => self.sparse().min(other.sparse()),
        }
    }
}

written!(Segment { open, opened, parts, counts });

impl Written for KeyCount {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.0.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<KeyCount> {
        u32::read_from(from).map(KeyCount)
    }
}
