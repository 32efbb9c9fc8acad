//! Unloads parts of alerts that the stream has, and loads them again.
//!
//! Comes in: how long alerts had no news. Goes out: which alerts need their visible part. It never reads the
//! stream itself.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId, Target};

use super::Engine;
use super::live_alert::{LiveAlert, RevisionMetadata};

/// How often all alerts are checked.
const LOOK: Duration = Duration::from_hours(1);

/// A revision in the stream.
pub(crate) struct Revision {
    pub(crate) sequence: u64,
    pub(crate) alert: Alert,
    pub(crate) metadata: RevisionMetadata,
}

impl Engine {
    /// Notes the sequence of the last revision of an alert.
    pub(crate) fn note_last_revision(&mut self, id: &AlertId, sequence: u64) {
        if let Some(life) = self.lives.get_mut(id) {
            life.sequence = life.sequence.max(sequence);
            self.finished.insert(id.clone());
        }
    }

    /// Unloads what can be read again: of finished alerts everything but the sequence, of others the visible
    /// part. An alert that waits for nothing with a time, such as one that is muted without an end, is
    /// unloaded if it is older than this.
    ///
    /// Returns whether all alerts were checked, which happens now and then.
    pub(crate) fn unload(&mut self, older_than: Duration) -> bool {
        for id in std::mem::take(&mut self.finished) {
            match self.lives.get_mut(&id) {
                Some(life) if life.sequence > 0 && life.is_idle() => self.unload_alert(&id),
                Some(life) if life.sequence > 0 => life.shown = None,
                _ => {}
            }
        }
        if self.time.since(self.unloaded_at) < LOOK {
            return false;
        }
        self.unloaded_at = self.time;
        let limit = self.time.minus(older_than);
        let is_over = |life: &LiveAlert| {
            life.due.is_none() && life.news.is_empty() && life.revision > 0 && life.last_at < limit
        };
        let over = self.lives.iter().filter(|(_, life)| is_over(life));
        let over: Vec<AlertId> = over.map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| self.unload_alert(id));
        self.happenings.expire(self.time);
        self.expire_heard();
        self.notified.retain(|(_, day), _| *day >= limit);
        self.site_budget.expire(limit);
        true
    }

    fn unload_alert(&mut self, id: &AlertId) {
        if let Some(life) = self.forget(id) {
            self.closed_scores.entry(id.subscription.clone()).or_default().add(&life);
            if life.sequence > 0 {
                self.finished_alerts.insert(id.target, life.sequence);
            }
        }
    }

    /// Whether an alert is loaded.
    pub(crate) fn is_loaded(&self, id: &AlertId) -> bool {
        self.lives.contains_key(id)
    }

    /// The loaded alerts about this target.
    pub(super) fn about(&self, target: Target) -> Vec<AlertId> {
        let subscriptions = self.by_target.get(&target).into_iter().flatten().cloned();
        subscriptions.map(|subscription| AlertId { subscription, target }).collect()
    }

    /// The targets into which the alerts about this target were merged.
    pub(crate) fn survivors(&self, target: Target) -> Vec<Target> {
        self.about(target).iter().filter_map(|id| self.lives.get(id)?.merged_into).collect()
    }

    /// Loads an unloaded alert from all its stored revisions.
    pub(crate) fn load_alert(&mut self, revisions: &[Revision]) {
        let Some(last) = revisions.last() else {
            return;
        };
        let id = &last.alert.id;
        if !self.finished_alerts.remove(id.target, last.sequence) {
            return;
        }
        let mut life = LiveAlert::default();
        for Revision { alert, metadata, .. } in revisions {
            life.accept(alert, metadata);
        }
        if let Some(score) = self.closed_scores.get_mut(&id.subscription) {
            score.take_away(&life);
        }
        self.lives.insert(id.clone(), life);
        self.remember(id);
        self.reschedule(id);
        self.note_last_revision(id, last.sequence);
    }

    /// The alert whose revision is due first by this time, with the sequence of its last revision, if its
    /// visible part is unloaded.
    pub(crate) fn next_unloaded(&self, limit: UnixMillis) -> Option<(AlertId, u64)> {
        self.lacking(&self.first_due(limit)?.1)
    }

    /// The alerts about this target whose visible part is unloaded.
    pub(crate) fn unloaded_shown_about(&self, target: Target) -> Vec<(AlertId, u64)> {
        self.about(target).iter().filter_map(|id| self.lacking(id)).collect()
    }

    fn lacking(&self, id: &AlertId) -> Option<(AlertId, u64)> {
        let life = self.lives.get(id)?;
        (life.shown.is_none() && life.sequence > 0).then(|| (id.clone(), life.sequence))
    }

    /// Loads the visible part of an alert from its last revision; nothing if that is no longer stored.
    pub(crate) fn load_shown(&mut self, id: &AlertId, alert: Option<&Alert>) {
        if let Some(life) = self.lives.get_mut(id) {
            life.shown = alert.cloned().map(Box::new);
            // If it is no longer stored, it is not read again.
            life.sequence = if alert.is_some() { life.sequence } else { 0 };
        }
        self.finished.insert(id.clone());
    }
}

/// How many bits of an entry are the sequence of the last revision. The bits above are of a hash of the
/// target. If two targets share a hash, one revision too many is read.
const SEQUENCE_BITS: u32 = 40;
const LAST_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;

/// The sequences of the last revisions of finished alerts, by target.
#[derive(Debug, Default)]
pub(crate) struct FinishedAlerts(BTreeSet<u64>);

impl FinishedAlerts {
    pub(super) fn insert(&mut self, target: Target, sequence: u64) {
        self.0.insert(first(target) | sequence.min(LAST_SEQUENCE));
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, target: Target, sequence: u64) -> bool {
        self.0.remove(&(first(target) | sequence.min(LAST_SEQUENCE)))
    }

    /// The last revisions of the alerts about this target, and perhaps of some others.
    pub(crate) fn about(&self, target: Target) -> Vec<u64> {
        let first = first(target);
        let found = self.0.range(first..=first | LAST_SEQUENCE);
        found.map(|entry| entry & LAST_SEQUENCE).collect()
    }

    /// Drops alerts whose last revision has a smaller sequence: it is no longer stored.
    pub(crate) fn expire(&mut self, kept: u64) {
        self.0.retain(|entry| entry & LAST_SEQUENCE >= kept);
    }
}

fn first(target: Target) -> u64 {
    let mut hasher = DefaultHasher::new();
    target.hash(&mut hasher);
    hasher.finish() & !LAST_SEQUENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finished_alerts_are_found_by_target() {
        let targets = ["e-00000000000000000000000001", "s-00000000000000000000000001"];
        let [event, story]: [Target; 2] = targets.map(|text| text.parse().unwrap());
        let mut finished = FinishedAlerts::default();
        finished.insert(event, 7);
        finished.insert(event, LAST_SEQUENCE);
        finished.insert(story, 9);
        assert_eq!(finished.about(event), [7, LAST_SEQUENCE]);
        assert_eq!(finished.about(story), [9]);
        assert!(finished.remove(event, LAST_SEQUENCE) && !finished.remove(event, 9));
        finished.expire(8);
        assert_eq!((finished.about(event), finished.about(story)), (vec![], vec![9]));
    }
}
