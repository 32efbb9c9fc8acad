//! Settings of feeds and subscriptions in commands. They contain no secrets: they name deliveries, which are
//! configured where they run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FeedId, Outlet, SubscriptionId};
use crate::interval::Interval;
use crate::words::words;

/// A feed and how to poll it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedSettings {
    /// Its id.
    pub id: FeedId,
    /// Its address.
    pub url: String,
    /// Its title; absent: what the feed says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher; absent: the registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlet: Option<Outlet>,
    /// The site that it speaks for, `nobody` for an aggregator; absent: found at its first poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaks_for: Option<Outlet>,
    /// The group it is listed under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether article pages are fetched.
    #[serde(default)]
    pub full_text: FullText,
    /// What tells its items apart; absent: what proves to last.
    #[serde(default, skip_serializing_if = "ItemIdentity::is_auto")]
    pub identity: ItemIdentity,
    /// A CSS selector for the element that holds the article on its pages; absent: found by rule.
    #[serde(default, alias = "article", skip_serializing_if = "Option::is_none")]
    pub article_selector: Option<String>,
    /// CSS selectors for elements of its pages that belong to no article.
    #[serde(default, alias = "remove", skip_serializing_if = "Vec::is_empty")]
    pub remove_selectors: Vec<String>,
}

impl FeedSettings {
    /// A feed of which nothing is said but its address.
    #[must_use]
    pub fn new(id: FeedId, url: impl Into<String>) -> Self {
        Self {
            id,
            url: url.into(),
            title: None,
            outlet: None,
            speaks_for: None,
            group: None,
            full_text: FullText::default(),
            identity: ItemIdentity::default(),
            article_selector: None,
            remove_selectors: Vec::new(),
        }
    }
}

/// What tells the items of a feed apart.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ItemIdentity {
    /// The id that the feed gives them, until it proves to change or to repeat.
    #[default]
    Auto,
    /// The id that the feed gives them.
    Guid,
    /// Their link.
    Link,
    /// Their title, and the day.
    Title,
}

impl ItemIdentity {
    /// Whether it is left to wirefold.
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// Whether article pages are fetched for their text.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum FullText {
    /// Where the feed only teases and the site allows it.
    #[default]
    Auto,
    /// Always, where the site allows it.
    On,
    /// Never.
    Off,
}

words!(FullText: Auto = "auto", On = "on", Off = "off");

/// A saved query with its delivery settings. What is absent has the alerter's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionSettings {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name for people.
    pub name: String,
    /// The query in wirefold's query language.
    pub query: String,
    /// What one alert is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<GroupBy>,
    /// What notifies, such as `new`, `origins+2`, `velocity>5/10m`, `material`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// Outlets needed before it notifies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_outlets: Option<u32>,
    /// Separately written texts needed before it notifies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_origins: Option<u32>,
    /// How long the first message waits for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_wait: Option<Interval>,
    /// The shortest time between two revisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_interval: Option<Interval>,
    /// When the same state is told again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<Interval>,
    /// When messages are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// The IANA time zone of its digests and days where it has no quiet hours; absent: that of the
    /// quiet hours, else UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// What notifies in quiet hours all the same, such as `outlets>=10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_quiet: Option<String>,
    /// The most loud messages a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_day: Option<u32>,
    /// Where one of these subscriptions has notified of the same event or story, this one is silent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibited_by: Vec<SubscriptionId>,
    /// Gather messages into digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The names of the deliveries it goes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<String>,
}

impl SubscriptionSettings {
    /// A subscription with the alerter's defaults throughout.
    #[must_use]
    pub fn new(id: SubscriptionId, name: impl Into<String>, query: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            query: query.into(),
            group_by: None,
            on: Vec::new(),
            min_outlets: None,
            min_origins: None,
            group_wait: None,
            update_interval: None,
            repeat_interval: None,
            quiet_hours: None,
            time_zone: None,
            break_quiet: None,
            max_per_day: None,
            inhibited_by: Vec::new(),
            digest: None,
            deliveries: Vec::new(),
        }
    }
}

/// What one alert is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// An event.
    Event,
    /// A story.
    Story,
}

words!(GroupBy: Event = "event", Story = "story");

/// A time of day in which messages are held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuietHours {
    /// From when, such as `22:00`.
    pub from: String,
    /// To when, such as `07:00`; earlier than `from`: on the next day.
    pub to: String,
    /// The IANA time zone, such as `Europe/Berlin`.
    pub time_zone: String,
}

/// How often a digest is sent.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Digest {
    /// Every hour.
    Hourly,
    /// Every day.
    Daily,
    /// Every week.
    Weekly,
}

words!(Digest: Hourly = "hourly", Daily = "daily", Weekly = "weekly");
