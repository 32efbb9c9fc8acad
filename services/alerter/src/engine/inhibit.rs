//! Subscriptions that keep others silent about what they report themselves.
//!
//! Comes in: the lives of alerts. Goes out: which subscription reports the same already. It never drops a revision.

use wirefold_proto::{AlertId, Target};

use super::Engine;
use crate::subscription::Rules;

impl Engine {
    /// The name of a subscription that reports this target too and inhibits the one with these rules. An
    /// alert that is only about to open counts only if nobody inhibits it, so one subscription of a circle
    /// reports.
    pub(super) fn inhibitor(&self, rules: &Rules, target: Target) -> Option<&str> {
        rules.settings.inhibited_by.iter().find_map(|subscription| {
            let id = AlertId { subscription: subscription.clone(), target };
            let (life, other) = (self.lives.get(&id)?, self.rules.get(subscription)?);
            let has_told = life.is_open() && life.notified_at.is_some();
            let tells = life.revision == 0
                && other.settings.inhibited_by.is_empty()
                && life.ready(other).is_some();
            (has_told || tells).then_some(&*other.settings.name)
        })
    }
}
