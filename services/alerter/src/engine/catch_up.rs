//! Revisions that come late because the alerter was away: they are gathered into one message for each subscription.
//!
//! Comes in: a revision, and the time now. Goes out: a hold, so that no phone rings dozens of times for what is hours
//! old. It never drops a revision.
//!
//! What stands as held keeps its time, whatever is killed; only what is late and not told yet is given one.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, Hold, HoldReason, Volume};

use super::Engine;
use super::life::Life;
use crate::subscription::Rules;

/// A revision that is due for so long is late.
pub(super) const LATE: Duration = Duration::from_hours(1);
/// All that is late within such a span is told at its end: who is killed while it catches up goes on with
/// the same message.
const SPAN: Duration = Duration::from_mins(5);

impl Engine {
    /// Holds a revision that would notify only now of what should have been told long ago.
    pub(crate) fn hold_late(&mut self, alert: &mut Alert, now: UnixMillis) {
        let at = unix_millis(alert.at);
        let notifies = alert.volume == Volume::Loud && alert.held.is_none();
        if !notifies || alert.digest.is_some() || now.since(at) <= LATE {
            return;
        }
        let Some(rules) = self.rules.get(&alert.subscription) else {
            return;
        };
        // A message that is planned already takes in what follows.
        let planned = self.catch_up.filter(|planned| *planned > at);
        let until = planned.or_else(|| self.planned(now)).unwrap_or_else(|| end_of_span(now));
        let until_here = rules.awake_at(until);
        alert.held = Some(Hold { reason: HoldReason::Digest, until: Some(timestamp(until_here)) });
        self.catch_up = Some(until);
    }

    /// Nothing more stands in the output: what comes from now on is no part of what was missed.
    pub(crate) fn caught_up(&mut self) {
        self.catch_up = None;
    }

    /// The message that was planned before a restart, and is still to come.
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
    /// When it is told, where its last revision came late.
    pub(super) fn caught_up_at(&self) -> Option<UnixMillis> {
        self.in_digest().filter(|until| until.since(self.last_at) > LATE)
    }

    /// When the first news is due that is fresh although what came before it is late: a happening that
    /// goes on rings as it would.
    pub(super) fn fresh_due(&self, rules: &Rules) -> Option<UnixMillis> {
        if rules.gathers() {
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
