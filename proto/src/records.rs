//! The records in the key-value buckets: the state of feeds, of lists of feeds, of subscriptions and of stories.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{Tag, message};
use crate::feed_finding::{FeedFinding, FeedSite};
use crate::ids::{ArticleId, EventId, FeedId, LanguageTag, Outlet, StoryId, Target};
use crate::settings::{FeedSettings, SubscriptionSettings};
use crate::story::is_zero;
use crate::{agency::Agency, article::outlet_label};

/// A feed with its settings and health: `wf_feeds`, key `feed.<escaped feed id>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedRecord {
    /// `wirefold.feed/2`.
    pub schema: Tag<Self>,
    /// The settings in force.
    pub feed: FeedSettings,
    /// The file and line that define it, such as `wirefold.toml:14`. Such a feed can only be changed there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// The lists (`[[opml]]`) with this feed, by address. A feed that no file defines is removed with its
    /// last list. Feeds that people added by hand have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// The title as the feed gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_title: Option<String>,
    /// Its state.
    pub health: FeedHealth,
    /// The last error, for people; absent while all is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// When the first of these failures was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it was set aside, since wirefold crashed twice while reading it. It is not polled until somebody
    /// brings it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<Timestamp>,
    /// Findings for the operator, the most urgent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FeedFinding>,
    /// The new address that its host reports for good; it is polled there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The feed that is polled at the same address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<FeedId>,
    /// When it was polled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_poll: Option<Timestamp>,
    /// When it was last read without an error, 304 included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Timestamp>,
    /// When it last had a new item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_new: Option<Timestamp>,
    /// When it is polled next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poll: Option<Timestamp>,
    /// The current number of seconds between two polls.
    pub interval_seconds: u32,
    /// Articles that came from it.
    #[serde(default)]
    pub articles: u64,
    /// How many of its items are teasers; absent before the first successful poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teasers: Option<Teasers>,
    /// The site that it speaks for; absent before the first successful poll with items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<FeedSite>,
    /// The validator `ETag`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The validator `Last-Modified`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl FeedRecord {
    /// The record of a feed that has not been polled yet.
    #[must_use]
    pub fn waiting(feed: FeedSettings, managed_by: Option<String>, interval_seconds: u32) -> Self {
        Self { feed, managed_by, interval_seconds, ..Self::default() }
    }
}

impl FeedRecord {
    /// Whether it has a problem or a finding.
    #[must_use]
    pub fn needs_a_look(&self) -> bool {
        let fails = matches!(self.health, FeedHealth::Failing | FeedHealth::Gone);
        fails || self.problem.is_some() || !self.findings.is_empty()
    }

    /// Its problems for people in one line: its last error, or otherwise its findings. Empty if there are
    /// none.
    #[must_use]
    pub fn describe(&self) -> String {
        let findings = || self.describe_findings().map(|(_, words)| words).collect::<Vec<_>>();
        self.problem.clone().unwrap_or_else(|| findings().join("; "))
    }

    /// Each finding in words, with details of this feed.
    pub fn describe_findings(&self) -> impl Iterator<Item = (FeedFinding, String)> {
        self.findings.iter().map(|finding| {
            let words = match (finding, &self.site, &self.duplicate_of, &self.moved_to) {
                (FeedFinding::SpeaksForOthers, Some(site), ..) => site.describe(&self.feed.id),
                (FeedFinding::Duplicate, _, Some(other), _) => {
                    format!("the same address as {other}: remove one of them")
                }
                (FeedFinding::Moved, _, _, Some(to)) => format!("has moved for good to {to}"),
                (other, ..) => other.describe().to_owned(),
            };
            (*finding, words)
        })
    }
}

message!(FeedRecord = "wirefold.feed" / 2);

/// The state of a feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedHealth {
    /// Not polled yet.
    #[default]
    Waiting,
    /// The last poll succeeded.
    Good,
    /// Polls fail; it is polled less and less often.
    Failing,
    /// Its host answered that it is gone for good.
    Gone,
}

/// The share of teasers among a feed's items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Teasers {
    /// Items with fewer than 80 words of text.
    pub teasers: u32,
    /// All items listed.
    pub items: u32,
}

