//! A shard of documents: stores keys and packed texts of some of the articles, and answers requests
//! about them. It knows no story, no boilerplate and no settings.

use std::collections::BTreeMap;

use crate::codec::{Writer, Written};
use crate::detector::shard_protocol::{ShardEntry, ShardRequest, encode_postings, push_packed};
use crate::ids::DocId;
use crate::index::Index;
use crate::settings::DAY;

/// An answer to a read gets no further article once it has this many bytes.
const MAX_ANSWER_BYTES: usize = 1 << 18;
/// A shard keeps articles this many seconds longer than requested: a writer that starts from a
/// snapshot repeats earlier requests.
const EXTRA_SECONDS: i64 = DAY;

/// The documents of one shard. It answers the requests of the writer's
/// [`Detector`](crate::Detector).
#[derive(Debug, Default)]
pub struct Shard {
    index: Index,
    /// The packed articles, with the time at which each was seen, in seconds.
    packed: BTreeMap<DocId, (i64, Box<[u8]>)>,
}

impl Shard {
    /// Answers a request; `None` if the bytes are no request. A repeated request has no further
    /// effect and gets the same answer.
    pub fn answer(&mut self, request: &[u8]) -> Option<Vec<u8>> {
        Some(match ShardRequest::from_bytes(request)? {
            ShardRequest::LookUp { before, from, keys } => {
                encode_postings(&self.index.postings_by_day(&keys, before, from))
            }
            ShardRequest::Insert(entry) => {
                self.insert(entry);
                Vec::new()
            }
            ShardRequest::Read { docs } => self.read(&docs),
            ShardRequest::Expire { time } => {
                self.expire(time.saturating_sub(EXTRA_SECONDS));
                Vec::new()
            }
        })
    }

    /// The kind of a request in one word, for statistics.
    #[must_use]
    pub fn kind_of(request: &[u8]) -> Option<&'static str> {
        Some(match ShardRequest::from_bytes(request)? {
            ShardRequest::LookUp { .. } => "look-up",
            ShardRequest::Insert(_) => "insert",
            ShardRequest::Read { .. } => "read",
            ShardRequest::Expire { .. } => "expire",
        })
    }

    /// How many articles it stores.
    #[must_use]
    pub fn articles(&self) -> usize {
        self.packed.len()
    }

    /// The bytes of its index in the form of a snapshot, and the bytes of all packed articles.
    #[must_use]
    pub fn bytes(&self) -> (usize, usize) {
        let mut index = 0;
        let mut give = |piece: Vec<u8>| index += piece.len();
        let mut writer = Writer::new(&mut give);
        self.index.write_to(&mut writer);
        writer.finish();
        (index, self.packed.values().map(|(_, packed)| packed.len()).sum())
    }

    fn insert(&mut self, ShardEntry { doc, time, count, keys, packed }: ShardEntry) {
        if self.packed.contains_key(&doc) {
            return;
        }
        if let Some(count) = count {
            self.index.insert_keys(doc, time, &keys, count);
        }
        self.packed.insert(doc, (time, packed.into()));
    }

    fn read(&self, docs: &[DocId]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for doc in docs {
            push_packed(&mut bytes, self.packed.get(doc).map(|(_, packed)| &**packed));
            if bytes.len() >= MAX_ANSWER_BYTES {
                break;
            }
        }
        bytes
    }

    fn expire(&mut self, time: i64) {
        self.index.expire(time);
        self.packed.retain(|_, (seen, _)| *seen >= time);
    }
}
