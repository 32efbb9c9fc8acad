//! The requests of the writer to a shard of documents, and the answers, as bytes. docs/scale.md has
//! the table.

use crate::codec::varint;
use crate::ids::DocId;
use crate::index::postings_by_day::PostingsByDay;
use crate::index::segment::KeyCount;

/// A request of the writer to a shard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ShardRequest {
    /// List the articles before `before` under these keys, in days from `from` on.
    LookUp { before: DocId, from: i64, keys: Vec<u32> },
    /// Store this article, unless it is stored.
    Insert(ShardEntry),
    /// Return these articles, as many as fit into one answer.
    Read { docs: Vec<DocId> },
    /// Drop articles seen before this time (seconds).
    Expire { time: i64 },
}

/// An article as a shard stores it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShardEntry {
    pub(crate) doc: DocId,
    /// When it was seen, in seconds.
    pub(crate) time: i64,
    /// How many keys it has; `None` if it is too short to be found by them.
    pub(crate) count: Option<KeyCount>,
    /// The keys under which the index lists it.
    pub(crate) keys: Vec<u32>,
    /// Its packed text, body and notes. Only the writer can read these bytes.
    pub(crate) packed: Vec<u8>,
}

// The first byte of each request.
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
            ShardRequest::Insert(ShardEntry { doc, time, count, keys, packed }) => {
                bytes.push(INSERT);
                varint::push(&mut bytes, doc.0);
                varint::push_time(&mut bytes, *time);
                bytes.push(u8::from(count.is_some()));
                varint::push(&mut bytes, count.map_or(0, KeyCount::bits));
                push_keys(&mut bytes, keys);
                bytes.extend_from_slice(packed);
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

    /// `None` if the bytes are no request.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<ShardRequest> {
        let (kind, rest) = bytes.split_first()?;
        let mut rest = rest;
        let request = match *kind {
            LOOK_UP => ShardRequest::LookUp {
                before: DocId(varint::read(&mut rest)?),
                from: varint::read_time(&mut rest)?,
                keys: read_keys(&mut rest)?,
            },
            INSERT => {
                let (doc, time) = (DocId(varint::read(&mut rest)?), varint::read_time(&mut rest)?);
                let (is_findable, after) = rest.split_first()?;
                rest = after;
                let count = Some(KeyCount::from_bits(varint::read(&mut rest)?));
                let count = count.filter(|_| *is_findable == 1);
                let keys = read_keys(&mut rest)?;
                let packed = std::mem::take(&mut rest).to_vec();
                ShardRequest::Insert(ShardEntry { doc, time, count, keys, packed })
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
        rest.is_empty().then_some(request)
    }
}

/// Keys are hashes, four bytes each; packing them would save only an eighth.
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

/// The answer to a look-up, as bytes.
pub(crate) fn encode_postings(postings: &PostingsByDay) -> Vec<u8> {
    let mut bytes = Vec::new();
    postings.pack(&mut bytes);
    bytes
}

/// Decodes the answer to a look-up; `None` if the bytes are none.
pub(crate) fn decode_postings(mut bytes: &[u8]) -> Option<PostingsByDay> {
    let postings = PostingsByDay::unpack(&mut bytes)?;
    bytes.is_empty().then_some(postings)
}

/// Appends the stored bytes of one article to an answer, or a mark that the shard does not have it.
pub(crate) fn push_packed(bytes: &mut Vec<u8>, packed: Option<&[u8]>) {
    bytes.push(u8::from(packed.is_some()));
    varint::push_count(bytes, packed.map_or(0, <[u8]>::len));
    bytes.extend_from_slice(packed.unwrap_or_default());
}

/// Decodes the answer to a read: the stored bytes of the first articles of the request, as many as
/// it holds. `None` if the shard does not have one of them, or the bytes are no such answer.
pub(crate) fn read_packed(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    while let Some((1, rest)) = bytes.split_first() {
        bytes = rest;
        let length = varint::read(&mut bytes)? as usize;
        let (packed, behind) = bytes.split_at_checked(length)?;
        bytes = behind;
        all.push(packed.to_vec());
    }
    (bytes.is_empty() && !all.is_empty()).then_some(all)
}
