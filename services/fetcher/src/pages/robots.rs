//! What robots.txt allows, asked once a day and host. RFC 9309.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use texting_robots::Robot;
use tokio::sync::OnceCell;
use url::Url;
use wirefold_flow::{Clock, UnixMillis};
use wirefold_guard::{Client, Request};

use crate::schedule::{Errand, Hosts};

/// How long an answer holds.
const GOOD_FOR: Duration = Duration::from_hours(24);
/// How long a host that gave none is not asked again.
const WAIT: Duration = Duration::from_mins(30);
/// What is read of the file. RFC 9309, section 2.5, asks for 500 KiB at least.
const MOST_BYTES: u64 = 500 * 1024;
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
    client: Client,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    agent: String,
    timeout: Duration,
    known: Mutex<HashMap<String, Arc<Asked>>>,
}

/// One host's rules, asked for by whoever needs them first.
struct Asked {
    until: Mutex<UnixMillis>,
    rules: OnceCell<Rules>,
}

enum Rules {
    /// No file: everything is allowed.
    None,
    File(Robot),
    /// It cannot be had, or not be read.
    Unknown,
}

impl Robots {
    pub(crate) fn new(
        client: Client,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        user_agent: &str,
        timeout: Duration,
    ) -> Self {
        let agent = user_agent.split('/').next().unwrap_or_default().trim().to_owned();
        Self { client, hosts, clock, agent, timeout, known: Mutex::default() }
    }

    /// Whether the page may be fetched.
    pub(crate) async fn permission(&self, page: &Url) -> Permission {
        let asked = self.asked(page);
        let rules = asked.rules.get_or_init(|| self.ask(page, &asked)).await;
        match rules {
            Rules::None => Permission::Allowed(Duration::ZERO),
            Rules::Unknown => Permission::Unknown,
            Rules::File(robot) if robot.allowed(page.as_str()) => allowed(robot),
            Rules::File(_) => Permission::Forbidden,
        }
    }

    fn asked(&self, page: &Url) -> Arc<Asked> {
        let now = self.clock.now();
        let mut known = guard(&self.known);
        if known.len() >= MOST_HOSTS {
            known.retain(|_, asked| *guard(&asked.until) > now);
        }
        let origin = page.origin().ascii_serialization();
        let fresh = || {
            let until = Mutex::new(now.plus(GOOD_FOR));
            Arc::new(Asked { until, rules: OnceCell::new() })
        };
        let asked = known.entry(origin).or_insert_with(fresh);
        if *guard(&asked.until) <= now {
            *asked = fresh();
        }
        asked.clone()
    }

    async fn ask(&self, page: &Url, asked: &Asked) -> Rules {
        let rules = match page.join("/robots.txt") {
            Ok(url) => self.fetch(url).await,
            Err(_) => Rules::Unknown,
        };
        if matches!(rules, Rules::Unknown) {
            *guard(&asked.until) = self.clock.now().plus(WAIT);
        }
        rules
    }

    async fn fetch(&self, url: Url) -> Rules {
        let _turn = self.hosts.turn(&url, Errand::Page, Duration::ZERO).await;
        let request =
            Request { max_body: MOST_BYTES, total: self.timeout, ..Request::get(url.clone()) };
        match self.client.send(request).await {
            Ok(answer) if answer.is_success() => self.read(answer.body).await,
            // RFC 9309, section 2.3.1.3: the file is not there, so nothing is forbidden.
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                Rules::None
            }
            Ok(answer) => {
                tracing::debug!(%url, status = answer.status, "robots.txt cannot be had");
                Rules::Unknown
            }
            Err(error) => {
                tracing::debug!(%url, %error, "robots.txt cannot be had");
                Rules::Unknown
            }
        }
    }

    /// Reads the file where neither its size nor a fault of the parser holds anyone up.
    async fn read(&self, file: Bytes) -> Rules {
        let agent = self.agent.clone();
        let reading = tokio::task::spawn_blocking(move || Robot::new(&agent, &file).ok());
        reading.await.ok().flatten().map_or(Rules::Unknown, Rules::File)
    }
}

fn allowed(robot: &Robot) -> Permission {
    let delay = robot.delay.map(f64::from).map(Duration::try_from_secs_f64);
    match delay {
        None | Some(Err(_)) => Permission::Allowed(Duration::ZERO),
        Some(Ok(delay)) if delay > LONGEST_DELAY => Permission::Forbidden,
        Some(Ok(delay)) => Permission::Allowed(delay),
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
