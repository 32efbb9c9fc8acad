//! A shard of documents: keys and texts of some of the articles, and answers about them. It knows no story,
//! no boilerplate and no settings.

use std::collections::BTreeMap;

use crate::codec::{Writer, Written};
use crate::detector::shard_protocol::{Entry, ShardRequest, listed_bytes, push_kept};
use crate::ids::DocId;
use crate::index::Index;
use crate::settings::DAY;

/// An answer to a reader holds no further article once it has so many bytes.
const ANSWER: usize = 1 << 18;
/// A writer that starts again from a snapshot asks for what it had asked for before: a shard keeps everything for
/// so many seconds longer than asked.
const LONGER: i64 = DAY;

/// The documents of one shard. It answers questions that the writer's [`Detector`](crate::Detector) made.
#[derive(Debug, Default)]
pub struct Shard {
    index: Index,
    /// With the time at which they were seen, in seconds.
    kept: BTreeMap<DocId, (i64, Box<[u8]>)>,
}

impl Shard {
    /// Answers a question; `None` if the bytes are none. A question that is asked again has no further
    /// effect, and its answer is the same.
    pub fn answer(&mut self, question: &[u8]) -> Option<Vec<u8>> {
        Some(match ShardRequest::from_bytes(question)? {
            ShardRequest::LookUp { before, from, keys } => {
                listed_bytes(&self.index.postings_by_day(&keys, before, from))
            }
            ShardRequest::Insert(entry) => {
                self.insert(entry);
                Vec::new()
            }
            ShardRequest::Read { docs } => self.read(&docs),
            ShardRequest::Expire { time } => {
                self.expire(time.saturating_sub(LONGER));
                Vec::new()
            }
        })
    }

    /// What a question asks for, in a word; for those who count them.
    #[must_use]
    pub fn name_of(question: &[u8]) -> Option<&'static str> {
        Some(match ShardRequest::from_bytes(question)? {
            ShardRequest::LookUp { .. } => "look-up",
            ShardRequest::Insert(_) => "insert",
            ShardRequest::Read { .. } => "read",
            ShardRequest::Expire { .. } => "expire",
        })
    }

    /// How many articles it keeps.
    #[must_use]
    pub fn articles(&self) -> usize {
        self.kept.len()
    }

    /// The bytes of its index as a snapshot would have them, and of all texts with their packed bodies.
    #[must_use]
    pub fn bytes(&self) -> (usize, usize) {
        let mut index = 0;
        let mut give = |piece: Vec<u8>| index += piece.len();
        let mut writer = Writer::new(&mut give);
        self.index.write_to(&mut writer);
        writer.finish();
        (index, self.kept.values().map(|(_, kept)| kept.len()).sum())
    }

    fn insert(&mut self, Entry { doc, time, count, keys, kept }: Entry) {
        if self.kept.contains_key(&doc) {
            return;
        }
        if let Some(count) = count {
            self.index.add(doc, time, &keys, count);
        }
        self.kept.insert(doc, (time, kept.into()));
    }

    fn read(&self, docs: &[DocId]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for doc in docs {
            push_kept(&mut bytes, self.kept.get(doc).map(|(_, kept)| &**kept));
            if bytes.len() >= ANSWER {
                break;
            }
        }
        bytes
    }

    fn expire(&mut self, time: i64) {
        self.index.expire(time);
        self.kept.retain(|_, (seen, _)| *seen >= time);
    }
}
