//! The stored state of the fetcher, in the bucket `wf_feeds`.
//!
//! | key | value |
//! |---|---|
//! | `feed.<feed>` | the record of a feed, with the time of its next poll; others may read it |
//! | `seen.<feed>` | the items it has listed, so that none becomes an article twice |
//! | `poll.<feed>` | the memo: the wishes of its publisher, another address, and more |
//! | `begun.<feed>` | the mark that it is being parsed; it remains if the process dies |
//! | `backfill.<feed>` | the progress in its archive, after each page |
//! | `list.<address>` | the record of a list of feeds, once all of its changes are done |
//! | `control` | how far `WF_CONTROL` has been read |
//!
//! Except for the mark, everything is written after the work that it records. A crash between the two
//! repeats the work with the same ids and loses nothing.

mod memo;
mod read_mark;
mod seen;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use wirefold_flow::{BusError, KeyValue, StageContext};
use wirefold_proto::streams::FEEDS;
use wirefold_proto::token::{escape, unescape};
use wirefold_proto::{Backfill, FeedId, FeedRecord, ListRecord, Message, decode, encode};

pub(crate) use memo::{Memo, STRIKE};
pub(crate) use read_mark::ReadMark;
pub(crate) use seen::{SeenItem, SeenItems};

use crate::publish::retry_bus;

const CONTROL: &str = "control";

/// The store of the fetcher's state. All clones are the same store.
#[derive(Clone)]
pub(crate) struct Store {
    context: StageContext,
    keys: Arc<dyn KeyValue>,
}

/// The state that was stored before the start.
#[derive(Default)]
pub(crate) struct StoredState {
    pub(crate) feeds: HashMap<FeedId, (FeedRecord, Memo)>,
    /// The feeds that were being read when the process before this one ended.
    pub(crate) read_marks: HashMap<FeedId, ReadMark>,
    /// Lists of feeds, by address.
    pub(crate) lists: HashMap<String, ListRecord>,
    /// The backfills that are not finished.
    pub(crate) backfills: Vec<Backfill>,
    /// The last sequence of `WF_CONTROL` that was carried out.
    pub(crate) control: u64,
}

impl Store {
    pub(crate) fn open(context: &StageContext) -> Result<Self, BusError> {
        let keys = context.bus.key_value(FEEDS.name)?;
        Ok(Self { context: context.clone(), keys })
    }

    /// Loads everything except the seen items. Ignores unreadable entries.
    pub(crate) async fn load(&self) -> Result<StoredState, BusError> {
        let mut records: HashMap<FeedId, FeedRecord> = HashMap::new();
        let mut memos: HashMap<FeedId, Memo> = HashMap::new();
        let mut lists: HashMap<String, ListRecord> = HashMap::new();
        let mut backfills = Vec::new();
        let mut read_marks: HashMap<FeedId, ReadMark> = HashMap::new();
        let mut control = 0;
        let entries = retry_bus(&self.context, || self.keys.changes(0)).await?;
        for (key, value) in entries.iter().filter_map(|e| Some((&e.key, e.value.as_ref()?))) {
            match key.split_once('.') {
                None if key == CONTROL => control = number(value),
                Some(("feed", token)) => records.extend(record(token, value)),
                Some(("poll", token)) => {
                    memos.extend(feed_id(token).map(|id| (id, Memo::read(value))));
                }
                Some(("begun", token)) => {
                    let how = serde_json::from_slice(value).unwrap_or_default();
                    read_marks.extend(feed_id(token).map(|id| (id, how)));
                }
                Some(("backfill", _)) => {
                    let backfill = decode::<Backfill>(value).ok();
                    backfills.extend(backfill.filter(|it| it.ended.is_none()));
                }
                // An unreadable list is requested again.
                Some(("list", _)) => {
                    let list = decode::<ListRecord>(value).ok();
                    lists.extend(list.map(|list| (list.url.clone(), list)));
                }
                _ => {}
            }
        }
        let with_memo = |(id, record)| {
            let memo = memos.remove(&id).unwrap_or_default();
            (id, (record, memo))
        };
        let feeds = records.into_iter().map(with_memo).collect();
        Ok(StoredState { feeds, read_marks, lists, backfills, control })
    }

