//! The sources of articles: feeds, files, folders.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FeedId, FullText, Interval, ItemIdentity, Outlet};

use super::value::{Address, Selector};

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedConfig {
    /// Its name in commands and addresses: lower-case letters, digits, `.`, `-`, `_`. Without it,
    /// the address gives the name. A feed with another name is another feed.
    pub(crate) id: Option<FeedId>,
    /// Its address.
    pub(crate) url: Address,
    /// Its title; by default the one that the feed gives.
    pub(crate) title: Option<String>,
    /// Its publisher; by default the domain of each article.
    pub(crate) outlet: Option<Outlet>,
    /// The site that it speaks for: the versions and history of its items belong to that site. `nobody` for a
    /// list of other sites' items. By default wirefold finds the site at the first poll: the domain of the
    /// feed's address, or the site that its items link to if that site names the feed.
    pub(crate) speaks_for: Option<Outlet>,
    /// The group that lists show it in.
    pub(crate) group: Option<String>,
    /// Whether article pages are fetched for their text: `auto`, `on` or `off`. Default: `full_text` at the
    /// top.
    pub(crate) full_text: Option<FullText>,
    /// How to identify its items: by `guid`, the id that the feed gives them; by `link`; or by `title`, with
    /// the day. `auto` uses the id until it turns out to change or to repeat.
    #[serde(default)]
    pub(crate) identity: ItemIdentity,
    /// A CSS selector for the element that holds the article, for pages where wirefold finds the wrong text.
    /// wirefold reads a page without that element as usual, and `feed ls --problems` names the feed. Try it
    /// with `wirefold feed extract --article-selector`.
    pub(crate) article_selector: Option<Selector>,
    /// CSS selectors for elements of its pages that belong to no article, such as calls to
    /// subscribe.
    #[serde(default)]
    pub(crate) remove_selectors: Vec<Selector>,
}

/// A remote list of feeds (OPML). wirefold keeps your feeds in step with it: it adds and removes
/// feeds as the list changes. A feed that another list or a `[[feed]]` names too stays. Feeds that
/// you added, changed or removed by hand stay as you left them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpmlConfig {
    /// Its address.
    pub(crate) url: Address,
    /// The time between two downloads of the list.
    #[serde(default = "OpmlConfig::interval")]
    pub(crate) interval: Interval,
    /// Whether article pages of its feeds are fetched for their text: `auto`, `on` or `off`. Without
    /// it, the list decides for each feed, and `full_text` at the top where the list does not.
    pub(crate) full_text: Option<FullText>,
}

impl OpmlConfig {
    fn interval() -> Interval {
        Interval::from_seconds(24 * 3600)
    }
}

/// A file or folder that articles are read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceConfig {
    /// The file or folder. A relative path in a file of settings is relative to that file's folder. Text
    /// files are one article each; `.jsonl` holds one a line; `.xml`, `.rss` and `.atom` are feeds.
    pub(crate) path: PathBuf,
    /// `folder` is watched for files, `file` is read once. Default: as the path is.
    pub(crate) kind: Option<SourceKind>,
    /// The publisher of articles that do not name one. Only for texts of one publisher: wirefold takes text
    /// that one outlet repeats for boilerplate, which counts for nothing. If you set it for a folder with
    /// texts of several publishers, some copies do not fold, even though `why`, which sees only
    /// two texts, calls them copies. Leave it out there, or name the outlet of each text in a `.jsonl` file.
    pub(crate) outlet: Option<Outlet>,
}

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    /// Watched for files.
    Folder,
    /// Read once.
    File,
}
