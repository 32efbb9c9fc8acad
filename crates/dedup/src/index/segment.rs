//! A segment of the index: the articles of one day by sampled shingle.
//!
//! New articles go into a hash map. It takes an eighth of a day's memory for a hundredth of the day's
//! articles, so its pairs are sealed when there are many. Sealed parts of similar size are merged: a day
//! has few of them, and one when it is over.
//!
//! Keys of articles come in; the articles under a key go out. The module never knows which keys are hot.

use std::sync::Arc;

use crate::body::fingerprint::{Fingerprint, is_sampled};
use crate::codec::id_table::IdTable;
use crate::codec::postings::Postings;
use crate::codec::{Encode, Reader, Writer, written};
use crate::ids::DocId;
use crate::index::sealed::{KeyRange, Sealed};

/// The number of open pairs of a key and an article at which they are sealed: those of some thousand articles.
const MAX_OPEN_PAIRS: u64 = if cfg!(test) { 1 << 6 } else { 1 << 16 };

/// The number of articles that a segment lists under one key. Later ones are not listed under it.
pub(crate) const MAX_LIST_LENGTH: usize = 64;

/// A day of the index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    /// The latest articles, by [`short_key`].
    open: Arc<Postings<u32, DocId>>,
    /// The number of pairs of a key and an article in `open`.
    opened: u64,
    /// The earlier articles. While the day lasts, each part is at least twice as large as the next.
    parts: Vec<Arc<Sealed>>,
    /// The number of keys of each article.
    counts: IdTable<DocId, KeyCount>,
}

/// The 32 bits of a key by which a segment stores it. The highest bits are left out, because sampled keys
/// are small. Two keys of a day rarely share the rest. If they do, the false candidate is verified like all
/// others.
pub(crate) fn short_key(key: u64) -> u32 {
    u32::try_from(key >> 31 & u64::from(u32::MAX)).expect("32 bits")
}

impl Segment {
    /// Appends the articles under each of `keys`, in the order of arrival. Keys are given as [`short_key`].
    /// After the articles of a key that has any, it calls `ended` with the position of the key and all of
    /// `docs`.
    pub(crate) fn look_up(
        &self,
        keys: &[u32],
        docs: &mut Vec<DocId>,
        mut ended: impl FnMut(u32, &[DocId]),
    ) {
        let mut hits = self.hits(keys);
        if self.parts.len() + usize::from(self.opened > 0) > 1 {
            // The sort is stable: the hits of one key stay in the order of the parts, which is the order of
            // arrival.
            hits.sort_by_key(|(at, _)| *at);
        }
        for hits_of_key in hits.chunk_by(|(at, _), (other, _)| at == other) {
            let (before, at) = (docs.len(), hits_of_key[0].0);
            for (_, hit) in hits_of_key {
                match hit {
                    Hit::Sealed(part, range) => part.push_articles(*range, docs),
                    Hit::Open(listed) => docs.extend_from_slice(listed),
                }
            }
            if docs.len() > before {
                ended(at, docs);
            }
        }
    }

