//! Requests of the writer to a shard of documents, as bytes: docs/scale.md has the table.

use crate::codec::varint;
use crate::ids::DocId;
use crate::index::postings_by_day::PostingsByDay;
use crate::index::segment::KeyCount;

/// A request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ShardRequest {
    /// Which articles before `before` stand under these keys, in days from `from` on?
    LookUp { before: DocId, from: i64, keys: Vec<u32> },
    /// Keep this article, unless it is known.
    Insert(Entry),
    /// Give back these articles, as many as one answer holds.
    Read { docs: Vec<DocId> },
    /// Nobody asks for articles seen before this time (seconds) any more.
    Expire { time: i64 },
}

/// An article as a shard keeps it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) doc: DocId,
    /// When it was seen, in seconds.
    pub(crate) time: i64,
    /// How many keys it has; none if it is too short to be found by them.
    pub(crate) count: Option<KeyCount>,
    /// The keys that it is listed under.
    pub(crate) keys: Vec<u32>,
    /// Its text, its packed body and its notes: bytes that only the writer can read.
    pub(crate) kept: Vec<u8>,
}

/// The first byte of each question.
const LOOK_UP: u8 = 1;
const INSERT: u8 = 2;
const READ: u8 = 3;
const EXPIRE: u8 = 4;

impl ShardRequest {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            ShardRequest::LookUp { before, from, keys } => {
                bytes.push(LOOK_UP);
                varint::push(&mut bytes, before.0);
                varint::push_time(&mut bytes, *from);
                push_keys(&mut bytes, keys);
            }
            ShardRequest::Insert(Entry { doc, time, count, keys, kept }) => {
                bytes.push(INSERT);
                varint::push(&mut bytes, doc.0);
                varint::push_time(&mut bytes, *time);
                bytes.push(u8::from(count.is_some()));
                varint::push(&mut bytes, count.map_or(0, KeyCount::bits));
                push_keys(&mut bytes, keys);
                bytes.extend_from_slice(kept);
            }
            ShardRequest::Read { docs } => {
                bytes.push(READ);
                varint::push_count(&mut bytes, docs.len());
                docs.iter().for_each(|doc| varint::push(&mut bytes, doc.0));
            }
            ShardRequest::Expire { time } => {
                bytes.push(EXPIRE);
                varint::push_time(&mut bytes, *time);
            }
        }
        bytes
    }

    /// `None` if the bytes are no question.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<ShardRequest> {
        let (kind, rest) = bytes.split_first()?;
        let mut rest = rest;
        let question = match *kind {
            LOOK_UP => ShardRequest::LookUp {
                before: DocId(varint::read(&mut rest)?),
                from: varint::read_time(&mut rest)?,
                keys: read_keys(&mut rest)?,
            },
            INSERT => {
                let (doc, time) = (DocId(varint::read(&mut rest)?), varint::read_time(&mut rest)?);
                let (is_findable, after) = rest.split_first()?;
                rest = after;
                let count = Some(KeyCount::of_bits(varint::read(&mut rest)?));
                let count = count.filter(|_| *is_findable == 1);
                let keys = read_keys(&mut rest)?;
                let kept = std::mem::take(&mut rest).to_vec();
                ShardRequest::Insert(Entry { doc, time, count, keys, kept })
            }
            READ => {
                let count = varint::read(&mut rest)?;
                let docs = (0..count)
                    .map(|_| varint::read(&mut rest).map(DocId))
                    .collect::<Option<_>>()?;
                ShardRequest::Read { docs }
            }
            EXPIRE => ShardRequest::Expire { time: varint::read_time(&mut rest)? },
            _ => return None,
        };
        rest.is_empty().then_some(question)
    }
}

/// Hashes: packing them closer would save an eighth.
fn push_keys(bytes: &mut Vec<u8>, keys: &[u32]) {
    varint::push_count(bytes, keys.len());
    keys.iter().for_each(|key| bytes.extend_from_slice(&key.to_le_bytes()));
}

fn read_keys(bytes: &mut &[u8]) -> Option<Vec<u32>> {
    let size = (varint::read(bytes)? as usize).checked_mul(size_of::<u32>())?;
    let (keys, rest) = bytes.split_at_checked(size)?;
    *bytes = rest;
    let (keys, _) = keys.as_chunks();
    Some(keys.iter().map(|key| u32::from_le_bytes(*key)).collect())
}

/// What a shard lists for a look-up, as bytes.
pub(crate) fn listed_bytes(listed: &PostingsByDay) -> Vec<u8> {
    let mut bytes = Vec::new();
    listed.push_to(&mut bytes);
    bytes
}

/// What a shard has listed; `None` if the bytes are no such answer.
pub(crate) fn listed_from(mut bytes: &[u8]) -> Option<PostingsByDay> {
    let listed = PostingsByDay::unpack(&mut bytes)?;
    bytes.is_empty().then_some(listed)
}

/// Appends what a shard keeps of an article, or that it keeps nothing of it.
pub(crate) fn push_kept(bytes: &mut Vec<u8>, kept: Option<&[u8]>) {
    bytes.push(u8::from(kept.is_some()));
    varint::push_count(bytes, kept.map_or(0, <[u8]>::len));
    bytes.extend_from_slice(kept.unwrap_or_default());
}

/// What a shard keeps of the articles it was asked for, as far as the answer goes; `None` if one of them
/// is missing there or the bytes are no such answer.
pub(crate) fn kept_from(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    while let Some((1, rest)) = bytes.split_first() {
        bytes = rest;
        let length = varint::read(&mut bytes)? as usize;
        let (kept, behind) = bytes.split_at_checked(length)?;
        bytes = behind;
        all.push(kept.to_vec());
    }
    (bytes.is_empty() && !all.is_empty()).then_some(all)
}
