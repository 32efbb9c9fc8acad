//! `wirefold.list/2`: a remote OPML list that wirefold keeps your feeds in step with.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::tag::Tag;

/// A remote list of feeds and its state: `wf_feeds`, key `list.<escaped address>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListRecord {
    /// `wirefold.list/2`.
    pub schema: Tag<Self>,
    /// Its address.
    pub url: String,
    /// The file and line that define it, such as `wirefold.toml:14`.
    pub managed_by: String,
    /// The last error, for people; absent while all is well. It removes no feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// When the first of these failures was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it was last requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_poll: Option<Timestamp>,
    /// When it was last read without an error, 304 included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Timestamp>,
    /// When it is requested next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poll: Option<Timestamp>,
    /// The seconds between two requests.
    pub interval_seconds: u32,
    /// How many feeds it named when it was last read.
    #[serde(default)]
    pub feeds: u32,
    /// The addresses, without scheme, of feeds that somebody changed or removed by hand while the
    /// list named them. The list no longer adds, changes or removes these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manual_overrides: Vec<String>,
    /// The validator `ETag`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The validator `Last-Modified`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl ListRecord {
    /// The record of a list that has not been requested yet.
    #[must_use]
    pub fn waiting(url: impl Into<String>, managed_by: String, interval_seconds: u32) -> Self {
        Self {
            schema: Tag::new(),
            url: url.into(),
            managed_by,
            problem: None,
            failures: 0,
            failing_since: None,
            last_poll: None,
            last_good: None,
            next_poll: None,
            interval_seconds,
            feeds: 0,
            manual_overrides: Vec::new(),
            etag: None,
            last_modified: None,
        }
    }
}

message!(ListRecord = "wirefold.list" / 2);
