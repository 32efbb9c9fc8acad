//! One message about an event for several subscriptions that share a delivery.
//!
//! Comes in: a revision that is due. Goes out: the subscriptions that it tells, too, the revision that tells theirs,
//! and when the delivery heard enough of the event. Each subscription keeps its own alert and revisions, so nothing
//! is lost if one of them is removed or muted, or if only some deliveries are shared: see `delivery`.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertHandlingRecord, AlertId, ReasonKind, SubscriptionId, Target};

use super::Engine;
use super::draft::{Draft, is_sent};
use super::live_alert::{LiveAlert, PendingChange, RevisionMetadata, ToldBy};

/// A message that tells an alert, too.
#[derive(Debug, Clone)]
pub(super) struct ToldTogether {
    by: ToldBy,
    at: UnixMillis,
    covered: u64,
}

impl Engine {
    /// Completes a revision that is due: the revision that tells it, too, or the subscriptions that it tells.
    pub(super) fn tell_together(&self, made: &mut Draft, at: UnixMillis) {
        if !is_sent(&made.alert) {
            return;
        }
        let covers = |told: &&ToldTogether| {
            let life = self.lives.get(&made.alert.id);
            let is_covered = |news: &PendingChange| news.place <= told.covered;
            life.is_some_and(|life| life.news.iter().all(is_covered))
        };
        let told = self.told_together.get(&made.alert.id).filter(covers);
        made.metadata.told_by = told.map(|told| told.by.clone());
        if told.is_none() {
            made.metadata.also = self.also(&made.alert, at);
        }
    }

    /// The other subscriptions of a delivery whose alerts about the same target would notify now, and which the headline
    /// matches too, with their matched words.
    fn also(&self, alert: &Alert, at: UnixMillis) -> BTreeMap<SubscriptionId, Vec<String>> {
        let Some(rules) = self.rules.get(&alert.subscription) else { return BTreeMap::new() };
        let all = self.by_target.get(&alert.target).into_iter().flatten();
        let others = all.filter(|other| **other != alert.subscription);
        let would_notify = |other: &SubscriptionId| {
            let id = AlertId { subscription: other.clone(), target: alert.target };
            let (life, its) = (self.lives.get(&id)?, self.rules.get(other)?);
            let is_open = life.closing.is_none() && life.merged_into().is_none();
            let is_shared = |name: &String| rules.settings.deliveries.contains(name);
            let title = &alert.headline.title;
            let with_title = |of: &LiveAlert| {
                let is_it = |news: &&PendingChange| {
                    news.headline.as_ref().is_some_and(|headline| headline.title == *title)
                };
                of.news.iter().find(is_it).map(|news| news.mention)
            };
            let own = self.lives.get(&alert.id).and_then(with_title).unwrap_or_default();
            let is_matched = with_title(life) >= Some(own);
            let may_be =
                is_open && life.may_notify() && its.settings.deliveries.iter().any(is_shared);
            let made = if may_be { self.draft_of(&id, at)?.alert } else { return None };
            let is_told = is_sent(&made) && (is_matched || made.headline.title == *title);
            is_told.then_some((id.subscription, made.matched))
        };
        others.filter_map(would_notify).collect()
    }

    /// Notes which alerts a revision in the stream tells, too. They follow at once.
    pub(super) fn note_told_together(
        &mut self,
        alert: &Alert,
        metadata: &RevisionMetadata,
        at: UnixMillis,
    ) {
        let covers = |told: &ToldTogether| told.covered <= alert.output;
        if self.told_together.get(&alert.id).is_some_and(covers) {
            self.told_together.remove(&alert.id);
        }
        for other in metadata.also.keys() {
            let id = AlertId { subscription: other.clone(), target: alert.target };
            let by = ToldBy { subscription: alert.subscription.clone(), revision: alert.revision };
            let told = ToldTogether { by, at, covered: alert.output };
            self.told_together.insert(id.clone(), told);
            self.reschedule(&id);
        }
    }

    /// When an alert follows the message that told it, too.
    pub(super) fn follows_at(&self, id: &AlertId) -> Option<UnixMillis> {
        let told = self.told_together.get(id)?;
        let life = self.lives.get(id).filter(|life| life.may_notify())?;
        Some(told.at.max(life.last_at()))
    }

    /// Handles also the alerts that the same message told, if all their deliveries got it.
    pub(crate) fn handle_together(&mut self, record: &AlertHandlingRecord) {
        let id = &record.alert;
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
            self.hand_over(record, &other);
        }
    }
}

/// The most loud messages about an event in an hour at one delivery, without those that come for a correction.
const HOURLY: usize = 6;
const HOUR: Duration = Duration::from_hours(1);

/// When each delivery got its last loud messages about an event or story, at most [`HOURLY`].
pub(super) type Heard = BTreeMap<Target, BTreeMap<String, VecDeque<UnixMillis>>>;

impl Engine {
    /// When the deliveries of an alert may hear of its event again. A subscription without an interval asks for each
    /// message.
    pub(super) fn hour_over(&self, id: &AlertId) -> UnixMillis {
        let rules = self.rules.get(&id.subscription).filter(|it| !it.update_interval.is_zero());
        let heard = rules.zip(self.heard.get(&id.target)).into_iter().flat_map(|(rules, heard)| {
            rules.settings.deliveries.iter().filter_map(|delivery| heard.get(delivery))
        });
        let full = heard.filter(|times| times.len() == HOURLY);
        full.filter_map(|times| Some(times.front()?.plus(HOUR))).max().unwrap_or(UnixMillis(0))
    }

    /// Notes which deliveries hear of an event by a revision in the stream.
    pub(super) fn note_heard(&mut self, alert: &Alert, metadata: &RevisionMetadata) {
        let Some(rules) = self.rules.get(&alert.subscription) else { return };
        if alert.has(ReasonKind::Correction) || !is_sent(alert) {
            return;
        }
        let teller = metadata.told_by.as_ref().and_then(|by| self.rules.get(&by.subscription));
        let has_it =
            |name: &&String| teller.is_none_or(|teller| !teller.settings.deliveries.contains(name));
        for delivery in rules.settings.deliveries.iter().filter(has_it) {
            let heard = self.heard.entry(alert.target).or_default();
            let times = heard.entry(delivery.clone()).or_default();
            times.push_back(unix_millis(alert.at));
            times.drain(..times.len().saturating_sub(HOURLY));
        }
    }

    /// Forgets what deliveries heard more than an hour ago.
    pub(super) fn expire_heard(&mut self) {
        let limit = self.time.minus(HOUR);
        self.heard.retain(|_, deliveries| {
            deliveries.retain(|_, times| times.back().is_some_and(|last| *last >= limit));
            !deliveries.is_empty()
        });
    }
}
