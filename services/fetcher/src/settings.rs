//! The settings of the fetcher. The binary reads them from its configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;
use wirefold_http_client::Request;
use wirefold_proto::{FeedSettings, FullText};

use crate::access::{self, Access};
use crate::{extract, sources, subjects};

/// The inputs of the fetcher, and how to request them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The feeds that files define. Commands add others.
    pub feeds: Vec<ConfiguredFeed>,
    /// The remote lists of feeds (OPML).
    pub lists: Vec<ConfiguredList>,
    /// Files and folders with articles.
    pub sources: Vec<sources::Source>,
    /// Subjects of NATS servers with articles.
    pub subjects: Vec<subjects::Source>,
    /// The `User-Agent` of every request. The part before the first `/` is the name in robots.txt.
    pub user_agent: String,
    /// Networks that may be requested in addition to the public ones.
    pub allow: Vec<IpNet>,
    /// Host names that may be requested whatever their addresses.
    pub allow_hosts: Vec<String>,
    /// How to request some addresses. The one with the longest path applies.
    pub access: Vec<Access>,
    /// The shortest time between two polls of one feed. 10 min.
    pub min_interval: Duration,
    /// The longest time between two polls of one feed, failing or not. 24 h.
    pub max_interval: Duration,
    /// The time between the first two polls. 15 min.
    pub first_interval: Duration,
    /// The shortest time between two requests to one host. 1 s.
    pub per_host_delay: Duration,
    /// How long one answer may take, including redirects. 30 s.
    pub timeout: Duration,
    /// The most pages that are fetched for one poll, those of the newest items. 50.
    pub pages_per_poll: usize,
    /// How many feeds are requested at one time; the same number again for pages. 32.
    pub concurrency: usize,
    /// How pages are extracted. If it is absent, no pages are fetched.
    pub extract: Option<extract::Settings>,
    /// Whether the items of a feed's first good poll are baseline: indexed, never alerted.
    pub baseline: bool,
    /// The limits of one feed, one site and one host.
    pub budget: Budget,
    /// The name under which it shares the feeds with other fetchers on the same bus, which nobody else has. Without one, it
    /// polls all feeds.
    pub shares_as: Option<String>,
}

/// The limits of one feed, of all feeds of one site, and of one host. Beyond them a source delays only
/// itself. On sites that host the feeds of many people, each feed has a budget of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The most articles of a feed in an hour whose alerts are not held. 600.
    pub articles_per_hour: u32,
    /// The same in bytes of titles and texts. 20 MB.
    pub bytes_per_hour: u64,
    /// The most outlets to which a feed may attribute articles in an hour. 200.
    pub outlets_per_hour: u32,
    /// The most articles of all feeds of a site, no fewer than of one feed. 3,000.
    pub site_articles_per_hour: u32,
    /// The same in bytes. 100 MB.
    pub site_bytes_per_hour: u64,
    /// The most pages that are fetched and read at one time for all feeds of a site. 8.
    pub site_pages: usize,
    /// The most requests to one host at one time. 2.
    pub host_requests: usize,
    /// Factors for the hourly budgets of some sites, by domain, or by the address of a feed at a host
    /// that many people share.
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
            timeout: Duration::from_secs(30),
            pages_per_poll: 50,
            concurrency: 32,
            extract: None,
            baseline: true,
            budget: Budget::default(),
            shares_as: None,
        }
    }
}

impl Settings {
    /// The request for an address with the access that applies to it, for an answer of at most `max_body` bytes.
    pub(crate) fn request(&self, url: Url, max_body: u64) -> Request {
        let request = Request { max_body, total: self.timeout, ..Request::get(url) };
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
    /// How often it is requested.
    pub every: Duration,
    /// Whether article pages of its feeds are fetched, if the list does not say.
    pub full_text: FullText,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}
