//! The tables by which the engine finds alerts: when they are due, which output they need, and their targets.

use wirefold_proto::{AlertId, SubscriptionId};

use super::Engine;
use super::life::Life;

impl Engine {
    /// The alerts of a subscription.
    pub(super) fn of(&self, subscription: &SubscriptionId) -> Vec<AlertId> {
        let ids = self.lives.keys().filter(|id| id.subscription == *subscription);
        ids.cloned().collect()
    }

    /// Sorts all alerts of a subscription in again.
    pub(super) fn reschedule_all(&mut self, subscription: &SubscriptionId) {
        for id in self.of(subscription) {
            self.reschedule(&id);
        }
    }

    /// Sorts an alert in again, after something about it changed.
    pub(super) fn reschedule(&mut self, id: &AlertId) {
        let handling = self.handling(id);
        let Some(life) = self.lives.get_mut(id) else {
            return;
        };
        if let Some(due) = life.due.take() {
            self.due.remove(&(due, id.clone()));
        }
        life.handling = handling;
        life.due = life.next_due(self.rules.get(&id.subscription));
        if let Some(due) = life.due {
            self.due.insert((due, id.clone()));
        }
        let needs = life.needs();
        if life.needed == needs {
            return;
        }
        if let Some(before) = life.needed.take() {
            self.needed.remove(&(before, id.clone()));
        }
        life.needed = needs;
        self.needed.extend(needs.map(|output| (output, id.clone())));
    }

    /// Stores that this subscription has an alert about this target.
    pub(super) fn remember(&mut self, id: &AlertId) {
        let subscriptions = self.by_target.entry(id.target).or_default();
        if let Err(place) = subscriptions.binary_search(&id.subscription) {
            subscriptions.reserve_exact(1);
            subscriptions.insert(place, id.subscription.clone());
        }
    }

    /// Removes an alert from all tables.
    pub(super) fn forget(&mut self, id: &AlertId) -> Option<Life> {
        let life = self.lives.remove(id)?;
        if let Some(due) = life.due {
            self.due.remove(&(due, id.clone()));
        }
        if let Some(output) = life.needed {
            self.needed.remove(&(output, id.clone()));
        }
        self.finished.remove(id);
        if let Some(subscriptions) = self.by_target.get_mut(&id.target) {
            subscriptions.retain(|subscription| *subscription != id.subscription);
            if subscriptions.is_empty() {
                self.by_target.remove(&id.target);
            }
        }
        Some(life)
    }
}
