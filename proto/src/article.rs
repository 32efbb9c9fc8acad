//! `wirefold.article.fetched/2`: an article with its text, as it was fetched or pushed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::codec::{Tag, message};
use crate::ids::{ArticleId, FeedId, LanguageTag, Outlet};
use crate::streams::{self, Stream};
use crate::subjects::{Published, Subject};

/// The most bytes of an article's text. Longer texts are cut, and `truncated` is set.
pub const MAX_TEXT_BYTES: usize = 512 * 1024;

/// An article with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleFetched {
    /// `wirefold.article.fetched/2`.
    pub schema: Tag<Self>,
    /// The article's id.
    pub id: ArticleId,
    /// Everything about it except the text.
    pub article: AboutArticle,
    /// The plain text, with empty lines between paragraphs; empty if the item has none.
    pub text: String,
    /// The source of the text.
    pub text_source: TextSource,
}

message!(ArticleFetched = "wirefold.article.fetched" / 2);

impl Published for ArticleFetched {
    const STREAM: Stream = streams::FETCHED;

    /// That of the first feed.
    fn subject(&self) -> Subject {
        self.article.feeds.first().map_or_else(Subject::pushed, Subject::fetched)
    }

    fn message_id(&self) -> String {
        self.id.to_string()
    }
}

/// The data of an article without its text; the same in `article.fetched` and in the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AboutArticle {
    /// The publisher to which the text is attributed.
    pub outlet: Outlet,
    /// The site of the feed, if the outlet or the site of the page is another. Such an article is never a
    /// version of an article of the outlet's own. Absent: the outlet itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// The feeds that list it, first the one it came through; `push` for pushed articles.
    pub feeds: Vec<FeedId>,
    /// The item's key in its feed: the guid, else the canonical URL, else title and day.
    pub item_key: String,
    /// The link as the feed gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The link without parts for tracking and sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<String>,
    /// The title, plain.
    pub title: String,
    /// The authors as given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// The teaser of the feed, plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teaser: Option<String>,
    /// Whether the text was cut at 512 KiB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
    /// Whether its page says that it is not free to everybody; of that page only the lead is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paywalled: bool,
    /// The language that feed or page declares: a hint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_hint: Option<LanguageTag>,
    /// When it was published, as the publisher claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// The problem with the claimed time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_problem: Option<DateProblem>,
    /// When it was first seen here.
    pub seen: Timestamp,
    /// The article with the item's text before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_of: Option<ArticleId>,
    /// The original publisher, if the feed has items of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<ItemSource>,
    /// Images and enclosures, unchanged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// Whether it is of the baseline: indexed, but it never alerts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
    /// Whether an earlier text of its item was baseline: it opens an alert only if its change is material.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updates_baseline: bool,
    /// Whether its feed was above the budget of the hour. It is folded and shown like any other, but an alert
    /// about it alone waits until the end of the hour.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beyond_budget: bool,
}

impl AboutArticle {
    /// The year in which it was seen, in UTC.
    #[must_use]
    pub fn year(&self) -> u64 {
        u64::try_from(self.seen.to_zoned(TimeZone::UTC).year()).unwrap_or_default()
    }

    /// The site that versions, history and learned boilerplate belong to.
    #[must_use]
    pub fn authority(&self) -> &Outlet {
        self.via.as_ref().unwrap_or(&self.outlet)
    }

    /// Whether the feed is of the outlet's own site.
    #[must_use]
    pub fn is_outlets_own(&self) -> bool {
        *self.authority() == self.outlet
    }

    /// The outlet for people, with the site whose feed has the article if that is another: `bbc.co.uk via
    /// planet.example`.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// An outlet for people, with the site whose feed has the article if that is another.
#[must_use]
pub fn outlet_label(outlet: &Outlet, via: Option<&Outlet>) -> String {
    match via.filter(|via| *via != outlet) {
        Some(via) => format!("{outlet} via {via}"),
        None => outlet.to_string(),
    }
}

/// The origin of an article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextSource {
    /// The feed gives the full text.
    Feed,
    /// The feed gives only a teaser, and the page was not fetched.
    Teaser,
    /// The article's page.
    Page,
    /// A person or program submitted it: a file, standard input or a push.
    Given,
}

/// The problem with a claimed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DateProblem {
    /// There is no time.
    Missing,
    /// It is far in the future or before the web.
    Implausible,
    /// The feed gives an old item a new time.
    Redated,
}

/// The publisher that a feed names for one item, as in RSS `<source>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ItemSource {
    /// The name as the feed gives it.
    pub name: String,
    /// The address of the publisher's own feed or site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// An image or enclosure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Media {
    /// Its address.
    pub url: String,
    /// Its media type, such as `image/jpeg`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Its size in bytes, as the feed claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl AboutArticle {
    /// The names of its item, by which later versions find it: its own id, that of the version before, its
    /// page, and its key in its feed.
    ///
    /// The feed of another site makes no version of the outlet's own articles: there, all names begin with
    /// that site. Only the key in the feed is also used without it, for articles from before the site of the
    /// feed was known.
    #[must_use]
    pub fn item_names(&self, id: ArticleId) -> Vec<String> {
        let mut names = vec![id.to_string()];
        names.extend(self.version_of.map(|before| before.to_string()));
        names.extend(self.page().map(str::to_owned));
        let feed = self.feeds.first().map_or("", |feed| feed.as_str());
        let entry = format!("{}\u{1f}{feed}\u{1f}{}", self.outlet, self.item_key);
        let Some(via) = &self.via else {
            names.push(entry);
            return names;
        };
        names.push(entry.clone());
        names.iter_mut().for_each(|name| *name = format!("{via}\u{1f}{name}"));
        names.push(entry);
        names
    }

    /// Its page, as a name of an item of its site.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.canonical_url.as_deref().or(self.url.as_deref())
    }

    /// The outlet whose pages have the boilerplate; `None` for files, which have no site.
    #[must_use]
    pub fn site(&self) -> Option<&str> {
        (!self.outlet.is_local()).then_some(self.outlet.as_str())
    }

    /// The claimed time of publication, unless it has a problem.
    #[must_use]
    pub fn plausible_time(&self) -> Option<Timestamp> {
        self.published.filter(|_| self.date_problem != Some(DateProblem::Implausible))
    }
}

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
