//! Limits how many alerts about one site notify in an hour.
//!
//! Comes in: a loud revision that only one site reports. Goes out: a hold, if the site is over its budget. Nothing is
//! dropped: the rest comes as one message at the end of the hour.

use std::collections::BTreeMap;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertArticle, Hold, HoldReason, SubscriptionId, Volume};

use super::Engine;
use super::incoming::IncomingArticle;
use super::life::{Allowance, Life, News};
use crate::subscription::Rules;

/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;

/// How many alerts that only one site reports may notify a subscription in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAlerts {
    /// The limit, 60 by default. Nobody reads more, and an agency's wire brings fewer to a query other than
    /// `*`.
    pub per_hour: u32,
    /// A multiple of the limit for each named site, by its domain.
    pub sites: BTreeMap<String, u32>,
}

impl Default for SiteAlerts {
    fn default() -> Self {
        Self { per_hour: 60, sites: BTreeMap::new() }
    }
}

impl SiteAlerts {
    /// The limit of this site.
    pub(crate) fn of(&self, site: &str) -> u64 {
        u64::from(self.per_hour) * self.sites.get(site).copied().map_or(1, u64::from)
    }
}

/// How many alerts notified, by subscription, hour and site.
#[derive(Debug, Default)]
pub(super) struct SiteBudget {
    most: SiteAlerts,
    notified: BTreeMap<(SubscriptionId, u64, String), u32>,
}

impl SiteBudget {
    /// Counts a revision that is in the stream.
    pub(super) fn accept(&mut self, alert: &Alert) {
        let notified = alert.volume == Volume::Loud && alert.held.is_none();
        if let Some(site) = site_of(alert).filter(|_| notified && alert.digest.is_none()) {
            let hour = unix_millis(alert.at).0 / HOUR;
            let key = (alert.subscription.clone(), hour, site.to_owned());
            *self.notified.entry(key).or_default() += 1;
        }
    }

    /// Whether an article may notify a subscription immediately.
    pub(super) fn allowance(
        &self,
        subscription: &SubscriptionId,
        incoming: &IncomingArticle,
    ) -> Allowance {
        let article = &incoming.output.article;
        let site = article.via.as_ref().unwrap_or(&article.outlet).as_str();
        match () {
            () if article.beyond_budget => Allowance::BeyondBudget,
            () if self.is_spent(subscription, incoming.seen, site) => Allowance::SiteSpent,
            () => Allowance::Within,
        }
    }

    /// Whether a site has reached the limit in the hour of this time.
    fn is_spent(&self, subscription: &SubscriptionId, at: UnixMillis, site: &str) -> bool {
        let key = (subscription.clone(), at.0 / HOUR, site.to_owned());
        self.notified.get(&key).is_some_and(|count| u64::from(*count) >= self.most.of(site))
    }

    /// Drops the hours before this time.
    pub(super) fn expire(&mut self, before: UnixMillis) {
        self.notified.retain(|(_, hour, _), _| (hour + 1) * HOUR > before.0);
    }
}

impl Engine {
    /// Sets the limit of alerts for each site.
    pub(crate) fn limit_sites(&mut self, most: SiteAlerts) {
        self.site_budget.most = most;
    }

    /// Holds a loud revision above the budget of its site or of its feeds.
    pub(super) fn hold_flood(&self, alert: &mut Alert) {
        let notifies = alert.volume == Volume::Loud && alert.held.is_none();
        if !notifies || alert.digest.is_some() {
            return;
        }
        let at = unix_millis(alert.at);
        let is_beyond = self.lives.get(&alert.id).is_some_and(comes_beyond_budget);
        let is_spent = |site| self.site_budget.is_spent(&alert.subscription, at, site);
        if let Some(rules) = self.rules.get(&alert.subscription)
            && (is_beyond || site_of(alert).is_some_and(is_spent))
        {
            let until = Some(timestamp(rules.next_hour(at)));
            alert.held = Some(Hold { reason: HoldReason::Digest, until });
        }
    }
}

impl Life {
    /// When news of other sites is due while the rest waits for the end of the hour. So a flood cannot delay
    /// others that report the same.
    pub(super) fn others_due(&self, rules: &Rules) -> Option<UnixMillis> {
        let until = self.in_digest()?;
        let is_others = |news: &&News| {
            let is_article = !news.only_counts && !news.articles.is_empty();
            is_article && news.allowance == Allowance::Within
        };
        let first = self.news.iter().find(is_others)?;
        Some(self.last_at.plus(rules.update_interval).max(first.seen).min(until))
    }
}

/// Whether all articles since the last revision are above the budget of their feed.
fn comes_beyond_budget(life: &Life) -> bool {
    let mut came = life.news.iter().filter(|news| !news.articles.is_empty()).peekable();
    came.peek().is_some() && came.all(|news| news.allowance == Allowance::BeyondBudget)
}

/// The site of all articles; `None` if there are several.
fn site_of(alert: &Alert) -> Option<&str> {
    let (first, others) = alert.articles.split_first()?;
    let site = said_by(first);
    others.iter().all(|other| said_by(other) == site).then_some(site)
}

fn said_by(article: &AlertArticle) -> &str {
    article.via.as_ref().unwrap_or(&article.outlet).as_str()
}