    pub(crate) async fn load_seen(&self, feed: &FeedId) -> Result<SeenItems, BusError> {
        let value = self.get(&key("seen", feed)).await?;
        Ok(value.map(|value| SeenItems::read(&value)).unwrap_or_default())
    }

    pub(crate) async fn put_seen(&self, feed: &FeedId, seen: &SeenItems) -> Result<(), BusError> {
        self.put(&key("seen", feed), seen.write()).await
    }

    pub(crate) async fn put_record(&self, record: &FeedRecord) -> Result<(), BusError> {
        self.put_message(&key("feed", &record.feed.id), record).await
    }

    pub(crate) async fn put_list(&self, record: &ListRecord) -> Result<(), BusError> {
        self.put_message(&list_key(&record.url), record).await
    }

    /// Forgets a list, not its feeds.
    pub(crate) async fn forget_list(&self, url: &str) -> Result<(), BusError> {
        self.delete(&list_key(url)).await
    }

    pub(crate) async fn backfill(&self, feed: &FeedId) -> Result<Option<Backfill>, BusError> {
        let value = self.get(&key("backfill", feed)).await?;
        Ok(value.and_then(|value| decode(&value).ok()))
    }

    pub(crate) async fn forget_backfill(&self, feed: &FeedId) -> Result<(), BusError> {
        self.delete(&key("backfill", feed)).await
    }

    pub(crate) async fn put_backfill(&self, backfill: &Backfill) -> Result<(), BusError> {
        self.put_message(&key("backfill", &backfill.feed), backfill).await
    }

    pub(crate) async fn put_memo(&self, feed: &FeedId, memo: &Memo) -> Result<(), BusError> {
        self.put(&key("poll", feed), memo.write()).await
    }

    pub(crate) async fn put_read_mark(
        &self,
        feed: &FeedId,
        mark: ReadMark,
    ) -> Result<(), BusError> {
        let body = serde_json::to_vec(&mark).unwrap_or_default();
        self.put(&key("begun", feed), body.into()).await
    }

    pub(crate) async fn forget_read_mark(&self, feed: &FeedId) -> Result<(), BusError> {
        self.delete(&key("begun", feed)).await
    }

    pub(crate) async fn put_control(&self, sequence: u64) -> Result<(), BusError> {
        self.put(CONTROL, sequence.to_string().into()).await
    }

    /// Forgets a feed and all items that it has listed.
    pub(crate) async fn forget(&self, feed: &FeedId) -> Result<(), BusError> {
        for what in ["backfill", "begun", "seen", "poll", "feed"] {
            self.delete(&key(what, feed)).await?;
        }
        Ok(())
    }

    /// Stores a message of the contract. One that is too large is logged and not stored.
    async fn put_message<M: Message>(&self, key: &str, message: &M) -> Result<(), BusError> {
        let Ok(body) = encode(message) else {
            tracing::warn!(key, "record not stored: too large");
            return Ok(());
        };
        self.put(key, body.into()).await
    }

    async fn get(&self, key: &str) -> Result<Option<Bytes>, BusError> {
        let entry = retry_bus(&self.context, || self.keys.get(key)).await?;
        Ok(entry.and_then(|entry| entry.value))
    }

    async fn put(&self, key: &str, value: Bytes) -> Result<(), BusError> {
        retry_bus(&self.context, || self.keys.put(key, value.clone())).await?;
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), BusError> {
        retry_bus(&self.context, || self.keys.delete(key)).await?;
        Ok(())
    }
}

fn key(what: &str, feed: &FeedId) -> String {
    format!("{what}.{}", escape(feed.as_str()))
}

fn list_key(url: &str) -> String {
    format!("list.{}", escape(url))
}

fn feed_id(token: &str) -> Option<FeedId> {
    unescape(token).ok()?.parse().ok()
}

fn record(token: &str, value: &[u8]) -> Option<(FeedId, FeedRecord)> {
    match decode::<FeedRecord>(value) {
        Ok(record) => Some((record.feed.id.clone(), record)),
        Err(error) => {
            tracing::warn!(feed = token, %error, "feed record cannot be read and is replaced");
            None
        }
    }
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
