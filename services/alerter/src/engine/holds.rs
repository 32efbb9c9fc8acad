//! Reasons to hold a revision: late news, a site's budget, digests, and an alert that inhibits it.

use std::collections::BTreeMap;
use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertArticle, AlertId, DigestPart, Hold, HoldReason, InDigest, SubscriptionId, Target,
};

use super::Engine;
use super::draft::is_sent;
use super::incoming::IncomingArticle;
use super::live_alert::{Allowance, LiveAlert, PendingChange};
use crate::subscription::Rules;

/// A revision due longer ago than this is late.
pub(super) const LATE: Duration = Duration::from_hours(1);
/// Late revisions are sent at the end of such a span. A process that is killed while it catches up continues
/// with the same message.
const SPAN: Duration = Duration::from_mins(5);

impl Engine {
    /// Holds a loud revision that is late.
    pub(crate) fn hold_late(&mut self, alert: &mut Alert, now: UnixMillis) {
        let at = unix_millis(alert.at);
        if !is_sent(alert) || now.since(at) <= LATE {
            return;
        }
        let Some(rules) = self.rules.get(&alert.subscription) else {
            return;
        };
        // If a message is planned already, it also contains what follows.
        let planned = self.catch_up.filter(|planned| *planned > at);
        let until = planned.or_else(|| self.planned(now)).unwrap_or_else(|| end_of_span(now));
        let until_here = rules.awake_at(until);
        alert.held = Some(Hold { reason: HoldReason::Digest, until: Some(timestamp(until_here)) });
        self.catch_up = Some(until);
    }

    /// The time of a message that was planned before a restart and is still to come.
    fn planned(&self, now: UnixMillis) -> Option<UnixMillis> {
        let soon = |until: &UnixMillis| *until > now && *until <= end_of_span(now);
        self.lives.values().filter_map(LiveAlert::caught_up_at).filter(soon).min()
    }
}

fn end_of_span(now: UnixMillis) -> UnixMillis {
    let span = u64::try_from(SPAN.as_millis()).unwrap_or(u64::MAX);
    UnixMillis((now.0 / span + 1) * span)
}

impl LiveAlert {
    /// When the last revision will be sent, if it came late.
    pub(super) fn caught_up_at(&self) -> Option<UnixMillis> {
        self.in_digest().filter(|until| until.since(self.last_at()) > LATE)
    }

    /// When the first fresh news is due although the news before it was late: an event that continues
    /// notifies as usual.
    pub(super) fn fresh_due(&self, rules: &Rules) -> Option<UnixMillis> {
        if rules.settings.digest.is_some() {
            return None;
        }
        let Some(until) = self.caught_up_at() else {
            return self.others_due(rules);
        };
        let is_fresh = |seen: UnixMillis| until.since(seen) <= LATE;
        let first = self.news.iter().find(|news| !news.only_counts && is_fresh(news.seen))?;
        Some(self.last_at().plus(rules.update_interval).max(first.seen).min(until))
    }
}

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
pub(crate) struct SiteBudget {
    pub(crate) most: SiteAlerts,
    notified: BTreeMap<(SubscriptionId, u64, String), u32>,
}

