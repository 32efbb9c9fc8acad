//! Unloads alerts that are over, and loads them again.
//!
//! Comes in: how long alerts had no news. Goes out: the sequences of their last revisions. It never reads the stream
//! itself.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::Duration;

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
        }
    }

    /// Unloads finished alerts, which can be read again from the stream. An alert that waits for nothing with a time,
    /// such as one that is muted without an end, is unloaded if it is older than this.
    ///
    /// Returns whether all alerts were checked, which happens now and then.
    pub(crate) fn unload(&mut self, older_than: Duration) -> bool {
        if self.time.since(self.unloaded_at) < LOOK {
            return false;
        }
        self.unloaded_at = self.time;
        let limit = self.time.minus(older_than);
        let is_over = |life: &LiveAlert| {
            let is_old = life.due.is_none() && life.news.is_empty() && life.last_at() < limit;
            life.is_idle() && life.sequence > 0 || is_old && life.revision() > 0
        };
        let over = self.lives.iter().filter(|(_, life)| is_over(life));
        let over: Vec<AlertId> = over.map(|(id, _)| id.clone()).collect();
        for id in over {
            if let Some(life) = self.forget(&id).filter(|life| life.sequence > 0) {
                self.finished_alerts.insert(id.target, life.sequence);
            }
        }
        self.happenings.expire(self.time);
        self.expire_heard();
        self.notified.retain(|(_, day), _| *day >= limit);
        self.site_budget.expire(limit);
        true
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
        self.about(target).iter().filter_map(|id| self.lives.get(id)?.merged_into()).collect()
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
        self.lives.insert(id.clone(), life);
        self.remember(id);
        self.reschedule(id);
        self.note_last_revision(id, last.sequence);
    }
}

/// The sequences of the last revisions of finished alerts, by a hash of the target. If two targets share it, one revision
/// too many is read.
#[derive(Debug, Default)]
pub(crate) struct FinishedAlerts(BTreeSet<(u64, u64)>);

impl FinishedAlerts {
    pub(super) fn insert(&mut self, target: Target, sequence: u64) {
        self.0.insert((hash_of(target), sequence));
    }

    /// Whether it was there.
    pub(super) fn remove(&mut self, target: Target, sequence: u64) -> bool {
        self.0.remove(&(hash_of(target), sequence))
    }

    /// The last revisions of the alerts about this target, and perhaps of some others.
    pub(crate) fn about(&self, target: Target) -> Vec<u64> {
        let hash = hash_of(target);
        self.0.range((hash, 0)..=(hash, u64::MAX)).map(|(_, sequence)| *sequence).collect()
    }

    /// Drops alerts whose last revision has a smaller sequence: it is no longer stored.
    pub(crate) fn expire(&mut self, kept: u64) {
        self.0.retain(|(_, sequence)| *sequence >= kept);
    }
}

fn hash_of(target: Target) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(target)
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
        finished.insert(event, u64::MAX);
        finished.insert(story, 9);
        assert_eq!(finished.about(event), [7, u64::MAX]);
        assert_eq!(finished.about(story), [9]);
        assert!(finished.remove(event, u64::MAX) && !finished.remove(event, 9));
        finished.expire(8);
        assert_eq!((finished.about(event), finished.about(story)), (vec![], vec![9]));
    }
}
