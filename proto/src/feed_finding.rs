//! Findings about feeds, by name and in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