    /// Where articles may be listed under the keys, part by part. Each hit has the position of its key.
    fn hits<'a>(&'a self, keys: &[u32]) -> Vec<(u32, Hit<'a>)> {
        let mut hits = Vec::new();
        for part in &self.parts {
            let ranges = part.locate(keys).into_iter();
            hits.extend(ranges.map(|(at, range)| (at, Hit::Sealed(part, range))));
        }
        if self.opened > 0 {
            let listed = (0..).zip(keys).map(|(at, key)| (at, self.open.get(key)));
            let listed = listed.filter(|(_, listed)| !listed.is_empty());
            hits.extend(listed.map(|(at, listed)| (at, Hit::Open(listed))));
        }
        hits
    }

    /// Adds an article. `has_room` says, by the position of a key, whether the list of that key takes another
    /// article.
    pub(crate) fn insert(
        &mut self,
        doc: DocId,
        fingerprint: &Fingerprint,
        has_room: impl Fn(usize) -> bool,
    ) {
        let open = Arc::make_mut(&mut self.open);
        for (_, key) in fingerprint.keys.iter().enumerate().filter(|(at, _)| has_room(*at)) {
            open.push(short_key(*key), doc, usize::MAX);
            self.opened += 1;
        }
        self.counts.insert(doc, KeyCount::new(fingerprint));
        if self.opened >= MAX_OPEN_PAIRS {
            self.seal_open();
            self.merge_parts(|older, younger| older < 2 * younger);
        }
    }

    /// Merges all articles into one sealed part, when the day is over.
    pub(crate) fn seal(&mut self) {
        self.seal_open();
        self.merge_parts(|_, _| true);
    }

    /// Drops the articles for which `is_gone` is true.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.seal_open();
        let kept = self.parts.iter().map(|part| Arc::new(part.without(&is_gone)));
        self.parts = kept.filter(|part| part.len() > 0).collect();
        self.merge_parts(|older, younger| older < 2 * younger);
        self.counts.retain(|doc, _| !is_gone(doc));
    }

    /// Moves the open articles to a sealed part.
    fn seal_open(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.opened = 0;
        if !open.is_empty() {
            let pairs =
                open.keys().flat_map(|key| open.get(&key).iter().map(move |doc| (key, *doc)));
            self.parts.push(Arc::new(Sealed::new(pairs)));
        }
    }

    /// Merges the last two parts as long as `is_due` is true for their sizes.
    fn merge_parts(&mut self, is_due: impl Fn(usize, usize) -> bool) {
        while let [.., older, younger] = self.parts.as_slice()
            && is_due(older.len(), younger.len())
        {
            let merged = older.merged(younger);
            self.parts.truncate(self.parts.len() - 2);
            self.parts.push(Arc::new(merged));
        }
    }

    /// The number of keys of an article.
    pub(crate) fn count(&self, doc: DocId) -> Option<KeyCount> {
        self.counts.get(doc).copied()
    }
}

/// A place where articles may be listed under a key.
enum Hit<'a> {
    /// A range of a sealed part, which may turn out to be empty.
    Sealed(&'a Sealed, KeyRange),
    /// The articles that are not sealed yet.
    Open(&'a [DocId]),
}

/// The number of keys of an article, for a text of either density.
///
/// The upper 24 bits are the number of keys that a long text would have. The lower eight bits are 0 for a
/// long text, and one more than the number of all keys for a short one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyCount(u32);

impl KeyCount {
    /// The count of a text's keys.
    pub(crate) fn new(fingerprint: &Fingerprint) -> KeyCount {
        let sparse = fingerprint.keys.partition_point(|key| is_sampled(*key));
        let sparse = u32::try_from(sparse).unwrap_or(u32::MAX).min(u32::MAX >> 8);
        let dense = u8::try_from(fingerprint.keys.len() + 1).ok().filter(|_| fingerprint.is_dense);
        KeyCount(sparse << 8 | u32::from(dense.unwrap_or_default()))
    }

    /// The number of keys that are keys in every text that has them.
    fn sparse(self) -> u32 {
        self.0 >> 8
    }

    /// The number of all keys of a short text; `None` for a long one.
    fn dense(self) -> Option<u32> {
        (self.0 & 0xff).checked_sub(1)
    }

    /// The size of the smaller key set, counted at the density that both texts have.
    pub(crate) fn smaller(self, other: KeyCount) -> u32 {
        match (self.dense(), other.dense()) {
            (Some(mine), Some(theirs)) => mine.min(theirs),
            _ => self.sparse().min(other.sparse()),
        }
    }
}

written!(Segment { open, opened, parts, counts });

impl Encode for KeyCount {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.0.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<KeyCount> {
        u32::read_from(from).map(KeyCount)
    }
}
