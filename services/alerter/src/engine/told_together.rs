//! One message about an event for several subscriptions that share a delivery.
//!
//! Comes in: a revision that is due. Goes out: the subscriptions that it tells, too, and the revision that tells
//! theirs. Each subscription keeps its own alert and revisions, so nothing is lost if one of them is removed or
//! muted, or if only some deliveries are shared: see `delivery`.

use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId, OutputPosition, SubscriptionId, Volume};

use super::draft::{self, Draft};
use super::handling::Handling;
use super::live_alert::{PendingChange, RevisionMetadata, ToldBy};
use super::{Engine, Rules};

/// A message that tells an alert, too.
#[derive(Debug, Clone)]
pub(super) struct ToldTogether {
    by: ToldBy,
    at: UnixMillis,
    covered: OutputPosition,
}

fn is_sent(alert: &Alert) -> bool {
    alert.volume == Volume::Loud && alert.held.is_none() && alert.digest.is_none()
}

fn shares_delivery(one: &Rules, other: &Rules) -> bool {
    one.settings.deliveries.iter().any(|name| other.settings.deliveries.contains(name))
}

impl Engine {
    /// Completes a revision that is due: the revision that tells it, too, or the subscriptions that it tells.
    pub(super) fn tell_together(&self, made: &mut Draft, at: UnixMillis) {
        if !is_sent(&made.alert) {
            return;
        }
        let covers = |told: &&ToldTogether| {
            let life = self.lives.get(&made.alert.id);
            let is_covered = |news: &PendingChange| news.place.is_covered_by(told.covered);
            life.is_some_and(|life| life.news.iter().all(is_covered))
        };
        let told = self.told_together.get(&made.alert.id).filter(covers);
        made.metadata.told_by = told.map(|told| told.by.clone());
        if told.is_none() {
            made.metadata.also = self.also(&made.alert, at);
        }
    }

    /// The other subscriptions of a delivery whose alerts about the same target would notify now.
    fn also(&self, alert: &Alert, at: UnixMillis) -> Vec<SubscriptionId> {
        let Some(rules) = self.rules.get(&alert.subscription) else { return Vec::new() };
        let all = self.by_target.get(&alert.target).into_iter().flatten();
        let others = all.filter(|other| **other != alert.subscription);
        let would_notify = |other: &&SubscriptionId| {
            let id = AlertId { subscription: (*other).clone(), target: alert.target };
            let (Some(life), Some(its)) = (self.lives.get(&id), self.rules.get(*other)) else {
                return false;
            };
            let is_open = life.closing.is_none() && life.merged_into.is_none();
            if !is_open || !life.may_notify() || !shares_delivery(rules, its) {
                return false;
            }
            let now = draft::Now {
                at,
                applied_through: self.applied_through,
                inhibited_by: self.inhibitor(its, alert.target),
            };
            let made = draft::next(&id, life, its, self.notified_on(its, at), now);
            made.is_some_and(|mut made| {
                self.hold_flood(&mut made.alert);
                is_sent(&made.alert)
            })
        };
        others.filter(would_notify).cloned().collect()
    }

    /// Notes which alerts a revision in the stream tells, too. They follow at once.
    pub(super) fn note_told_together(
        &mut self,
        alert: &Alert,
        metadata: &RevisionMetadata,
        at: UnixMillis,
    ) {
        let covers = |told: &ToldTogether| told.covered.is_covered_by(metadata.covered);
        if self.told_together.get(&alert.id).is_some_and(covers) {
            self.told_together.remove(&alert.id);
        }
        for other in &metadata.also {
            let id = AlertId { subscription: other.clone(), target: alert.target };
            let by = ToldBy { subscription: alert.subscription.clone(), revision: alert.revision };
            let told = ToldTogether { by, at, covered: metadata.covered };
            self.told_together.insert(id.clone(), told);
            self.reschedule(&id);
        }
    }

    /// When an alert follows the message that told it, too.
    pub(super) fn follows_at(&self, id: &AlertId) -> Option<UnixMillis> {
        let told = self.told_together.get(id)?;
        let life = self.lives.get(id).filter(|life| life.may_notify())?;
        Some(told.at.max(life.last_at))
    }

    /// Handles also the alerts that the same message told, if all their deliveries got it.
    pub(crate) fn handle_together(&mut self, id: &AlertId, handling: Handling) {
        let Some(life) = self.lives.get(id) else { return };
        let Some(rules) = self.rules.get(&id.subscription) else { return };
        let has_got = |other: &&SubscriptionId| {
            self.rules.get(*other).is_some_and(|its| {
                its.settings.deliveries.iter().all(|it| rules.settings.deliveries.contains(it))
            })
        };
        let others: Vec<SubscriptionId> = life.also.iter().filter(has_got).cloned().collect();
        for subscription in others {
            let other = AlertId { subscription, target: id.target };
            self.handled.insert(other.clone(), handling);
            self.handed_over.push((other.clone(), handling));
            self.reschedule(&other);
        }
    }
}
