//! What is put away of alerts because the stream has it, and how it comes back.
//!
//! Comes in: the time without news. Goes out: which alerts lack what they show. It never reads the stream itself.

use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId, Target};

use super::Engine;
use super::draft::Marks;
use super::life::{Life, Shown};

/// How often all alerts are looked through.
const LOOK: Duration = Duration::from_hours(1);

/// A revision as it stands in the stream.
pub(crate) struct Revision {
    pub(crate) sequence: u64,
    pub(crate) alert: Alert,
    pub(crate) marks: Marks,
}

impl Engine {
    /// The last revision of an alert stands there.
    pub(crate) fn stands(&mut self, id: &AlertId, sequence: u64) {
        if let Some(life) = self.lives.get_mut(id) {
            life.sequence = life.sequence.max(sequence);
            self.settled.insert(id.clone());
        }
    }

    /// Puts away what can be read back: of settled alerts everything but where they stand, of the
    /// others what they show. One that waits for nothing that has a time, as where it is muted for
    /// ever, is put away once it is older than this.
    ///
    /// Gives whether all were looked through, which is done now and then.
    pub(crate) fn sweep(&mut self, older_than: Duration) -> bool {
        for id in std::mem::take(&mut self.settled) {
            match self.lives.get_mut(&id) {
                Some(life) if life.sequence > 0 && life.is_at_rest() => self.put_away(&id),
                Some(life) if life.sequence > 0 => life.shown = None,
                _ => {}
            }
        }
        if self.time.since(self.swept) < LOOK {
            return false;
        }
        self.swept = self.time;
        let limit = self.time.minus(older_than);
        let is_over = |life: &Life| {
            life.due.is_none() && life.news.is_empty() && life.revision > 0 && life.last_at < limit
        };
        let over = self.lives.iter().filter(|(_, life)| is_over(life));
        let over: Vec<AlertId> = over.map(|(id, _)| id.clone()).collect();
        over.iter().for_each(|id| self.put_away(id));
        self.rung.retain(|(_, day), _| *day >= limit);
        self.site_budget.expire(limit);
        true
    }

    fn put_away(&mut self, id: &AlertId) {
        if let Some(life) = self.forget(id) {
            self.rested.entry(id.subscription.clone()).or_default().add(&life);
            if life.sequence > 0 {
                self.put_away.insert(id.target, life.sequence);
            }
        }
    }

    /// Where the last revisions of alerts stand that are about this and were put away whole; of
    /// some that are about something else too.
    pub(crate) fn put_away_about(&self, target: Target) -> Vec<u64> {
        self.put_away.about(target)
    }

    /// Whether an alert is there with its life.
    pub(crate) fn knows(&self, id: &AlertId) -> bool {
        self.lives.contains_key(id)
    }

    /// The alerts that are there about this.
    fn about(&self, target: Target) -> impl Iterator<Item = AlertId> {
        let subscriptions = self.by_target.get(&target).into_iter().flatten().cloned();
        subscriptions.map(move |subscription| AlertId { subscription, target })
    }

    /// What those became part of that the alerts about this are about.
    pub(crate) fn survivors(&self, target: Target) -> Vec<Target> {
        self.about(target).filter_map(|id| self.lives.get(&id)?.merged_into).collect()
    }

    /// Takes an alert back that was put away, from all its revisions that are kept.
    pub(crate) fn wake(&mut self, revisions: &[Revision]) {
        let Some(last) = revisions.last() else {
            return;
        };
        let id = &last.alert.id;
        if !self.put_away.remove(id.target, last.sequence) {
            return;
        }
        let mut life = Life::default();
        for Revision { alert, marks, .. } in revisions {
            life.accept(alert, *marks);
        }
        if let Some(score) = self.rested.get_mut(&id.subscription) {
            score.take_away(&life);
        }
        self.lives.insert(id.clone(), life);
        self.remember(id);
        self.reschedule(id);
        self.stands(id, last.sequence);
    }

    /// Revisions before this one are kept no longer.
    pub(crate) fn expire(&mut self, kept: u64) {
        self.put_away.expire(kept);
    }

    /// The alert that speaks next by then and where its last revision stands, if what that shows
    /// was put away.
    pub(crate) fn lacks(&self, limit: UnixMillis) -> Option<(AlertId, u64)> {
        let (_, id) = self.due.first().filter(|(at, _)| *at <= limit)?;
        self.lacking(id)
    }

    /// The same of all alerts about this.
    pub(crate) fn lacking_about(&self, target: Target) -> Vec<(AlertId, u64)> {
        self.about(target).filter_map(|id| self.lacking(&id)).collect()
    }

    fn lacking(&self, id: &AlertId) -> Option<(AlertId, u64)> {
        let life = self.lives.get(id)?;
        (life.shown.is_none() && life.sequence > 0).then(|| (id.clone(), life.sequence))
    }

    /// What the last revision of an alert shows; nothing where it is kept no longer.
    pub(crate) fn show(&mut self, id: &AlertId, alert: Option<&Alert>) {
        if let Some(life) = self.lives.get_mut(id) {
            life.shown = alert.map(|alert| Box::new(Shown::of(alert)));
            // Where it is gone, it is not asked for again.
            life.sequence = if alert.is_some() { life.sequence } else { 0 };
        }
        self.settled.insert(id.clone());
    }
}
