//! An article as it is submitted, in any way.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::article::{ItemSource, Media};
use crate::ids::LanguageTag;

/// A submitted article: an item of a feed, a file, `POST /api/v1/articles` or a message on a NATS subject.
///
/// It does not say which site vouches for it: that depends on the way of submission, or on the `feed` that it
/// names.
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
    /// The plain text, with empty lines between paragraphs.
    pub text: String,
    /// The author, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The authors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// The publisher; absent: that of `source`, else the registrable domain of `url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// The publisher that a feed names for this item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<ItemSource>,
    /// The feed that it came through, by address or domain. Its site vouches for the publisher. Absent, or an
    /// id without a site: the sender vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// When it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Its language, as a BCP 47 tag in any case.
    #[serde(
        default,
        alias = "lang",
        deserialize_with = "in_any_case",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(length(max = 35))]
    pub language: Option<LanguageTag>,
    /// The teaser, plain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teaser: Option<String>,
    /// Images and enclosures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
}

/// Reads a tag such as `zh-CN`: tags have no case (RFC 5646, section 2.1.1).
fn in_any_case<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<LanguageTag>, D::Error> {
    let written = Option::<String>::deserialize(reader)?;
    written.map(|tag| tag.to_ascii_lowercase().parse().map_err(D::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_may_be_written_in_any_case() {
        let language = |written: &str| {
            let line = format!(r#"{{"text": "", {written}}}"#);
            serde_json::from_str::<SubmittedArticle>(&line).map(|article| article.language)
        };
        let chinese = Some("zh-cn".parse().expect("a tag"));
        assert_eq!(language(r#""lang": "zh-CN""#).unwrap(), chinese);
        assert_eq!(language(r#""language": null"#).unwrap(), None);
        let refused = language(r#""language": "zh_CN""#).unwrap_err().to_string();
        assert!(refused.contains('_'), "{refused}");
    }
}
