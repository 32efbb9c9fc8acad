//! The calls of reader apps, their streams, and the stories that a reader sees in them, by feed, group and mark.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use axum::extract::{FromRequest, Request};
use axum::http::header;
use url::form_urlencoded;

use crate::api::request::body_of;
use crate::api::{Api, ApiResult};
use crate::feeds::title_of;
use crate::projection::Opening;
use crate::reading::{Marks, Reader};
use crate::refusal::Refusal;

/// The most bytes of a body: a thousand ids, some times over.
const BODY: usize = 256 * 1024;

/// A call, with the fields of its query and its body. A field may occur several times.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) reader: Reader,
    fields: Vec<(String, String)>,
}

impl FromRequest<Api> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> ApiResult<Self> {
        // A page of another site can send a form, but not this header.
        let given = request.headers().get(header::AUTHORIZATION).map(|it| it.as_bytes());
        if !given.is_some_and(|it| it.to_ascii_lowercase().starts_with(b"googlelogin auth=")) {
            let why = "reader apps log in at accounts/ClientLogin and send what they get";
            return Err(Refusal::sign_in(why));
        }
        let reader = Reader::of(request.extensions());
        Ok(Self { api: api.clone(), reader, fields: fields_of(request).await? })
    }
}

impl Call {
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        first(&self.fields, name)
    }

    /// A whole number over zero; apps send empty ones and fractions too.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.first(name)?.split('.').next()?.parse().ok().filter(|it| *it > 0)
    }
}

pub(super) fn first<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// The fields of the query and of the form in the body.
pub(super) async fn fields_of(request: Request) -> ApiResult<Vec<(String, String)>> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = body_of(request, BODY).await?;
    let fields = [query.as_bytes(), &body].into_iter().flat_map(form_urlencoded::parse);
    Ok(fields.map(|(name, value)| (name.into(), value.into())).collect())
}

/// A list of items: what apps call a stream or a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    All,
    Read,
    Unread,
    Starred,
    Feed(String),
    Label(String),
    /// One that wirefold does not have, such as the items that others share. It is empty.
    Unknown,
}

impl Stream {
    /// Reads `feed/ID`, `user/USER/state/com.google/STATE` or `user/USER/label/GROUP`.
    pub(super) fn parse(text: &str) -> Self {
        if let Some(id) = text.strip_prefix("feed/") {
            return Self::Feed(id.to_owned());
        }
        let of_user = text.strip_prefix("user/").and_then(|text| text.split_once('/'));
        match of_user.and_then(|(_, rest)| rest.split_once('/')) {
            Some(("label", group)) => Self::Label(group.to_owned()),
            Some(("state", "com.google/reading-list")) => Self::All,
            Some(("state", "com.google/read")) => Self::Read,
            Some(("state", "com.google/unread")) => Self::Unread,
            Some(("state", "com.google/starred")) => Self::Starred,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self {
            Self::Feed(id) => return write!(f, "feed/{id}"),
            Self::Label(group) => return write!(f, "user/-/label/{group}"),
            Self::All => "reading-list",
            Self::Read => "read",
            Self::Unread => "unread",
            Self::Starred => "starred",
            Self::Unknown => "unknown",
        };
        write!(f, "user/-/state/com.google/{state}")
    }
}

/// The numbers that an app may mean by `tag:google.com,2005:reader/item/HEX`, its digits alone, or a decimal number.
/// Digits alone can be both, but no two stories have such numbers.
pub(super) fn parse_number(given: &str) -> impl Iterator<Item = u64> {
    let digits = given.rsplit('/').next().unwrap_or_default();
    let is_decimal = digits.len() == given.len();
    let decimal = is_decimal.then(|| digits.parse().ok()).flatten();
    [decimal, u64::from_str_radix(digits, 16).ok()].into_iter().flatten()
}

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
        let app = &call.api.app;
        let marks = call.reader.marks(app).await?;
        let feeds = app.feeds().await?;
        let ids = feeds.records().map(|record| record.feed.id.clone()).collect();
        let rows = app.projection.openings(ids, marks.starred()).await?;
        let feeds = feeds.records().map(|record| {
            let group = record.feed.group.clone().filter(|group| !group.is_empty());
            (record.feed.id.to_string(), Feed { group, title: title_of(record) })
        });
        let mut feeds: BTreeMap<String, Feed> = feeds.collect();
        if rows.iter().any(|row| row.feed.is_none()) {
            let other = Feed { title: "other articles".to_owned(), group: None };
            feeds.insert(OTHER.to_owned(), other);
        }
        Ok(Self { feeds, marks, rows })
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
            Stream::Starred => self.marks.is_starred(row.story),
            Stream::Feed(id) => self.feed_of(row).0 == id,
            Stream::Label(_) => self.streams_of(row).any(|it| it == *stream),
            Stream::Unknown => false,
        }
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
