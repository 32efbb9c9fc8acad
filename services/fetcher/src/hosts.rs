//! Limits requests: the time between two to one host, the number to one host at one time, and the number to
//! all hosts together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use wirefold_envelope::timestamp;
use wirefold_flow::{Clock, UnixMillis};
use wirefold_http_client::Response;

use crate::answer::host_retry_after;
use crate::lock::lock;
use crate::settings::Settings;
use crate::sites::host_key;

/// From this number of hosts on, those without requests and waits are forgotten.
const MOST_LANES: usize = 10_000;

/// The kind of a request. Each kind has slots of its own, so that pages never delay feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Feed,
    Page,
}

/// The right to one request. Dropping it ends the right.
pub(crate) struct Turn {
    _host: OwnedSemaphorePermit,
    _slot: OwnedSemaphorePermit,
}

/// Gives turns. Clones share all limits.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    delay: Duration,
    /// How many requests one host gets at one time.
    per_host: usize,
    feeds: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

/// The state of one host.
struct Lane {
    slots: Arc<Semaphore>,
    next: Mutex<UnixMillis>,
    /// The time until which the host wants no requests.
    paused_until: Mutex<UnixMillis>,
}

impl Hosts {
    /// At most `concurrency` feeds and as many pages at one time; of these at most `host_requests` to one
    /// host, with `per_host_delay` between two.
    pub(crate) fn new(clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let slots = || Arc::new(Semaphore::new(settings.concurrency.max(1)));
        let (delay, per_host) = (settings.per_host_delay, settings.budget.host_requests.max(1));
        let (feeds, pages, lanes) = (slots(), slots(), Mutex::default());
        Self(Arc::new(Inner { clock, delay, per_host, feeds, pages, lanes }))
    }

    /// Waits for a turn at a host. The next turn comes after the usual delay, or after `delay_asked` if
    /// that is longer.
    pub(crate) async fn turn(&self, url: &Url, kind: RequestKind, delay_asked: Duration) -> Turn {
        let Inner { clock, delay, feeds, pages, .. } = &*self.0;
        let lane = self.lane(&host_key(url));
        let host = acquire(&lane.slots).await;
        let slots = if kind == RequestKind::Feed { feeds } else { pages };
        loop {
            // The slot is acquired after the wait for the host, so that no slot is idle.
            let free_at = *lock(&lane.next);
            clock.sleep_until(free_at).await;
            let slot = acquire(slots).await;
            let now = clock.now();
            let mut next = lock(&lane.next);
            if *next <= now {
                *next = now.plus((*delay).max(delay_asked));
                return Turn { _host: host, _slot: slot };
            }
        }
    }

    /// Pauses requests to a host for the time that its answer asks for, if it does.
    pub(crate) fn pause_as_asked(&self, answer: &Response) {
        let now = self.0.clock.now();
        if let Some(wait) = host_retry_after(answer, timestamp(now)) {
            self.pause(&answer.url, now.plus(wait));
        }
    }

    /// Pauses requests to a host until this time.
    pub(crate) fn pause(&self, url: &Url, until: UnixMillis) {
        let lane = self.lane(&host_key(url));
        let mut paused_until = lock(&lane.paused_until);
        *paused_until = (*paused_until).max(until);
    }

    /// The time until which requests to a host pause, if they do now.
    pub(crate) fn paused_until(&self, url: &Url) -> Option<UnixMillis> {
        let until = *lock(&self.lane(&host_key(url)).paused_until);
        (until > self.0.clock.now()).then_some(until)
    }

    fn lane(&self, key: &str) -> Arc<Lane> {
        let mut lanes = lock(&self.0.lanes);
        if lanes.len() >= MOST_LANES {
            let now = self.0.clock.now();
            lanes.retain(|_, lane| {
                let is_waited_for = *lock(&lane.next) > now || *lock(&lane.paused_until) > now;
                Arc::strong_count(lane) > 1 || is_waited_for
            });
        }
        let fresh = || {
            let slots = Arc::new(Semaphore::new(self.0.per_host));
            let (next, paused_until) = (Mutex::new(UnixMillis(0)), Mutex::new(UnixMillis(0)));
            Arc::new(Lane { slots, next, paused_until })
        };
        lanes.entry(key.to_owned()).or_insert_with(fresh).clone()
    }
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.clone().acquire_owned().await.expect("nobody closes it")
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use wirefold_flow::sim::VirtualClock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn hosts(clock: &VirtualClock, per_host_delay: Duration, concurrency: usize) -> Hosts {
        let settings = Settings { per_host_delay, concurrency, ..Settings::default() };
        Hosts::new(Arc::new(clock.clone()), &settings)
    }

