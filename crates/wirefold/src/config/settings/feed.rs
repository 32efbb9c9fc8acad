//! Where articles come from: feeds, files, folders.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FeedId, FullText, Interval, ItemIdentity, Outlet};

use super::value::{Address, Selector};

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedConfig {
    /// Its name in commands and addresses: lower-case letters, digits, `.`, `-`, `_`. Else it is
    /// made of the address. Under another name it is another feed.
    #[serde(default)]
    pub(crate) id: Option<FeedId>,
    /// Its address.
    pub(crate) url: Address,
    /// Its title; else what the feed says.
    #[serde(default)]
    pub(crate) title: Option<String>,
    /// Its publisher; else the domain of each article.
    #[serde(default)]
    pub(crate) outlet: Option<Outlet>,
    /// The group that it is listed under.
    #[serde(default)]
    pub(crate) group: Option<String>,
    /// Whether article pages are fetched for their text: `auto`, `on` or `off`; else what
    /// `full_text` at the top says.
    #[serde(default)]
    pub(crate) full_text: Option<FullText>,
    /// What tells its items apart: `guid`, the id that the feed gives them; `link`; `title` with the
    /// day. `auto` takes the id until it proves to change or to repeat.
    #[serde(default)]
    pub(crate) identity: ItemIdentity,
    /// Where the article stands on its pages, where it is not found well by itself; a page without
    /// it is read as usual, and `feed ls --problems` says so. Try it with `wirefold extract
    /// --article`.
    #[serde(default)]
    pub(crate) article: Option<Selector>,
    /// What on its pages belongs to no article, such as calls to subscribe.
    #[serde(default)]
    pub(crate) remove: Vec<Selector>,
}

/// A list of feeds (OPML) at an address, which is kept in sync: what it names is polled, and what it
/// names no more leaves, unless another list or a `[[feed]]` has it. Feeds that were added by hand
/// are left alone, and so are those of the list that were changed or removed by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpmlConfig {
    /// Its address.
    pub(crate) url: Address,
    /// How often it is asked for.
    #[serde(default = "OpmlConfig::every")]
    pub(crate) every: Interval,
    /// Whether article pages of its feeds are fetched for their text, whatever the list says: `auto`,
    /// `on` or `off`; else what the list says of a feed, else what `full_text` at the top says.
    #[serde(default)]
    pub(crate) full_text: Option<FullText>,
}

impl OpmlConfig {
    fn every() -> Interval {
        Interval::from_seconds(24 * 3600)
    }
}

/// A file or folder that articles are read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceConfig {
    /// The file or folder. In a file of settings it begins at that file's folder. Text files are
    /// one article each; `.jsonl` holds one a line; `.xml`, `.rss` and `.atom` are feeds.
    pub(crate) path: PathBuf,
    /// `folder` is watched for files, `file` is read once; else what stands there decides.
    #[serde(default)]
    pub(crate) kind: Option<SourceKind>,
    /// The publisher of what does not name one. Only for texts of one publisher: what several texts
    /// of one outlet print is taken for page furniture and counts for nothing, so that in a folder
    /// of several publishers' texts some copies do not fold, though `why` and `compare`, which see
    /// only two texts, find them to be one. Leave it out there, or name the outlet of each text in
    /// a `.jsonl` file.
    #[serde(default)]
    pub(crate) outlet: Option<Outlet>,
}

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    /// Watched for files.
    Folder,
    /// Read once.
    File,
}
