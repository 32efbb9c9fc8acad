//! Feeds: their state, adding and probing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FeedId, FeedRecord, FullText, ItemIdentity, ListRecord, Outlet, Tag};

/// `GET /api/v1/feeds`: every feed with its settings and health, by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedList {
    /// `wirefold.api.feeds/2`.
    pub schema: Tag<Self>,
    /// The feeds.
    pub feeds: Vec<FeedRecord>,
    /// The ids of the feeds with a command that is not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// The lists of feeds (OPML) that are kept in sync, by address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListRecord>,
}

/// `POST /api/v1/feeds`: a feed to poll. The same id again changes its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedAddition {
    /// Its id; absent: made from the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<FeedId>,
    /// Its address.
    pub url: String,
    /// Its title; absent: the title that the feed gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher; absent: the registrable domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<Outlet>,
    /// The site that it speaks for, `nobody` for an aggregator; absent: found at its first poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaks_for: Option<Outlet>,
    /// The group that lists show it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether article pages are fetched.
    #[serde(default)]
    pub full_text: FullText,
    /// How its items are identified. By default wirefold finds out.
    #[serde(default, skip_serializing_if = "ItemIdentity::is_auto")]
    pub identity: ItemIdentity,
    /// A CSS selector for the element that holds the article on its pages; absent: found by rule.
    #[serde(default, alias = "article", skip_serializing_if = "Option::is_none")]
    pub article_selector: Option<String>,
    /// CSS selectors for elements of its pages that belong to no article.
    #[serde(default, alias = "remove", skip_serializing_if = "Vec::is_empty")]
    pub remove_selectors: Vec<String>,
}

/// `POST /api/v1/feeds/{id}/backfill`: how much of its archive is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BackfillRequest {
    /// The most pages that are read, from 1 to 1,000; absent: 20.
    pub pages: u32,
    /// The most items that are read, from 1 to 100,000; absent: 1,000.
    pub items: u32,
}

impl Default for BackfillRequest {
    fn default() -> Self {
        Self { pages: 20, items: 1_000 }
    }
}

/// `POST /api/v1/feeds/probe`: an address to examine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProbeRequest {
    /// The address of a feed, or of a page that names one.
    pub url: String,
    /// Whether the address is read as a list of feeds (OPML).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// Whether only this address is requested, even if it is a page that names no feed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub here_only: bool,
}

/// The result of examining an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProbeReport {
    /// `wirefold.api.probe/1`.
    pub schema: Tag<Self>,
    /// The result, as the fetcher reports it.
    pub found: serde_json::Value,
}

super::api_message!(FeedList = "feeds" / 2, ProbeReport = "probe");
