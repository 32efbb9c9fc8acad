//! The hourly limits of one feed, and of all feeds of one site.
//!
//! An article beyond the budget is not dropped. It is published like any other, with `beyond_budget` set. It
//! is folded and shown; its alerts are held and come as one message at the end of the hour. Articles never
//! wait here: a queue would have to be bounded and would then lose items, because a feed lists an item only
//! for some time.
//!
//! The usage of a feed is stored in its state after everything is published. So an interrupted poll counts
//! nothing and is repeated with the same ids. The usage of a site is the sum of its feeds.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};
use wirefold_flow::UnixMillis;
use wirefold_proto::{ArticleFetched, FeedId, FeedSettings};

use crate::lock::lock;
use crate::metrics::BEYOND_BUDGET;
use crate::settings::Budget;
use crate::sites::owner;
use crate::stable_hash::hash;

/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;
/// From this number of sites on, those that sent nothing in this hour are forgotten.
const MOST_SITES: usize = 10_000;

/// How much was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Volume {
    articles: u64,
    bytes: u64,
}

impl Volume {
    fn add(&mut self, other: Self) {
        self.articles += other.articles;
        self.bytes += other.bytes;
    }

    /// The label of the limit that this exceeds: that of articles or that of bytes.
    fn exceeded(self, most: Self, labels: [&'static str; 2]) -> Option<&'static str> {
        let is_beyond = [self.articles > most.articles, self.bytes > most.bytes];
        labels.into_iter().zip(is_beyond).find(|(_, is_beyond)| *is_beyond).map(|(label, _)| label)
    }
}

/// How much a feed has sent in an hour of the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HourlyUsage {
    hour: u64,
    #[serde(flatten)]
    volume: Volume,
    /// The hashes of the outlets to which it attributed articles, up to the budget.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    outlets: BTreeSet<u64>,
    /// How many of its articles were beyond a budget, and the last of these budgets, as the metric labels it.
    #[serde(default)]
    beyond: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<String>,
}

impl HourlyUsage {
    /// Counts the outlet to which an article is attributed. Returns false if it is another one than the
    /// first `most`.
    fn may_speak_for(&mut self, article: &ArticleFetched, most: u64) -> bool {
        let outlet = hash(&[article.article.outlet.as_str()]);
        if self.outlets.len() as u64 >= most {
            return self.outlets.contains(&outlet);
        }
        self.outlets.insert(outlet);
        true
    }

    /// How much it has sent beyond a budget in the hour of `now`, for people.
    pub(crate) fn problem(&self, now: UnixMillis) -> Option<String> {
        let limit = self.limit.as_ref().filter(|_| self.hour == now.0 / HOUR)?;
        let (articles, beyond) = (self.volume.articles, self.beyond);
        Some(format!(
            "sent {articles} articles in this hour, {beyond} of them beyond its budget ({limit}): alerts of \
             these come as one message at its end; `budget.sites` raises it for a site"
        ))
    }
}

/// The budgets of all feeds and sites.
pub(crate) struct Budgets {
    budget: Budget,
    sites: Mutex<HashMap<String, SiteUsage>>,
}

/// How much the feeds of a site have sent in an hour.
#[derive(Default)]
struct SiteUsage {
    hour: u64,
    all: Volume,
    feeds: HashMap<FeedId, Volume>,
}

impl Budgets {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, sites: Mutex::default() }
    }

    /// The account of a feed for one poll. `before` is its usage after its last poll.
    pub(crate) fn account(
        &self,
        feed: &FeedSettings,
        before: Option<&HourlyUsage>,
        now: UnixMillis,
    ) -> Account<'_> {
        let hour = now.0 / HOUR;
        let fresh = || HourlyUsage { hour, ..HourlyUsage::default() };
        let spent = before.filter(|spent| spent.hour == hour).cloned().unwrap_or_else(fresh);
        let site = owner(&feed.url);
        let mut sites = lock(&self.sites);
        if sites.len() >= MOST_SITES {
            sites.retain(|_, usage| usage.hour == hour);
        }
        let usage = sites.entry(site.clone()).or_default();
        usage.turn_to(hour);
        // Replaces the counts of a poll that was interrupted.
        let counted = usage.feeds.insert(feed.id.clone(), spent.volume).unwrap_or_default();
        usage.all.articles -= counted.articles;
        usage.all.bytes -= counted.bytes;
        usage.all.add(spent.volume);
        Account { budgets: self, site, feed: feed.id.clone(), spent }
    }
}

impl SiteUsage {
    fn turn_to(&mut self, hour: u64) {
        if self.hour != hour {
            *self = Self { hour, ..Self::default() };
        }
    }
}

/// Counts the articles of one feed in one poll.
pub(crate) struct Account<'a> {
    budgets: &'a Budgets,
    site: String,
    feed: FeedId,
    spent: HourlyUsage,
}

impl Account<'_> {
    /// Counts an article. Returns whether it is beyond a budget. Baseline articles are not counted.
    pub(crate) fn is_beyond(&mut self, article: &ArticleFetched) -> bool {
        if article.article.baseline {
            return false;
        }
        let bytes = article.text.len() + article.article.title.len();
        let volume = Volume { articles: 1, bytes: bytes as u64 };
        let (of_feed, of_site) = (self.spend(article, volume), self.spend_of_site(volume));
        let limit = of_feed.or(of_site);
        if let Some(label) = limit {
            self.spent.beyond += 1;
            self.spent.limit = Some(label.to_owned());
            BEYOND_BUDGET.add(1, &[label]);
        }
        limit.is_some()
    }

    /// How much the feed has sent in this hour.
    pub(crate) fn spent(self) -> HourlyUsage {
        self.spent
    }

    fn spend(&mut self, article: &ArticleFetched, volume: Volume) -> Option<&'static str> {
        let (budget, spent) = (&self.budgets.budget, &mut self.spent);
        let times = budget.times(&self.site);
        spent.volume.add(volume);
        let outlets = u64::from(budget.outlets_per_hour) * times;
        let claims_too_many =
            article.article.via.is_some() && !spent.may_speak_for(article, outlets);
        let most = Volume {
            articles: u64::from(budget.articles_per_hour) * times,
            bytes: budget.bytes_per_hour.saturating_mul(times),
        };
        let limit = spent.volume.exceeded(most, ["articles", "bytes"]);
        limit.or_else(|| claims_too_many.then_some("outlets"))
    }

    fn spend_of_site(&self, volume: Volume) -> Option<&'static str> {
        let mut sites = lock(&self.budgets.sites);
        let usage = sites.entry(self.site.clone()).or_default();
        usage.turn_to(self.spent.hour.max(usage.hour));
        usage.all.add(volume);
        usage.feeds.entry(self.feed.clone()).or_default().add(volume);
        let most = self.budgets.budget.of_site(&self.site);
        usage.all.exceeded(most, ["site_articles", "site_bytes"])
    }
}

impl Budget {
    /// The limits of all feeds of this site together, no lower than those of one feed.
    fn of_site(&self, site: &str) -> Volume {
        let times = self.times(site);
        let articles = self.site_articles_per_hour.max(self.articles_per_hour);
        let bytes = self.site_bytes_per_hour.max(self.bytes_per_hour);
        Volume { articles: u64::from(articles) * times, bytes: bytes.saturating_mul(times) }
    }

    /// The factor for the budgets of a site.
    fn times(&self, site: &str) -> u64 {
        self.sites.get(site).copied().map_or(1, u64::from)
    }
}

#[cfg(test)]
mod tests;
