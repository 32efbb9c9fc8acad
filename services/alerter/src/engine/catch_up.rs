//! Gathers revisions that are due long ago, because the alerter did not run, into one message for each
//! subscription.
//!
//! Comes in: a revision, and the time now. Goes out: a hold, so that nobody gets dozens of notifications
//! about old news. It never drops a revision.
//!
//! A revision that is stored as held keeps its time after a restart. Only late revisions that are not
//! published yet get one.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, Hold, HoldReason, Volume};

use super::Engine;
use super::life::Life;
use crate::subscription::Rules;

/// A revision due longer ago than this is late.
pub(super) const LATE: Duration = Duration::from_hours(1);
/// Late revisions are sent at the end of such a span. A process that is killed while it catches up continues
/// with the same message.
const SPAN: Duration = Duration::from_mins(5);

impl Engine {
    /// Holds a loud revision that is late.
    pub(crate) fn hold_late(&mut self, alert: &mut Alert, now: UnixMillis) {
        let at = unix_millis(alert.at);
        let notifies = alert.volume == Volume::Loud && alert.held.is_none();
        if !notifies || alert.digest.is_some() || now.since(at) <= LATE {
            return;
        }
        let Some(rules) = self.rules.get(&alert.subscription) else {
            return;
        };
        // If a message is planned already, it also contains what follows.
        let planned = self.catch_up.filter(|planned| *planned > at);
        let until = planned.or_else(|| self.planned(now)).unwrap_or_else(|| end_of_span(now));
        let until_here = rules.awake_at(until);
        alert.held = Some(Hold { reason: HoldReason::Digest, until: Some(timestamp(until_here)) });
        self.catch_up = Some(until);
    }

    /// The output is read to its end: later news is not late.
    pub(crate) fn caught_up(&mut self) {
        self.catch_up = None;
    }

    /// The time of a message that was planned before a restart and is still to come.
    fn planned(&self, now: UnixMillis) -> Option<UnixMillis> {
        let soon = |until: &UnixMillis| *until > now && *until <= end_of_span(now);
        self.lives.values().filter_map(Life::caught_up_at).filter(soon).min()
    }
}

fn end_of_span(now: UnixMillis) -> UnixMillis {
    let span = u64::try_from(SPAN.as_millis()).unwrap_or(u64::MAX);
    UnixMillis((now.0 / span + 1) * span)
}

impl Life {
    /// When the last revision will be sent, if it came late.
    pub(super) fn caught_up_at(&self) -> Option<UnixMillis> {
        self.in_digest().filter(|until| until.since(self.last_at) > LATE)
    }

    /// When the first fresh news is due although the news before it was late: an event that continues
    /// notifies as usual.
    pub(super) fn fresh_due(&self, rules: &Rules) -> Option<UnixMillis> {
        if rules.has_digest() {
            return None;
        }
        let Some(until) = self.caught_up_at() else {
            return self.others_due(rules);
        };
        let is_fresh = |seen: UnixMillis| until.since(seen) <= LATE;
        let first = self.news.iter().find(|news| !news.only_counts && is_fresh(news.seen))?;
        Some(self.last_at.plus(rules.update_interval).max(first.seen).min(until))
    }
}
