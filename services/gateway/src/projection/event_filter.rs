//! Which events a list contains, and in which order.

use serde::Deserialize;

use super::narrowed;

/// The filter and the order of a list of events. Empty fields have no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EventFilter {
    /// Words that one article must have.
    pub(crate) words: Option<String>,
    /// A subscription that has an alert about the event or one of its stories.
    pub(crate) subscription: Option<String>,
    /// An outlet of one of its articles.
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles. `en` includes `en-gb`.
    pub(crate) language: Option<String>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
    /// The order.
    pub(crate) sort: EventSort,
}

/// The order of events. Orders other than that of time contain only the events that changed in the two days
/// before the last change. Events with one article come after all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventSort {
    /// By the last change.
    #[default]
    Newest,
    /// By the number of outlets.
    Outlets,
    /// By the number of articles in the hour before their last one.
    Velocity,
}

/// The outlets of the event, as SQL.
const ITS: &str = "FROM event_outlets AS its WHERE its.event = events.key";

impl EventFilter {
    /// The sort key as SQL: a number, the largest first.
    pub(super) fn key(&self) -> String {
        match self.sort {
            EventSort::Newest => "changed".to_owned(),
            EventSort::Outlets => format!("(SELECT count(DISTINCT outlet) {ITS})"),
            EventSort::Velocity => "(SELECT count(*) FROM event_articles AS its
                    WHERE its.event = events.id AND its.seen > events.changed - 3600000)"
                .to_owned(),
        }
    }

    /// The conditions as SQL with `:words`, `:subscription`, `:outlet`, `:language` and `:least`. Empty
    /// fields give no condition.
    pub(super) fn conditions(&self) -> String {
        let mut conditions = Vec::new();
        if self.subscription.is_some() {
            conditions.push(
                "(EXISTS (SELECT 1 FROM alerts
                    WHERE subscription = :subscription AND target = events.id)
                OR EXISTS (SELECT 1 FROM stories CROSS JOIN alerts
                    WHERE stories.event = events.id
                    AND subscription = :subscription AND target = stories.id))"
                    .to_owned(),
            );
        }
        let (outlet, language) = (self.outlet.as_ref(), self.language.as_ref());
        conditions.extend(narrowed::by_outlets(ITS, outlet, language, self.min_outlets));
        narrowed::and(&conditions)
    }
}
