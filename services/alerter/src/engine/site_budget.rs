//! How many alerts one site may notify of in an hour. What is more comes as one message at the hour's
//! end: nothing is dropped, and a feed that floods is no alarm that never stops.

use std::collections::BTreeMap;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertArticle, Hold, HoldReason, SubscriptionId, Volume};

use super::Engine;
use crate::subscription::Rules;

/// Messages an hour to one subscription, of alerts that one site alone tells of: more than anybody reads,
/// and more than an agency's wire brings to a query that is not `*`.
pub(super) const BUDGET: u32 = 60;
/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;

/// What sites have notified of, by subscription, hour and site.
#[derive(Debug, Default)]
pub(super) struct SiteBudget(BTreeMap<(SubscriptionId, u64, String), u32>);

impl SiteBudget {
    /// Counts a revision that stands in the stream.
    pub(super) fn accept(&mut self, alert: &Alert) {
        let notified = alert.volume == Volume::Loud && alert.held.is_none();
        if let Some(site) = site_of(alert).filter(|_| notified && alert.digest.is_none()) {
            let hour = unix_millis(alert.at).0 / HOUR;
            let key = (alert.subscription.clone(), hour, site.to_owned());
            *self.0.entry(key).or_default() += 1;
        }
    }

    /// The hold of a revision that would notify beyond the budget of its one site.
    pub(super) fn hold(&self, alert: &Alert, rules: &Rules) -> Option<Hold> {
        if alert.volume != Volume::Loud || alert.held.is_some() || alert.digest.is_some() {
            return None;
        }
        let at = unix_millis(alert.at);
        let key = (alert.subscription.clone(), at.0 / HOUR, site_of(alert)?.to_owned());
        let is_spent = self.0.get(&key).is_some_and(|count| *count >= BUDGET);
        let until = is_spent.then(|| timestamp(rules.next_hour(at)))?;
        Some(Hold { reason: HoldReason::Digest, until: Some(until) })
    }

    /// Forgets the hours before this time.
    pub(super) fn expire(&mut self, before: UnixMillis) {
        self.0.retain(|(_, hour, _), _| (hour + 1) * HOUR > before.0);
    }
}

impl Engine {
    /// Holds what would notify beyond the budget of its site.
    pub(super) fn hold_flood(&self, alert: &mut Alert) {
        if let Some(rules) = self.rules.get(&alert.subscription)
            && let Some(hold) = self.site_budget.hold(alert, rules)
        {
            alert.held = Some(hold);
        }
    }
}

/// The site that says all of it; none where several do.
fn site_of(alert: &Alert) -> Option<&str> {
    let (first, others) = alert.articles.split_first()?;
    let site = said_by(first);
    others.iter().all(|other| said_by(other) == site).then_some(site)
}

fn said_by(article: &AlertArticle) -> &str {
    article.via.as_ref().unwrap_or(&article.outlet).as_str()
}
