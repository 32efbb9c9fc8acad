//! What robots.txt allows (RFC 9309), requested once a day for each host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OnceCell;
use url::{Position, Url};
use wirefold_flow::{Clock, UnixMillis};
use wirefold_http_client::Request;

use super::courier::Courier;
use super::rules::Rules;
use crate::hosts::{Errand, Hosts};
use crate::settings::Settings;

/// How long an answer holds.
const GOOD_FOR: Duration = Duration::from_hours(24);
/// How long a host that gave none is not asked again.
const WAIT: Duration = Duration::from_mins(30);
/// What is read of the file. RFC 9309, section 2.5, asks for 500 KiB at least.
const MOST_BYTES: usize = 500 * 1024;
/// The most bytes that a host may send in its place.
const LIMIT: u64 = 4 * 1024 * 1024;
/// The longest `Crawl-delay` that is honoured; beyond it the page is not worth it.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// How many hosts are remembered.
const MOST_HOSTS: usize = 10_000;

/// What a host says about a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Permission {
    /// It may be fetched, and the next request comes no sooner than this later.
    Allowed(Duration),
    /// It may not.
    Forbidden,
    /// Nobody can say now, which forbids it for now.
    Unknown,
}

/// The rules of all hosts.
pub(crate) struct Robots {
    courier: Arc<Courier>,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    agent: String,
    settings: Arc<Settings>,
    known: Mutex<HashMap<String, Arc<HostRules>>>,
}

/// One host's rules, fetched by the first request that needs them.
struct HostRules {
    until: Mutex<UnixMillis>,
    /// None where they cannot be had.
    rules: OnceCell<Option<Rules>>,
}

impl Robots {
    pub(crate) fn new(
        courier: Arc<Courier>,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        settings: Arc<Settings>,
    ) -> Self {
        let name = settings.user_agent.split('/').next().unwrap_or_default();
        let agent = name.trim().to_owned();
        Self { courier, hosts, clock, agent, settings, known: Mutex::default() }
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
        let mut known = guard(&self.known);
        if known.len() >= MOST_HOSTS {
            known.retain(|_, host_rules| *guard(&host_rules.until) > now);
        }
        let origin = page.origin().ascii_serialization();
        let fresh = || {
            let until = Mutex::new(now.plus(GOOD_FOR));
            Arc::new(HostRules { until, rules: OnceCell::new() })
        };
        let host_rules = known.entry(origin).or_insert_with(fresh);
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
        let _turn = self.hosts.turn(&url, Errand::Page, Duration::ZERO).await;
        let total = self.settings.timeout;
        let request = Request { max_body: LIMIT, total, ..Request::get(url.clone()) };
        let request = self.settings.access(request);
        match self.courier.send(request).await {
            Ok(answer) if answer.is_success() => self.read(answer.body).await,
            // RFC 9309, section 2.3.1.3: the file is not there, so nothing is forbidden.
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                Some(Rules::default())
            }
            Ok(answer) => {
                tracing::debug!(%url, status = answer.status, "robots.txt cannot be had");
                None
            }
            Err(error) => {
                tracing::debug!(%url, %error, "robots.txt cannot be had");
                None
            }
        }
    }

    /// Reads the file where neither its size nor a fault of the parser holds anyone up.
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
