//! How much one feed, and all feeds of one site, may send in an hour.
//!
//! An article beyond the budget is not dropped. It is published at once like any other, with
//! `beyond_budget` set. It is folded and shown; its alerts are held and come as one message at the
//! end of the hour. Nothing waits here: a queue would have to be bounded and would then lose items,
//! and a feed lists an item only for some time.
//!
//! The memo of a feed holds what the feed has sent. It is written after everything is published, so
//! an interrupted poll counts nothing and is repeated with the same ids. A site has sent the sum of
//! its feeds, each counted since its last poll.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use wirefold_flow::UnixMillis;
use wirefold_proto::{ArticleFetched, FeedId, FeedSettings};

use crate::metrics::BEYOND_BUDGET;
use crate::settings::Budget;
use crate::sites::owner;
use crate::stable_hash::hash;

/// An hour, in milliseconds.
const HOUR: u64 = 3_600_000;
/// So many sites are counted before those that sent nothing in this hour are forgotten.
const MOST_SITES: usize = 10_000;

/// What a feed has sent in an hour of the clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spent {
    hour: u64,
    articles: u64,
    bytes: u64,
    /// The outlets, by hash, in whose name it spoke, up to the budget.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    outlets: BTreeSet<u64>,
    /// How many of its articles were beyond a budget, and the last of these budgets.
    #[serde(default)]
    beyond: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<Limit>,
}

/// What a budget limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    Articles,
    Bytes,
    Outlets,
    SiteArticles,
    SiteBytes,
}

impl Limit {
    fn label(self) -> &'static str {
        match self {
            Self::Articles => "articles",
            Self::Bytes => "bytes",
            Self::Outlets => "outlets",
            Self::SiteArticles => "site_articles",
            Self::SiteBytes => "site_bytes",
        }
    }

    /// The setting that raises it.
    fn key(self) -> &'static str {
        match self {
            Self::Articles => "budget.articles_per_hour",
            Self::Bytes => "budget.bytes_per_hour",
            Self::Outlets => "budget.outlets_per_hour",
            Self::SiteArticles => "budget.site_articles_per_hour",
            Self::SiteBytes => "budget.site_bytes_per_hour",
        }
    }
}

impl Spent {
    /// Counts the outlet in whose name an article speaks, unless `most` were counted before.
    fn may_speak_for(&mut self, article: &ArticleFetched, most: u64) -> bool {
        let outlet = hash(&[article.article.outlet.as_str()]);
        if self.outlets.len() as u64 >= most {
            return self.outlets.contains(&outlet);
        }
        self.outlets.insert(outlet);
        true
    }

    /// What it has sent beyond a budget in the hour of this time, for people.
    pub(crate) fn problem(&self, now: UnixMillis) -> Option<String> {
        let limit = self.limit.filter(|_| self.hour == now.0 / HOUR)?;
        let Self { articles, beyond, .. } = self;
        Some(format!(
            "sent {articles} articles in this hour, {beyond} of them beyond its budget: alerts of \
             these come as one message at its end; `{}` raises it for all, `budget.sites` for one site",
            limit.key()
        ))
    }
}

/// The budgets of all feeds and sites.
pub(crate) struct Budgets {
    budget: Budget,
    sites: Mutex<HashMap<String, SiteSpent>>,
}

/// What the feeds of a site have sent in an hour.
#[derive(Default)]
struct SiteSpent {
    hour: u64,
    all: Sum,
    feeds: HashMap<FeedId, Sum>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    articles: u64,
    bytes: u64,
}

impl Budgets {
    pub(crate) fn new(budget: Budget) -> Self {
        Self { budget, sites: Mutex::default() }
    }

