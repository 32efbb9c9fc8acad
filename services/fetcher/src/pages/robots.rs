//! The permissions of robots.txt (RFC 9309), requested once a day for each host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OnceCell;
use url::{Position, Url};
use wirefold_flow::{Clock, UnixMillis};
use wirefold_http_client::Request;

use super::page_client::PageClient;
use super::rules::Rules;
use crate::hosts::{Hosts, RequestKind};
use crate::settings::Settings;

/// How long the rules of a host are cached.
const GOOD_FOR: Duration = Duration::from_hours(24);
/// The wait after a failed request for robots.txt.
const WAIT: Duration = Duration::from_mins(30);
/// The most bytes of the file that are read. RFC 9309, section 2.5, asks for 500 KiB at least.
const MOST_BYTES: usize = 500 * 1024;
/// The most bytes that the answer may have.
const LIMIT: u64 = 4 * 1024 * 1024;
/// The longest `Crawl-delay` that wirefold respects. Pages of hosts with a longer one are not fetched.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// From this number of hosts on, expired rules are dropped.
const MOST_HOSTS: usize = 10_000;

/// Whether a page may be fetched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Permission {
    /// Allowed, with this delay before the next request.
    Allowed(Duration),
    /// Forbidden.
    Forbidden,
    /// Unknown now, and therefore forbidden for now.
    Unknown,
}

/// The rules of all hosts.
pub(crate) struct Robots {
    client: Arc<PageClient>,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    agent: String,
    settings: Arc<Settings>,
    hosts_rules: Mutex<HashMap<String, Arc<HostRules>>>,
}

/// One host's rules, fetched by the first request that needs them.
struct HostRules {
    until: Mutex<UnixMillis>,
    /// `None` if robots.txt could not be fetched.
    rules: OnceCell<Option<Rules>>,
}

impl Robots {
    pub(crate) fn new(
        client: Arc<PageClient>,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        settings: Arc<Settings>,
    ) -> Self {
        let name = settings.user_agent.split('/').next().unwrap_or_default();
        let agent = name.trim().to_owned();
        Self { client, hosts, clock, agent, settings, hosts_rules: Mutex::default() }
    }

    /// Whether the page may be fetched.
    pub(crate) async fn permission(&self, page: &Url) -> Permission {
        let host_rules = self.host_rules(page);
        let rules = host_rules.rules.get_or_init(|| self.load(page, &host_rules)).await;
        match rules {
            None => Permission::Unknown,
            Some(rules) if rules.allow(&page[Position::BeforePath..Position::AfterQuery]) => {
                allowed(rules)
            }
            Some(_) => Permission::Forbidden,
        }
    }

    fn host_rules(&self, page: &Url) -> Arc<HostRules> {
        let now = self.clock.now();
        let mut hosts_rules = guard(&self.hosts_rules);
        if hosts_rules.len() >= MOST_HOSTS {
            hosts_rules.retain(|_, host_rules| *guard(&host_rules.until) > now);
        }
        let origin = page.origin().ascii_serialization();
        let fresh = || {
            let until = Mutex::new(now.plus(GOOD_FOR));
            Arc::new(HostRules { until, rules: OnceCell::new() })
        };
        let host_rules = hosts_rules.entry(origin).or_insert_with(fresh);
        if *guard(&host_rules.until) <= now {
            *host_rules = fresh();
        }
        host_rules.clone()
    }

    async fn load(&self, page: &Url, host_rules: &HostRules) -> Option<Rules> {
        let rules = match page.join("/robots.txt") {
            Ok(url) => self.fetch(url).await,
            Err(_) => None,
        };
        if rules.is_none() {
            *guard(&host_rules.until) = self.clock.now().plus(WAIT);
        }
        rules
    }

    async fn fetch(&self, url: Url) -> Option<Rules> {
        let _turn = self.hosts.turn(&url, RequestKind::Page, Duration::ZERO).await;
        let total = self.settings.timeout;
        let request = Request { max_body: LIMIT, total, ..Request::get(url.clone()) };
        let request = self.settings.access(request);
        match self.client.send(request).await {
            Ok(answer) if answer.is_success() => self.read(answer.body).await,
            // RFC 9309, section 2.3.1.3: without the file, nothing is forbidden.
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                Some(Rules::default())
            }
            Ok(answer) => {
                tracing::debug!(%url, status = answer.status, "robots.txt cannot be read");
                None
            }
            Err(error) => {
                tracing::debug!(%url, %error, "robots.txt cannot be read");
                None
            }
        }
    }

    /// Parses the file on a blocking thread, so that a large file or a panic affects nothing else.
    async fn read(&self, file: Bytes) -> Option<Rules> {
        let agent = self.agent.clone();
        let start = file.slice(..file.len().min(MOST_BYTES));
        let reading = tokio::task::spawn_blocking(move || Rules::read(&start, &agent));
        reading.await.ok()
    }
}

fn allowed(rules: &Rules) -> Permission {
    let delay = rules.delay().map(Duration::try_from_secs_f64);
    match delay {
        None | Some(Err(_)) => Permission::Allowed(Duration::ZERO),
        Some(Ok(delay)) if delay > LONGEST_DELAY => Permission::Forbidden,
        Some(Ok(delay)) => Permission::Allowed(delay),
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
