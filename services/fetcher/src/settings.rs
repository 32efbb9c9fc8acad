//! The settings of the fetcher. The binary reads them from its configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use wirefold_http_client::Request;
use wirefold_proto::{FeedSettings, FullText};

use crate::access::{self, Access};
use crate::{extract, sources, subjects};

/// What the fetcher polls and reads, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The feeds that files define. Others come by command.
    pub feeds: Vec<ConfiguredFeed>,
    /// Lists of feeds that are kept in sync.
    pub lists: Vec<ConfiguredList>,
    /// Files and folders that give articles.
    pub sources: Vec<sources::Source>,
    /// Subjects of other servers that give articles.
    pub subjects: Vec<subjects::Source>,
    /// Sent with every request; what stands before the first `/` is the name in robots.txt.
    pub user_agent: String,
    /// Networks that are let in besides the public ones.
    pub allow: Vec<IpNet>,
    /// Hosts by name that are let in wherever their addresses are.
    pub allow_hosts: Vec<String>,
    /// What is special about some addresses; the closest counts.
    pub access: Vec<Access>,
    /// The shortest time between two polls of one feed. 10 min.
    pub min_interval: Duration,
    /// The longest time between two polls of one feed, failing or not. 24 h.
    pub max_interval: Duration,
    /// The time between the first two polls. 15 min.
    pub first_interval: Duration,
    /// The shortest time between two requests to one host. 1 s.
    pub per_host_delay: Duration,
    /// The most bytes of a feed, decoded. 10 MB.
    pub feed_limit: u64,
    /// The most bytes of a page, decoded. 5 MB.
    pub page_limit: u64,
    /// How long one answer may take, redirects and all. 30 s.
    pub timeout: Duration,
    /// The most items that are read of one feed. 1,000.
    pub items_per_feed: usize,
    /// The most pages that are fetched for one poll; the newest items have theirs. 50.
    pub pages_per_poll: usize,
    /// How many feeds are asked at once, and again how many pages. 32.
    pub concurrency: usize,
    /// How pages are extracted; without it no pages are fetched.
    pub extract: Option<extract::Settings>,
    /// Whether what a feed lists at its first good poll is baseline: indexed, never alerted.
    pub baseline: bool,
    /// What one feed, one site and one host may take.
    pub budget: Budget,
}

/// What one feed, all feeds of one site, and one host may take, so that it harms only itself. Sites
/// that carry the feeds of many people have a budget for each feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The most articles of a feed in an hour whose alerts are not held. 600.
    pub articles_per_hour: u32,
    /// The same in bytes of titles and texts. 20 MB.
    pub bytes_per_hour: u64,
    /// The most other outlets in whose name a feed may speak in an hour. 200.
    pub outlets_per_hour: u32,
    /// The most articles of all feeds of a site, no fewer than of one feed. 3,000.
    pub site_articles_per_hour: u32,
    /// The same in bytes. 100 MB.
    pub site_bytes_per_hour: u64,
    /// The most pages that all feeds of a site have open at once; each has one. 8.
    pub site_pages: usize,
    /// The most requests that one host has at once. 2.
    pub host_requests: usize,
    /// How many times the hourly budgets of others the feeds of a site have, by its domain, or by the
    /// address of a feed at a host that many people share.
    pub sites: BTreeMap<String, u32>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            articles_per_hour: 600,
            bytes_per_hour: 20_000_000,
            outlets_per_hour: 200,
            site_articles_per_hour: 3_000,
            site_bytes_per_hour: 100_000_000,
            site_pages: 8,
            host_requests: 2,
            sites: BTreeMap::new(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            feeds: Vec::new(),
            lists: Vec::new(),
            sources: Vec::new(),
            subjects: Vec::new(),
            user_agent: concat!("wirefold/", env!("CARGO_PKG_VERSION")).to_owned(),
            allow: Vec::new(),
            allow_hosts: Vec::new(),
            access: Vec::new(),
            min_interval: Duration::from_mins(10),
            max_interval: Duration::from_hours(24),
            first_interval: Duration::from_mins(15),
            per_host_delay: Duration::from_secs(1),
            feed_limit: 10_000_000,
            page_limit: 5_000_000,
            timeout: Duration::from_secs(30),
            items_per_feed: 1000,
            pages_per_poll: 50,
            concurrency: 32,
            extract: None,
            baseline: true,
            budget: Budget::default(),
        }
    }
}

impl Settings {
    /// A request with what is special about its address.
    pub(crate) fn access(&self, request: Request) -> Request {
        access::with_access(&self.access, request)
    }
}

/// A feed that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredFeed {
    /// The feed and how to poll it.
    pub feed: FeedSettings,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}

/// A list of feeds (OPML) that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredList {
    /// Its address.
    pub url: String,
    /// How often it is asked for.
    pub every: Duration,
    /// Whether article pages of its feeds are fetched, whatever it says itself.
    pub full_text: Option<FullText>,
    /// Whether they are where neither that nor the list says.
    pub else_full_text: FullText,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}
