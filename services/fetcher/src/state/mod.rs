//! What the fetcher remembers, in the bucket `wf_feeds`.
//!
//! | key | what |
//! |---|---|
//! | `feed.<feed>` | the record of a feed, for whoever asks; also when it is polled next |
//! | `seen.<feed>` | the items it has listed, so that none becomes an article twice |
//! | `poll.<feed>` | what its publisher asked for besides: another address, patience |
//! | `begun.<feed>` | that it is being read, before it is; whoever dies over it leaves that behind |
//! | `backfill.<feed>` | how the reading of its archive goes, after each page |
//! | `list.<address>` | the record of a list of feeds, once all that it says is done |
//! | `control` | how far `WF_CONTROL` has been read |
//!
//! Everything else is written after what it speaks of has happened, and can happen again: a crash
//! before the writing repeats work under the same ids and loses nothing.

mod begun;
mod memo;
mod seen;

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use wirefold_flow::{BusError, KeyValue, StageContext};
use wirefold_proto::streams::FEEDS;
use wirefold_proto::token::{escape, unescape};
use wirefold_proto::{Backfill, FeedId, FeedRecord, ListRecord, decode, encode};

pub(crate) use begun::Begun;
pub(crate) use memo::{Memo, STRIKE};
pub(crate) use seen::{KnownItem, Seen};

use crate::publish::until_it_passes;

const CONTROL: &str = "control";

/// The fetcher's memory. Clones are one.
#[derive(Clone)]
pub(crate) struct Store {
    context: StageContext,
    keys: Arc<dyn KeyValue>,
}

/// What was remembered at the start.
#[derive(Default)]
pub(crate) struct Remembered {
    pub(crate) feeds: HashMap<FeedId, (FeedRecord, Memo)>,
    /// The feeds that were being read when the process before this one ended.
    pub(crate) begun: HashMap<FeedId, Begun>,
    /// Lists of feeds, by address.
    pub(crate) lists: HashMap<String, ListRecord>,
    /// How the reading of archives goes, of those that are not over.
    pub(crate) backfills: Vec<Backfill>,
    /// The last sequence of `WF_CONTROL` that was carried out.
    pub(crate) control: u64,
}

impl Store {
    pub(crate) fn open(context: &StageContext) -> Result<Self, BusError> {
        let keys = context.bus.key_value(FEEDS.name)?;
        Ok(Self { context: context.clone(), keys })
    }

    /// Everything but the seen items. What cannot be read is as if it were not there.
    pub(crate) async fn load(&self) -> Result<Remembered, BusError> {
        let mut records: HashMap<FeedId, FeedRecord> = HashMap::new();
        let mut memos: HashMap<FeedId, Memo> = HashMap::new();
        let mut lists: HashMap<String, ListRecord> = HashMap::new();
        let mut backfills = Vec::new();
        let mut begun: HashMap<FeedId, Begun> = HashMap::new();
        let mut control = 0;
        let entries = until_it_passes(&self.context, || self.keys.changes(0)).await?;
        for (key, value) in entries.iter().filter_map(|e| Some((&e.key, e.value.as_ref()?))) {
            match key.split_once('.') {
                None if key == CONTROL => control = number(value),
                Some(("feed", token)) => records.extend(record(token, value)),
                Some(("poll", token)) => {
                    memos.extend(feed_id(token).map(|id| (id, Memo::read(value))));
                }
                Some(("begun", token)) => {
                    let how = serde_json::from_slice(value).unwrap_or_default();
                    begun.extend(feed_id(token).map(|id| (id, how)));
                }
                Some(("backfill", _)) => {
                    let backfill = decode::<Backfill>(value).ok();
                    backfills.extend(backfill.filter(|it| it.ended.is_none()));
                }
                // One that cannot be read is asked for anew.
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
        Ok(Remembered { feeds, begun, lists, backfills, control })
    }

    pub(crate) async fn seen(&self, feed: &FeedId) -> Result<Seen, BusError> {
        let key = key("seen", feed);
        let entry = until_it_passes(&self.context, || self.keys.get(&key)).await?;
        Ok(entry.and_then(|entry| entry.value).map(|value| Seen::read(&value)).unwrap_or_default())
    }

    pub(crate) async fn put_seen(&self, feed: &FeedId, seen: &Seen) -> Result<(), BusError> {
        self.put(&key("seen", feed), seen.write()).await
    }

    pub(crate) async fn put_record(&self, record: &FeedRecord) -> Result<(), BusError> {
        let Ok(body) = encode(record) else {
            tracing::warn!(feed = %record.feed.id, "feed record not kept: too large");
            return Ok(());
        };
        self.put(&key("feed", &record.feed.id), body.into()).await
    }

    pub(crate) async fn put_list(&self, record: &ListRecord) -> Result<(), BusError> {
        let Ok(body) = encode(record) else {
            tracing::warn!(list = record.url, "list record not kept: too large");
            return Ok(());
        };
        self.put(&list_key(&record.url), body.into()).await
    }

    /// Forgets a list; its feeds are another matter.
    pub(crate) async fn forget_list(&self, url: &str) -> Result<(), BusError> {
        let key = list_key(url);
        until_it_passes(&self.context, || self.keys.delete(&key)).await?;
        Ok(())
    }

    pub(crate) async fn backfill(&self, feed: &FeedId) -> Result<Option<Backfill>, BusError> {
        let key = key("backfill", feed);
        let entry = until_it_passes(&self.context, || self.keys.get(&key)).await?;
        Ok(entry.and_then(|entry| decode(&entry.value?).ok()))
    }

    pub(crate) async fn forget_backfill(&self, feed: &FeedId) -> Result<(), BusError> {
        let key = key("backfill", feed);
        until_it_passes(&self.context, || self.keys.delete(&key)).await?;
        Ok(())
    }

    pub(crate) async fn put_backfill(&self, backfill: &Backfill) -> Result<(), BusError> {
        let Ok(body) = encode(backfill) else {
            tracing::warn!(feed = %backfill.feed, "backfill not kept: too large");
            return Ok(());
        };
        self.put(&key("backfill", &backfill.feed), body.into()).await
    }

    pub(crate) async fn put_memo(&self, feed: &FeedId, memo: &Memo) -> Result<(), BusError> {
        self.put(&key("poll", feed), memo.write()).await
    }

    pub(crate) async fn put_begun(&self, feed: &FeedId, begun: Begun) -> Result<(), BusError> {
        let body = serde_json::to_vec(&begun).unwrap_or_default();
        self.put(&key("begun", feed), body.into()).await
    }

    pub(crate) async fn forget_begun(&self, feed: &FeedId) -> Result<(), BusError> {
        let key = key("begun", feed);
        until_it_passes(&self.context, || self.keys.delete(&key)).await?;
        Ok(())
    }

    pub(crate) async fn put_control(&self, sequence: u64) -> Result<(), BusError> {
        self.put(CONTROL, sequence.to_string().into()).await
    }

    /// Forgets a feed and all that it has listed.
    pub(crate) async fn forget(&self, feed: &FeedId) -> Result<(), BusError> {
        for what in ["backfill", "begun", "seen", "poll", "feed"] {
            let key = key(what, feed);
            until_it_passes(&self.context, || self.keys.delete(&key)).await?;
        }
        Ok(())
    }

    async fn put(&self, key: &str, value: Bytes) -> Result<(), BusError> {
        until_it_passes(&self.context, || self.keys.put(key, value.clone())).await?;
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
            tracing::warn!(feed = token, %error, "feed record cannot be read and is made anew");
            None
        }
    }
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
