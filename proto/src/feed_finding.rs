//! Findings about feeds, by name and in words, and the site that a feed speaks for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{FeedId, Outlet};

/// A finding about a feed, whether its polls succeed or not.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FeedFinding {
    /// It has failed for so long that it is polled only once a month.
    Dead,
    /// Its host allows only browsers, or requires a login.
    Blocked,
    /// There is no feed at its address, or none that can be read.
    Broken,
    /// Its host cannot be reached, or fails.
    Unreachable,
    /// Its polls succeed, but it has had nothing new for far longer than usual.
    Silent,
    /// Its content ends in the middle.
    Truncated,
    /// Its `article_selector` finds nothing on most of the last pages.
    ArticleSelectorUnmatched,
    /// Its site shows most pages only to browsers, after a login or after consent, or shows something else.
    OtherPages,
    /// The ids of its items change from one poll to the next, or repeat.
    ChangingIds,
    /// Its host reports no change although something has changed.
    UnreliableValidators,
    /// Most of its items have no readable date.
    Undated,
    /// Some of its dates are written in an unreadable form.
    UnreadDates,
    /// Its items are attributed to one other site, which does not name it.
    SpeaksForOthers,
    /// Another feed is polled at the same address.
    Duplicate,
    /// Its host reports that it has moved for good.
    Moved,
    /// It sends more in an hour than its budget or its site's allows.
    OverBudget,
}

impl FeedFinding {
    /// Its name in records and docs, such as `unread-dates`.
    #[must_use]
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// A few words for people, with advice.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Dead => "given up: polled once a month; remove it or correct its address",
            Self::Blocked => {
                "only browsers or logins are allowed: ask its publisher, or see [[access]]"
            }
            Self::Broken => {
                "no feed at its address, or none that can be read: check it with `feed test`"
            }
            Self::Unreachable => "its host cannot be reached or fails: it is tried again",
            Self::Silent => "silent for far longer than usual: check whether it has moved",
            Self::Truncated => "breaks off in the middle: wirefold reads the part before",
            Self::ArticleSelectorUnmatched => {
                "`article_selector` finds nothing on most pages, which are read as usual: try \
                 another with `wirefold feed extract --article-selector`"
            }
            Self::OtherPages => {
                "its pages are walls for robots, cookies or logins, empty, or about something else: its items keep the text of the feed; \
                 see [[access]], or set `full_text = \"off\"`"
            }
            Self::ChangingIds => "its ids change or repeat: link or title identifies its items",
            Self::UnreliableValidators => {
                "reports no change although there is one: wirefold requests the whole feed"
            }
            Self::Undated => "most items have no date: wirefold uses the time of first sight",
            Self::UnreadDates => {
                "some of its dates cannot be read: wirefold uses the time at which it first saw these items; `feed test` shows one"
            }
            Self::SpeaksForOthers => {
                "its items link to a site that does not name this feed: name its site with `feed set --speaks-for`"
            }
            Self::Duplicate => "the same address as another feed: remove one of them",
            Self::Moved => "has moved for good: put the new address into its settings",
            Self::OverBudget => "over its budget: alerts of the rest are held, see [budget]",
        }
    }
}

/// The value of `speaks_for` for a feed that speaks only for itself.
pub const NOBODY: &str = "nobody";

/// The site that a feed speaks for, and how it was determined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedSite {
    /// The site that versions, history and boilerplate of the feed's items belong to.
    pub authority: Outlet,
    /// How it was determined.
    pub how: SiteProof,
    /// The publisher of most of its items, if nine in ten have the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leading: Option<Outlet>,
    /// How many items have that publisher.
    pub items: u32,
    /// How many items there were.
    pub of: u32,
    /// How many sites its items are attributed to.
    pub sites: u32,
    /// The address that answered. If it changes, the site is determined again.
    pub address: String,
}

/// How the site of a feed was determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SiteProof {
    /// By the operator.
    Operator,
    /// Its items are of the site of its own address.
    Own,
    /// Its items are of another site of the same publisher.
    SameOwner,
    /// The site that its items lead to names the feed.
    NamedBack,
    /// Its items are attributed to one other site, which does not name it: it speaks only for itself.
    Unproven,
    /// Its items are of many sites: it speaks only for itself.
    Aggregator,
}

impl FeedSite {
    /// The result, for people.
    #[must_use]
    pub fn describe(&self, feed: &FeedId) -> String {
        let Self { authority, leading, items, of, .. } = self;
        let lead = |site: &Outlet| format!("{items} of {of} items lead to {site}");
        let itself = match authority.as_str().starts_with("feed:") {
            true => "itself",
            false => authority.as_str(),
        };
        match (self.how, leading) {
            (SiteProof::Operator, _) => format!("speaks for {itself}, as you say"),
            (SiteProof::Unproven, Some(leading)) => format!(
                "{}, which does not name this feed: it speaks for {itself} only; `wirefold feed set \
                 {feed} --speaks-for {leading}` if you know better",
                lead(leading)
            ),
            (SiteProof::Aggregator | SiteProof::Unproven, _) => {
                format!("{} sites: an aggregator", self.sites)
            }
            (SiteProof::Own | SiteProof::SameOwner | SiteProof::NamedBack, leading) => {
                format!("{}: its own feed", lead(leading.as_ref().unwrap_or(authority)))
            }
        }
    }

    /// A few words: `harbour.example`, `aggregator`, `feedhost.example only`.
    #[must_use]
    pub fn in_short(&self) -> String {
        match self.how {
            SiteProof::Aggregator => "aggregator".to_owned(),
            SiteProof::Unproven => format!("{} only", self.authority),
            _ => self.authority.to_string(),
        }
    }
}
