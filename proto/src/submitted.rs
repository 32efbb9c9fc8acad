//! An article as somebody submits it, in whichever way.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::{ItemSource, Media};
use crate::ids::LanguageTag;

/// An article as it is given: by a feed's item, a file, `POST /api/v1/articles` or a NATS subject.
///
/// It says nothing of who vouches for it: that is the way it came in, or the `feed` that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmittedArticle {
    /// The item's id at the sender; the same id with another text is a new version. Absent: its link,
    /// else its title and day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text, plain, paragraphs parted by an empty line.
    pub text: String,
    /// The author, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The authors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// The publisher; absent: that of `source`, else the registrable domain of `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// The publisher as a feed names it for one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ItemSource>,
    /// The feed that it came through, by its address or domain: that site says whose text it is.
    /// Absent, or an id without a site: whoever gives it vouches for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Its language.
    #[serde(default, alias = "lang", skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageTag>,
    /// The teaser, plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teaser: Option<String>,
    /// Images and enclosures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
}