    /// The account of a feed for one poll; `before` is what it had sent when it was last polled.
    pub(crate) fn account(
        &self,
        feed: &FeedSettings,
        before: Option<&Spent>,
        now: UnixMillis,
    ) -> Account<'_> {
        let hour = now.0 / HOUR;
        let fresh = || Spent { hour, ..Spent::default() };
        let spent = before.filter(|spent| spent.hour == hour).cloned().unwrap_or_else(fresh);
        let site = owner(&feed.url);
        let mut sites = self.sites();
        if sites.len() >= MOST_SITES {
            sites.retain(|_, sums| sums.hour == hour);
        }
        let sums = sites.entry(site.clone()).or_default();
        sums.turn_to(hour);
        // What a poll counted that was cut short is counted anew.
        let sum = Sum { articles: spent.articles, bytes: spent.bytes };
        let counted = sums.feeds.insert(feed.id.clone(), sum).unwrap_or_default();
        sums.all.articles = sums.all.articles - counted.articles + sum.articles;
        sums.all.bytes = sums.all.bytes - counted.bytes + sum.bytes;
        Account { budgets: self, site, feed: feed.id.clone(), spent }
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<String, SiteSpent>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SiteSpent {
    fn turn_to(&mut self, hour: u64) {
        if self.hour != hour {
            *self = Self { hour, ..Self::default() };
        }
    }
}

/// What one feed sends in one poll.
pub(crate) struct Account<'a> {
    budgets: &'a Budgets,
    site: String,
    feed: FeedId,
    spent: Spent,
}

impl Account<'_> {
    /// Counts an article and says whether it is beyond a budget. What never alerts counts nothing.
    pub(crate) fn is_beyond(&mut self, article: &ArticleFetched) -> bool {
        if article.article.baseline {
            return false;
        }
        let bytes = article.text.len() + article.article.title.len();
        let sum = Sum { articles: 1, bytes: bytes as u64 };
        let limit = self.spend(article, sum).into_iter().chain(self.spend_of_site(sum)).next();
        if let Some(limit) = limit {
            self.spent.beyond += 1;
            self.spent.limit = Some(limit);
            BEYOND_BUDGET.add(1, &[limit.label()]);
        }
        limit.is_some()
    }

    /// What the feed has sent in this hour.
    pub(crate) fn spent(self) -> Spent {
        self.spent
    }

    fn spend(&mut self, article: &ArticleFetched, sum: Sum) -> Option<Limit> {
        let (budget, spent) = (&self.budgets.budget, &mut self.spent);
        let most = budget.of_feed(&self.site);
        spent.articles += sum.articles;
        spent.bytes += sum.bytes;
        let claims_too_many =
            article.article.via.is_some() && !spent.may_speak_for(article, most.outlets);
        match () {
            () if spent.articles > most.sum.articles => Some(Limit::Articles),
            () if spent.bytes > most.sum.bytes => Some(Limit::Bytes),
            () if claims_too_many => Some(Limit::Outlets),
            () => None,
        }
    }

    fn spend_of_site(&self, sum: Sum) -> Option<Limit> {
        let mut sites = self.budgets.sites();
        let sums = sites.entry(self.site.clone()).or_default();
        sums.turn_to(self.spent.hour.max(sums.hour));
        sums.all.articles += sum.articles;
        sums.all.bytes += sum.bytes;
        let own = sums.feeds.entry(self.feed.clone()).or_default();
        own.articles += sum.articles;
        own.bytes += sum.bytes;
        let most = self.budgets.budget.of_site(&self.site);
        match () {
            () if sums.all.articles > most.articles => Some(Limit::SiteArticles),
            () if sums.all.bytes > most.bytes => Some(Limit::SiteBytes),
            () => None,
        }
    }
}

/// The most that one feed may send in an hour.
struct MostOfFeed {
    sum: Sum,
    outlets: u64,
}

impl Budget {
    /// The most of a feed of this site.
    fn of_feed(&self, site: &str) -> MostOfFeed {
        let times = self.times(site);
        let sum = Sum {
            articles: u64::from(self.articles_per_hour) * times,
            bytes: self.bytes_per_hour.saturating_mul(times),
        };
        MostOfFeed { sum, outlets: u64::from(self.outlets_per_hour) * times }
    }

    /// The most of all feeds of this site: no less than of one.
    fn of_site(&self, site: &str) -> Sum {
        let times = self.times(site);
        let articles = self.site_articles_per_hour.max(self.articles_per_hour);
        let bytes = self.site_bytes_per_hour.max(self.bytes_per_hour);
        Sum { articles: u64::from(articles) * times, bytes: bytes.saturating_mul(times) }
    }

    /// How many times the budgets of others a site has.
    fn times(&self, site: &str) -> u64 {
        self.sites.get(site).copied().map_or(1, u64::from)
    }
}

#[cfg(test)]
mod tests;
