//! Statements and corrections of an event, as pages show both.
//!
//! For an event with more articles than are read, they are computed once a minute: it takes many times as
//! long as the rest of the page, and newer articles would not be read anyway.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::EventId;

use crate::shapes::{Corrections, Statements};

/// How long it is kept.
const KEPT: Duration = Duration::from_secs(60);
/// The most events of which it is kept.
const MOST_EVENTS: usize = 8;

/// The statements, figures and corrections of an event.
pub(crate) type EventStatements = (Statements, Corrections);

/// The last results, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct StatementCache(Mutex<Vec<(EventId, UnixMillis, Arc<EventStatements>)>>);

impl StatementCache {
    pub(crate) fn of(&self, event: EventId, now: UnixMillis) -> Option<Arc<EventStatements>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, at, said) = kept.iter().find(|(of, ..)| *of == event)?;
        (now.since(*at) < KEPT).then(|| said.clone())
    }

    pub(crate) fn keep(&self, event: EventId, at: UnixMillis, said: Arc<EventStatements>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, ..)| *of != event);
        kept.push((event, at, said));
        let too_many = kept.len().saturating_sub(MOST_EVENTS);
        kept.drain(..too_many);
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::{ArticleId, ContentHash, ItemAddress, Tag};

    use super::*;

    fn event(number: u64) -> EventId {
        let url = format!("https://harbour.example/{number}");
        let outlet = "harbour.example".parse().expect("an outlet");
        EventId::from(ArticleId::of(&outlet, ItemAddress::Url(&url), ContentHash::of("", "")))
    }

    fn sample_statements(unread_articles: u32) -> Arc<EventStatements> {
        let statements = Statements {
            schema: Tag::new(),
            quotations: Vec::new(),
            more_quotations: 0,
            figures: Vec::new(),
            names: Vec::new(),
            more_names: 0,
            cited_agencies: Vec::new(),
            unread_articles,
        };
        let corrections =
            Corrections { schema: Tag::new(), corrections: Vec::new(), unread_articles };
        Arc::new((statements, corrections))
    }

    #[test]
    fn computed_statements_are_cached_for_seconds_and_few_events() {
        let last = StatementCache::default();
        let at = UnixMillis(1_000_000);
        for number in 0..=MOST_EVENTS as u64 {
            last.keep(event(number), at, sample_statements(1));
        }
        last.keep(event(5), at.plus(KEPT), sample_statements(7));
        let unread = |number, now| last.of(event(number), now).map(|said| said.0.unread_articles);
        assert_eq!(unread(0, at), None, "the oldest of too many left");
        assert_eq!(unread(1, at.plus(KEPT / 2)), Some(1));
        assert_eq!(unread(1, at.plus(KEPT)), None);
        assert_eq!(unread(5, at.plus(KEPT)), Some(7), "the last counts");
    }
}
