//! The numbers of alerts and of copies folded, for each subscription.
//!
//! Comes in: accepted revisions. Goes out: sums for each subscription. It never counts a revision twice.

use std::collections::BTreeMap;

use wirefold_proto::SubscriptionId;

use super::Engine;
use super::life::Life;

/// The numbers of one subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// The alerts it has opened.
    pub(crate) alerts: u64,
    /// The copies in the stories of these alerts.
    pub(crate) copies_folded: u64,
}

impl Score {
    pub(super) fn add(&mut self, life: &Life) {
        self.alerts += 1;
        self.copies_folded += u64::from(life.now.copies);
    }

    pub(super) fn take_away(&mut self, life: &Life) {
        self.alerts = self.alerts.saturating_sub(1);
        self.copies_folded = self.copies_folded.saturating_sub(u64::from(life.now.copies));
    }
}

impl Engine {
    /// The numbers of each subscription.
    pub(crate) fn scores(&self) -> BTreeMap<SubscriptionId, Score> {
        let mut scores = self.rested.clone();
        for (id, life) in self.lives.iter().filter(|(_, life)| life.revision > 0) {
            scores.entry(id.subscription.clone()).or_default().add(life);
        }
        scores
    }
}
