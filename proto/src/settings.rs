//! Settings of feeds and subscriptions in commands. They contain no secrets: they name deliveries, which are
//! configured where they run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FeedId, Outlet, SubscriptionId};
use crate::interval::{Escalation, Interval};
use crate::string_form::words;

/// A feed and how to poll it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedSettings {
    /// Its id.
    pub id: FeedId,
    /// Its address.
    pub url: String,
    /// Its title; absent: from the feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher; absent: the registrable domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlet: Option<Outlet>,
    /// The site that it speaks for, `nobody` for an aggregator; absent: determined at its first poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaks_for: Option<Outlet>,
    /// The group it is listed under.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Whether its silence is a health condition.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub priority: bool,
    /// Whether article pages are fetched.
    #[serde(default)]
    pub full_text: FullText,
    /// How its items are identified; by default by the property that proves stable.
    #[serde(default, skip_serializing_if = "ItemIdentity::is_auto")]
    pub identity: ItemIdentity,
    /// A CSS selector for the element with the article on its pages; absent: found by rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_selector: Option<String>,
    /// CSS selectors for elements of its pages that do not belong to an article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_selectors: Vec<String>,
    /// The most seconds that a request for it may take; absent: 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

impl FeedSettings {
    /// A feed with an address and defaults.
    #[must_use]
    pub fn new(id: FeedId, url: impl Into<String>) -> Self {
        Self { id, url: url.into(), ..Self::default() }
    }
}

/// How the items of a feed are identified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemIdentity {
    /// By the id in the feed, until it changes or repeats.
    #[default]
    Auto,
    /// By the id in the feed.
    Guid,
    /// By their link.
    Link,
    /// By their title and day.
    Title,
}

impl ItemIdentity {
    /// Whether it is [`Auto`](Self::Auto).
    #[must_use]
    pub fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// Whether article pages are fetched for their text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FullText {
    /// If the feed has teasers and the site allows it.
    #[default]
    Auto,
    /// Always, if the site allows it.
    On,
    /// Never.
    Off,
}

words!(FullText: Auto = "auto", On = "on", Off = "off");

/// A saved query with its delivery settings. Absent values have the alerter's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionSettings {
    /// Its id.
    pub id: SubscriptionId,
    /// Its name for people.
    pub name: String,
    /// The query in wirefold's query language.
    pub query: String,
    /// Whether an alert is about an event or a story.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_by: Option<GroupBy>,
    /// The changes that notify, such as `new`, `origins+2`, `velocity>5/10m`, `material`.
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
    /// After what time an alert without news is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat_interval: Option<Interval>,
    /// The delivery that also gets an alert if nobody acknowledges it in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// When messages are held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// The IANA time zone of its digests and days; absent: that of the quiet hours, else UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The condition that notifies even in quiet hours, such as `outlets>=10`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub break_quiet: Option<String>,
    /// The most loud messages a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_day: Option<u32>,
    /// If one of these subscriptions has notified of the same event or story, this one is silent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inhibited_by: Vec<SubscriptionId>,
    /// Gather messages into digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Whether the events of its alerts are kept as `keep.alerts` says. Default: yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<bool>,
    /// The names of the deliveries it goes to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<String>,
}

impl SubscriptionSettings {
    /// The triggers of a subscription whose `on` is empty.
    pub const DEFAULT_ON: [&str; 2] = ["new", "material"];

    /// A subscription with the alerter's defaults.
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
            escalation: None,
            quiet_hours: None,
            time_zone: None,
            break_quiet: None,
            max_per_day: None,
            inhibited_by: Vec::new(),
            digest: None,
            keep: None,
            deliveries: Vec::new(),
        }
    }

    /// All deliveries that it names, that of its escalation last.
    pub fn named_deliveries(&self) -> impl Iterator<Item = &String> {
        self.deliveries.iter().chain(self.escalation.iter().map(|escalation| &escalation.to))
    }
}

/// Whether an alert is about an event or a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
