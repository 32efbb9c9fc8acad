//! The stories that a reader sees, by feed, group and mark.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use wirefold_flow::BusError;
use wirefold_proto::{streams, token};

use crate::api::{Api, ApiResult};
use crate::feeds::title_of;
use crate::greader::call::Call;
use crate::greader::marks::{MOST_STARRED, Marks};
use crate::greader::names::{Stream, number_of};
use crate::projection::Opening;
use crate::refusal::Refusal;

/// Where stories of removed feeds and of other sources are. No feed has this id.
const OTHER: &str = "-";

/// The stories in an answer if the app names no number.
const COUNT: usize = 20;

/// A feed as apps show it.
pub(super) struct Feed {
    pub(super) title: String,
    pub(super) group: Option<String>,
}

/// The stories and feeds of a reader.
pub(super) struct View {
    feeds: BTreeMap<String, Feed>,
    marks: Marks,
    /// The last that came first.
    pub(super) rows: Vec<Opening>,
}

impl View {
    pub(super) async fn load(call: &Call) -> ApiResult<Self> {
        Ok(Self::load_with_revision(&call.api, &key_of(call)).await?.0)
    }

    async fn load_with_revision(api: &Api, key: &str) -> ApiResult<(Self, u64)> {
        let entry = api.app.bus.key_value(streams::READING.name)?.get(key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let marks = entry.and_then(|entry| serde_json::from_slice(&entry.value?).ok());
        let marks: Marks = marks.unwrap_or_default();
        let records = api.app.feeds().await?.into_records();
        let ids = records.iter().map(|record| record.feed.id.clone()).collect();
        let starred = marks.starred.iter().copied().collect();
        let rows = api.app.projection.openings(ids, starred).await?;
        let feeds = records.into_iter().map(|record| {
            let group = record.feed.group.clone().filter(|group| !group.is_empty());
            (record.feed.id.to_string(), Feed { group, title: title_of(record) })
        });
        let mut feeds: BTreeMap<String, Feed> = feeds.collect();
        if rows.iter().any(|row| row.feed.is_none()) {
            feeds
                .insert(OTHER.to_owned(), Feed { title: "other articles".to_owned(), group: None });
        }
        Ok((Self { feeds, marks, rows }, revision))
    }

    /// Changes the marks of a reader.
    pub(super) async fn change(call: &Call, change: impl Fn(&mut Marks, &Self)) -> ApiResult<()> {
        let (key, keys) = (key_of(call), call.api.app.bus.key_value(streams::READING.name)?);
        loop {
            let (view, revision) = Self::load_with_revision(&call.api, &key).await?;
            let mut marks = view.marks.clone();
            change(&mut marks, &view);
            marks.drop_old(&view.rows);
            if marks.starred.len() > MOST_STARRED {
                let why = format!("{MOST_STARRED} stories are starred: take a star away first");
                return Err(Refusal::unprocessable(why));
            }
            if marks == view.marks {
                return Ok(());
            }
            let value = serde_json::to_vec(&marks).unwrap_or_default();
            match keys.put_if(&key, value.into(), revision).await {
                // Another call of the reader changed them in between.
                Err(BusError::Refused { .. }) => {}
                stored => return Ok(stored.map(drop)?),
            }
        }
    }

    pub(super) fn feeds(&self) -> impl Iterator<Item = (&str, &Feed)> {
        self.feeds.iter().map(|(id, feed)| (id.as_str(), feed))
    }

    pub(super) fn groups(&self) -> BTreeSet<String> {
        self.feeds.values().filter_map(|feed| feed.group.clone()).collect()
    }

    /// The feed of a story, with its id.
    pub(super) fn feed_of<'a>(&'a self, row: &'a Opening) -> (&'a str, Option<&'a Feed>) {
        let id = row.feed.as_ref().map_or(OTHER, |feed| feed.as_str());
        (id, self.feeds.get(id))
    }

    /// The streams of a story that do not depend on marks.
    pub(super) fn streams_of(&self, row: &Opening) -> impl Iterator<Item = Stream> {
        let (id, feed) = self.feed_of(row);
        let label = feed.and_then(|feed| feed.group.clone()).map(Stream::Label);
        [Stream::All, Stream::Feed(id.to_owned())].into_iter().chain(label)
    }

    pub(super) fn is_in(&self, row: &Opening, stream: &Stream) -> bool {
        match stream {
            Stream::All => true,
            Stream::Read => self.marks.is_read(row),
            Stream::Unread => !self.marks.is_read(row),
            Stream::Starred => self.marks.starred.contains(&row.story),
            Stream::Feed(id) => self.feed_of(row).0 == id,
            Stream::Label(label) => {
                self.feed_of(row).1.and_then(|feed| feed.group.as_ref()) == Some(label)
            }
            Stream::Unknown => false,
        }
    }

    pub(super) fn with_numbers(&self, numbers: &HashSet<u64>) -> impl Iterator<Item = &Opening> {
        self.rows.iter().filter(|row| numbers.contains(&number_of(row.story)))
    }

    /// A page of a stream as the call asks for it, and the continuation if there is more.
    pub(super) fn page(
        &self,
        call: &Call,
        stream: &Stream,
        most: usize,
    ) -> (Vec<&Opening>, Option<String>) {
        let streams = |name| call.all(name).filter(|it| !it.is_empty()).map(Stream::parse);
        let (with, without): (Vec<_>, Vec<_>) = (streams("it").collect(), streams("xt").collect());
        let millis = |name| call.number(name).map(|it| it.saturating_mul(1000));
        let times = millis("ot").unwrap_or(0)..=millis("nt").unwrap_or(i64::MAX);
        let (is_oldest_first, after) = (call.first("r") == Some("o"), call.number("c"));
        let is_wanted = |row: &&Opening| {
            times.contains(&row.arrived)
                && after.is_none_or(|key| row.key != key && (row.key > key) == is_oldest_first)
                && self.is_in(row, stream)
                && with.iter().all(|it| self.is_in(row, it))
                && !without.iter().any(|it| self.is_in(row, it))
        };
        let mut rows: Vec<&Opening> = self.rows.iter().filter(is_wanted).collect();
        if is_oldest_first {
            rows.reverse();
        }
        let count = call.number("n").and_then(|it| it.try_into().ok()).unwrap_or(COUNT).min(most);
        let has_more = rows.len() > count;
        rows.truncate(count);
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|row| row.key.to_string());
        (rows, next)
    }
}

/// The key of the reader's marks in `wf_reading`.
fn key_of(Call { reader, .. }: &Call) -> String {
    let of_token = |name: &String| format!("token.{}", token::escape(name));
    reader.as_ref().map_or_else(|| "open".to_owned(), of_token)
}