impl SiteBudget {
    /// Counts a revision that is in the stream.
    pub(super) fn accept(&mut self, alert: &Alert) {
        if let Some(site) = site_of(alert).filter(|_| is_sent(alert)) {
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
        let site = said_by(incoming.article());
        match () {
            () if incoming.output.article.beyond_budget => Allowance::BeyondBudget,
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
    /// Holds a loud revision above the budget of its site or of its feeds.
    pub(super) fn hold_flood(&self, alert: &mut Alert) {
        if !is_sent(alert) {
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

impl LiveAlert {
    /// When news of other sites is due while the rest waits for the end of the hour. So a flood cannot delay
    /// others that report the same.
    pub(super) fn others_due(&self, rules: &Rules) -> Option<UnixMillis> {
        let until = self.in_digest()?;
        let is_others = |news: &&PendingChange| {
            let is_article = !news.only_counts && !news.articles.is_empty();
            is_article && news.allowance == Allowance::Within
        };
        let first = self.news.iter().find(is_others)?;
        Some(self.last_at().plus(rules.update_interval).max(first.seen).min(until))
    }
}

/// Whether all articles since the last revision are above the budget of their feed.
fn comes_beyond_budget(life: &LiveAlert) -> bool {
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

/// The most revisions that a digest names: messages have a limit, and a digest shows a hundred alerts.
const NAMED: usize = 5_000;

impl Engine {
    /// Lets the last revision in a digest name all revisions in it.
    pub(super) fn complete_digest(&self, alert: &mut Alert) {
        let Some(due) = alert.digest.as_ref().map(|digest| digest.due) else {
            return;
        };
        let is_to_come =
            |life: &LiveAlert| life.closing.is_none() && life.in_digest() == Some(unix_millis(due));
        let limit = unix_millis(due);
        let until = self.due.iter().take_while(|(at, _)| *at <= limit);
        let mut others =
            until.filter(|(_, id)| id.subscription == alert.subscription && *id != alert.id);
        if others.any(|(_, id)| self.lives.get(id).is_some_and(is_to_come)) {
            return;
        }
        let is_in = |last: &&Alert| last.digest.as_ref().is_some_and(|digest| digest.due == due);
        let all = self.lives.iter().filter(|(id, _)| id.subscription == alert.subscription);
        let told = all.filter_map(|(_, life)| life.last.as_deref()).filter(is_in);
        let part = |it: &Alert| DigestPart { alert: it.id.clone(), revision: it.revision };
        let mut parts: Vec<DigestPart> = told.chain([&*alert]).map(part).collect();
        let more = u32::try_from(parts.len().saturating_sub(NAMED)).unwrap_or(u32::MAX);
        parts.truncate(NAMED);
        alert.digest = Some(InDigest { due, all: parts, more });
    }
}

impl Engine {
    /// The name of a subscription that reports this target too and inhibits the one with these rules. An
    /// alert that is only about to open counts only if nobody inhibits it, so one subscription of a circle
    /// reports.
    pub(super) fn inhibitor(&self, rules: &Rules, target: Target) -> Option<&str> {
        rules.settings.inhibited_by.iter().find_map(|subscription| {
            let id = AlertId { subscription: subscription.clone(), target };
            let (life, other) = (self.lives.get(&id)?, self.rules.get(subscription)?);
            let has_told = life.is_open() && life.notified_at.is_some();
            let tells = life.revision() == 0
                && other.settings.inhibited_by.is_empty()
                && life.ready(other).is_some();
            (has_told || tells).then_some(&*other.settings.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use wirefold_flow::UnixMillis;
    use wirefold_proto::EventId;
    use wirefold_proto::Target;

    use super::super::live_alert::RevisionMetadata;
    use super::*;

    #[test]
    fn a_digest_of_very_many_alerts_names_the_first_and_counts_the_others() {
        let mut last = crate::by_hand::sample("phone", UnixMillis(0));
        last.digest = Some(InDigest { due: timestamp(UnixMillis(0)), all: Vec::new(), more: 0 });
        let mut engine = Engine::default();
        for number in 0..NAMED + 11 {
            last.id.target = Target::Event(EventId::from_number(number as u128));
            if number < NAMED + 10 {
                engine.accept(&last, &RevisionMetadata::default());
            }
        }
        engine.complete_digest(&mut last);
        let digest = last.digest.clone().unwrap();
        assert_eq!((digest.all.len(), digest.more), (NAMED, 11));
        let target = Target::Event(EventId::from_number(NAMED as u128 - 1));
        assert_eq!(digest.all[NAMED - 1].alert.target, target);
        assert!(wirefold_proto::encode(&last).is_ok(), "it fits into a message");
    }
}