impl Teasers {
    /// Whether most of its items are teasers.
    #[must_use]
    pub fn is_teasing(self) -> bool {
        self.items > 0 && self.teasers * 2 > self.items
    }
}

/// A remote list of feeds and its state: `wf_feeds`, key `list.<escaped address>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListRecord {
    /// `wirefold.list/2`.
    pub schema: Tag<Self>,
    /// Its address.
    pub url: String,
    /// The file and line that define it, such as `wirefold.toml:14`.
    pub managed_by: String,
    /// The last error, for people; absent while all is well. It removes no feed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Failures in a row.
    #[serde(default)]
    pub failures: u32,
    /// When the first of these failures was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it was last requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_poll: Option<Timestamp>,
    /// When it was last read without an error, 304 included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<Timestamp>,
    /// When it is requested next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_poll: Option<Timestamp>,
    /// The seconds between two requests.
    pub interval_seconds: u32,
    /// How many feeds it named when it was last read.
    #[serde(default)]
    pub feeds: u32,
    /// The addresses, without scheme, of feeds that somebody changed or removed by hand while the
    /// list named them. The list no longer adds, changes or removes these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manual_overrides: Vec<String>,
    /// The validator `ETag`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The validator `Last-Modified`, opaque, as it came with the last good answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl ListRecord {
    /// The record of a list that has not been requested yet.
    #[must_use]
    pub fn waiting(url: impl Into<String>, managed_by: String, interval_seconds: u32) -> Self {
        Self { url: url.into(), managed_by, interval_seconds, ..Self::default() }
    }
}

message!(ListRecord = "wirefold.list" / 2);

/// A subscription in force: `wf_subscriptions`, key `subscription.<escaped subscription id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubscriptionRecord {
    /// `wirefold.subscription/2`.
    pub schema: Tag<Self>,
    /// The settings in force, with defaults.
    pub subscription: SubscriptionSettings,
    /// The file and line that define it, such as `wirefold.toml:14`. Such a subscription can only be changed
    /// there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<String>,
    /// The end of its mute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub muted_until: Option<Timestamp>,
    /// The problem with it, such as a query that cannot be parsed. Then it does not alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Alerts it has opened.
    #[serde(default)]
    pub alerts: u64,
    /// Copies in the stories of these alerts.
    #[serde(default)]
    pub copies_folded: u64,
    /// Its alerts with news that waits; at most the 50 that have waited longest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<WaitingAlert>,
}

message!(SubscriptionRecord = "wirefold.subscription" / 2);

/// An alert with news that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingAlert {
    /// Its event or story.
    pub target: Target,
    /// The articles that wait; at most the 20 newest.
    pub articles: Vec<ArticleId>,
    /// Why they wait, such as `update_interval`.
    pub why: String,
    /// Until when.
    pub until: Timestamp,
}

/// The state of a story: `wf_stories`, key `story.<story id>`. A merged story is deleted there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryRecord {
    /// `wirefold.story/1`.
    pub schema: Tag<Self>,
    /// The story.
    #[serde(flatten)]
    pub story: StoryBrief,
}

message!(StoryRecord = "wirefold.story" / 1);

impl StoryBrief {
    /// The outlet for people, with the site whose feed has the article if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// A story without its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryBrief {
    /// Its id.
    pub id: StoryId,
    /// Its event.
    pub event: EventId,
    /// Its lead.
    pub lead: ArticleId,
    /// The title of the lead's newest version.
    pub title: String,
    /// The language of that title.
    pub language: LanguageTag,
    /// The lead's outlet.
    pub outlet: Outlet,
    /// The site whose feed has the article, if that is not the outlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// The link of that version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its articles, versions included.
    pub articles: u32,
    /// Its outlets.
    pub outlets: u32,
    /// Its articles folded as copies, without versions.
    pub copies: u32,
    /// Its articles that are later versions of another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub versions: u32,
    /// When its first article was seen here.
    pub first_seen: Timestamp,
    /// When its last article was seen here.
    pub changed: Timestamp,
    /// The agency behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Its revision, as counted by the detector.
    pub revision: u64,
    /// Whether it takes no more articles.
    pub quiet: bool,
}
