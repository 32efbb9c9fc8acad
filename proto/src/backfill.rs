//! `wirefold.backfill/2`: the progress of the backfill of a feed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::ids::FeedId;
use crate::tag::Tag;

/// The backfill of a feed (RFC 5005): `wf_feeds`, key `backfill.<escaped feed id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// `wirefold.backfill/2`.
    pub schema: Tag<Self>,
    /// The feed.
    pub feed: FeedId,
    /// The id of its command.
    pub command: String,
    /// The most pages that are read.
    pub most_pages: u32,
    /// The most items that are read.
    pub most_items: u32,
    /// Pages of the archive that were read.
    pub pages: u32,
    /// Items on these pages.
    pub items: u32,
    /// Articles that were published. Duplicates do not count.
    pub articles: u64,
    /// When the oldest of the items was published, as the feed claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Timestamp>,
    /// The addresses of the pages that were read, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The address of the next page; absent before the feed has named one, and at the end of the archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// Why it ended; absent while it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<BackfillEnd>,
    /// The failure, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

message!(Backfill = "wirefold.backfill" / 2);

/// Why a backfill ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackfillEnd {
    /// The last page of the archive was read.
    Complete,
    /// The feed names no older items.
    NoArchive,
    /// The limit of pages was reached.
    PageLimit,
    /// The limit of items was reached.
    ItemLimit,
    /// The next page was read before.
    Loop,
    /// The next page is on another site, or is not encrypted while the feed is.
    OtherSite,
    /// A page could not be read.
    Failed,
}

impl BackfillEnd {
    /// A few words for people.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Complete => "the whole archive was read",
            Self::NoArchive => "the feed names no older items (RFC 5005)",
            Self::PageLimit => "there is more: ask for more --pages",
            Self::ItemLimit => "there is more: ask for more --items",
            Self::Loop => "its pages lead back to one that was already read",
            Self::OtherSite => "the next page is on another site, or not encrypted",
            Self::Failed => "a page could not be read",
        }
    }
}