    async fn try_turn(turn: &mut (impl Future<Output = Turn> + Unpin)) -> Option<Turn> {
        std::future::poll_fn(|context| {
            Poll::Ready(match std::pin::Pin::new(&mut *turn).poll(context) {
                Poll::Ready(turn) => Some(turn),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[test]
    fn hosts_are_registrable_domains() {
        for (text, key) in [
            ("https://news.wire.example/feed", "wire.example"),
            ("http://wire.co.uk/", "wire.co.uk"),
            ("http://www.wire.co.uk:8080/", "wire.co.uk"),
            ("http://127.0.0.1:4000/", "127.0.0.1:4000"),
            ("http://[::1]/", "[::1]:80"),
            ("http://localhost:81/", "localhost:81"),
        ] {
            assert_eq!(host_key(&url(text)), key, "{text}");
        }
    }

    #[tokio::test]
    async fn delays_requests_to_one_host_but_not_to_another() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 8);
        let first = hosts.turn(&url("http://a.example/"), RequestKind::Feed, Duration::ZERO).await;
        let (same, other) = (url("http://www.a.example/"), url("http://b.example/"));
        let mut second = pin!(hosts.turn(&same, RequestKind::Feed, Duration::ZERO));
        assert!(try_turn(&mut second).await.is_none());
        hosts.turn(&other, RequestKind::Feed, Duration::ZERO).await;
        clock.advance(SECOND);
        assert!(try_turn(&mut second).await.is_some());
        drop(first);
    }

    #[test]
    fn a_pause_applies_to_all_names_of_a_host() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 8);
        let until = clock.now().plus(60 * SECOND);
        hosts.pause(&url("http://www.a.example/feed"), until);
        hosts.pause(&url("http://a.example/"), clock.now().plus(SECOND));
        assert_eq!(hosts.paused_until(&url("http://rss.a.example/")), Some(until));
        assert_eq!(hosts.paused_until(&url("http://b.example/")), None);
        clock.advance(60 * SECOND);
        assert_eq!(hosts.paused_until(&url("http://a.example/")), None);
    }

    #[tokio::test]
    async fn a_host_has_two_requests_at_once() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, Duration::ZERO, 8);
        let host = url("http://a.example/");
        let first = hosts.turn(&host, RequestKind::Feed, Duration::ZERO).await;
        let _second = hosts.turn(&host, RequestKind::Page, Duration::ZERO).await;
        let mut third = pin!(hosts.turn(&host, RequestKind::Feed, Duration::ZERO));
        assert!(try_turn(&mut third).await.is_none());
        drop(first);
        assert!(try_turn(&mut third).await.is_some());
    }

    #[tokio::test]
    async fn pages_and_waiting_hosts_use_no_slots_of_feeds() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 1);
        let slow = url("http://a.example/");
        let page = hosts.turn(&slow, RequestKind::Page, 10 * SECOND).await;
        let mut waiting = pin!(hosts.turn(&slow, RequestKind::Feed, Duration::ZERO));
        assert!(try_turn(&mut waiting).await.is_none());
        let other = url("http://b.example/");
        let feed = hosts.turn(&other, RequestKind::Feed, Duration::ZERO).await;
        clock.advance(9 * SECOND);
        assert!(try_turn(&mut waiting).await.is_none(), "the host asked for ten seconds");
        clock.advance(SECOND);
        assert!(try_turn(&mut waiting).await.is_none(), "the only slot is taken");
        drop(feed);
        assert!(try_turn(&mut waiting).await.is_some());
        drop(page);
    }
}
