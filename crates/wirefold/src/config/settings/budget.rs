//! Limits for one feed, one site and one host.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits for one feed, one site and one host, so that a bad one harms only itself. wirefold drops nothing:
/// it folds and shows articles beyond a budget, and sends their alerts as one message at the end of the hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BudgetConfig {
    /// The most articles of a feed in an hour whose alerts are sent at once.
    pub(crate) articles_per_hour: u32,
    /// The most bytes of texts of a feed in an hour whose alerts are sent at once.
    pub(crate) bytes_per_hour: u64,
    /// How many other outlets a feed may name in an hour. The alerts of articles under further names wait for
    /// the end of the hour.
    pub(crate) outlets_per_hour: u32,
    /// The same as `articles_per_hour` for all feeds of a site together. If it is smaller than
    /// `articles_per_hour`, that value counts. Feeds at a host that many people share each have a budget of
    /// their own.
    pub(crate) site_articles_per_hour: u32,
    /// The same as `bytes_per_hour` for all feeds of a site together.
    pub(crate) site_bytes_per_hour: u64,
    /// The most alerts in an hour that come from one site alone and notify a subscription at once.
    pub(crate) site_alerts_per_hour: u32,
    /// The most article pages that the feeds of a site download at one time; one feed downloads one.
    pub(crate) site_pages: u32,
    /// The most requests that one host gets at one time.
    pub(crate) host_requests: u32,
    /// The factor of the hourly numbers above for a site that may send more, such as the wire of an agency.
    /// The key is its domain, or the address of a feed at a host that many people share.
    pub(crate) sites: BTreeMap<String, u32>,
}

impl Default for BudgetConfig {
    /// The defaults of the services.
    fn default() -> Self {
        let budget = wirefold_fetcher::Budget::default();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            articles_per_hour: budget.articles_per_hour,
            bytes_per_hour: budget.bytes_per_hour,
            outlets_per_hour: budget.outlets_per_hour,
            site_articles_per_hour: budget.site_articles_per_hour,
            site_bytes_per_hour: budget.site_bytes_per_hour,
            site_alerts_per_hour: wirefold_alerter::SiteAlerts::default().per_hour,
            site_pages: count(budget.site_pages),
            host_requests: count(budget.host_requests),
            sites: budget.sites,
        }
    }
}

impl BudgetConfig {
    /// The fetcher's limits.
    pub(crate) fn fetcher(&self) -> wirefold_fetcher::Budget {
        wirefold_fetcher::Budget {
            articles_per_hour: self.articles_per_hour,
            bytes_per_hour: self.bytes_per_hour,
            outlets_per_hour: self.outlets_per_hour,
            site_articles_per_hour: self.site_articles_per_hour,
            site_bytes_per_hour: self.site_bytes_per_hour,
            site_pages: self.site_pages as usize,
            host_requests: self.host_requests as usize,
            sites: self.sites.clone(),
        }
    }

    /// The alerter's limits.
    pub(crate) fn alerter(&self) -> wirefold_alerter::SiteAlerts {
        let per_hour = self.site_alerts_per_hour;
        wirefold_alerter::SiteAlerts { per_hour, sites: self.sites.clone() }
    }

    /// The keys with a value that allows nothing, each with its effect.
    pub(crate) fn empty(&self) -> Vec<(&'static str, &'static str)> {
        const HELD: &str = "0 would hold every alert until the end of the hour; write a number of at \
                            least 1";
        const NEVER: &str = "0 would allow no request; write a number of at least 1";
        let all = [
            ("budget.articles_per_hour", u64::from(self.articles_per_hour), HELD),
            ("budget.bytes_per_hour", self.bytes_per_hour, HELD),
            ("budget.outlets_per_hour", u64::from(self.outlets_per_hour), HELD),
            ("budget.site_articles_per_hour", u64::from(self.site_articles_per_hour), HELD),
            ("budget.site_bytes_per_hour", self.site_bytes_per_hour, HELD),
            ("budget.site_alerts_per_hour", u64::from(self.site_alerts_per_hour), HELD),
            ("budget.site_pages", u64::from(self.site_pages), NEVER),
            ("budget.host_requests", u64::from(self.host_requests), NEVER),
            ("budget.sites", self.sites.values().copied().min().map_or(1, u64::from), HELD),
        ];
        all.into_iter().filter(|(_, most, _)| *most == 0).map(|(key, _, why)| (key, why)).collect()
    }
}
