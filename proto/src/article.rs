//! `wirefold.article.fetched/2`: an article with its text, as it was fetched or pushed.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::ids::{ArticleId, FeedId, LanguageTag, Outlet};
use crate::published::Published;
use crate::streams::{self, Stream};
use crate::subjects::Subject;
use crate::tag::Tag;

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
