//! Limits requests: how often one host is asked, how many requests it has at once, and how many all
//! hosts have together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use wirefold_flow::{Clock, UnixMillis};

use crate::settings::Settings;
use crate::sites::host_key;

/// How many hosts are remembered before those with no open wait are forgotten.
const MOST_LANES: usize = 10_000;

/// What a request is for. Pages never wait for a place that feeds need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    Feed,
    Page,
}

/// The right to one request; ends when it is dropped.
pub(crate) struct Turn {
    _host: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

/// Gives turns. Clones are one.
#[derive(Clone)]
pub(crate) struct Hosts(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    delay: Duration,
    /// How many requests one host has at once.
    per_host: usize,
    feeds: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    lanes: Mutex<HashMap<String, Arc<Lane>>>,
}

/// One host.
struct Lane {
    room: Arc<Semaphore>,
    next: Mutex<UnixMillis>,
    /// Until when it wants to be left alone.
    left_alone: Mutex<UnixMillis>,
}

impl Hosts {
    /// At most `concurrency` feeds and as many pages at once, and of one host so many as its budget
    /// has; `per_host_delay` between two requests to a host.
    pub(crate) fn new(clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let places = || Arc::new(Semaphore::new(settings.concurrency.max(1)));
        let (delay, per_host) = (settings.per_host_delay, settings.budget.host_requests.max(1));
        let (feeds, pages, lanes) = (places(), places(), Mutex::default());
        Self(Arc::new(Inner { clock, delay, per_host, feeds, pages, lanes }))
    }

    /// Waits for a turn at a host. The one after it comes no sooner than `patience` later, where
    /// the host asks for more than the usual delay.
    pub(crate) async fn turn(&self, url: &Url, errand: Errand, patience: Duration) -> Turn {
        let Inner { clock, delay, feeds, pages, .. } = &*self.0;
        let lane = self.lane(&host_key(url));
        let host = acquire(&lane.room).await;
        let places = if errand == Errand::Feed { feeds } else { pages };
        loop {
            // A place is held only while it is used, not while a host is waited for.
            let free_at = *guard(&lane.next);
            clock.sleep_until(free_at).await;
            let place = acquire(places).await;
            let now = clock.now();
            let mut next = guard(&lane.next);
            if *next <= now {
                *next = now.plus((*delay).max(patience));
                return Turn { _host: host, _place: place };
            }
        }
    }

    /// Leaves a host alone until then, as it asks.
    pub(crate) fn leave_alone(&self, url: &Url, until: UnixMillis) {
        let lane = self.lane(&host_key(url));
        let mut left_alone = guard(&lane.left_alone);
        *left_alone = (*left_alone).max(until);
    }

    /// Until when a host wants to be left alone, if it does now.
    pub(crate) fn left_alone(&self, url: &Url) -> Option<UnixMillis> {
        let until = *guard(&self.lane(&host_key(url)).left_alone);
        (until > self.0.clock.now()).then_some(until)
    }

    fn lane(&self, key: &str) -> Arc<Lane> {
        let mut lanes = guard(&self.0.lanes);
        if lanes.len() >= MOST_LANES {
            let now = self.0.clock.now();
            lanes.retain(|_, lane| {
                let is_waited_for = *guard(&lane.next) > now || *guard(&lane.left_alone) > now;
                Arc::strong_count(lane) > 1 || is_waited_for
            });
        }
        let fresh = || {
            let room = Arc::new(Semaphore::new(self.0.per_host));
            let (next, left_alone) = (Mutex::new(UnixMillis(0)), Mutex::new(UnixMillis(0)));
            Arc::new(Lane { room, next, left_alone })
        };
        lanes.entry(key.to_owned()).or_insert_with(fresh).clone()
    }
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    semaphore.clone().acquire_owned().await.expect("nobody closes it")
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    async fn is_given(turn: &mut (impl Future<Output = Turn> + Unpin)) -> Option<Turn> {
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
    async fn a_host_is_given_time_and_another_does_not_wait() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 8);
        let first = hosts.turn(&url("http://a.example/"), Errand::Feed, Duration::ZERO).await;
        let (same, other) = (url("http://www.a.example/"), url("http://b.example/"));
        let mut second = pin!(hosts.turn(&same, Errand::Feed, Duration::ZERO));
        assert!(is_given(&mut second).await.is_none());
        hosts.turn(&other, Errand::Feed, Duration::ZERO).await;
        clock.advance(SECOND);
        assert!(is_given(&mut second).await.is_some());
        drop(first);
    }

    #[test]
    fn a_host_is_left_alone_with_all_its_names() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 8);
        let until = clock.now().plus(60 * SECOND);
        hosts.leave_alone(&url("http://www.a.example/feed"), until);
        hosts.leave_alone(&url("http://a.example/"), clock.now().plus(SECOND));
        assert_eq!(hosts.left_alone(&url("http://rss.a.example/")), Some(until));
        assert_eq!(hosts.left_alone(&url("http://b.example/")), None);
        clock.advance(60 * SECOND);
        assert_eq!(hosts.left_alone(&url("http://a.example/")), None);
    }

    #[tokio::test]
    async fn a_host_has_two_requests_at_once() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, Duration::ZERO, 8);
        let host = url("http://a.example/");
        let first = hosts.turn(&host, Errand::Feed, Duration::ZERO).await;
        let _second = hosts.turn(&host, Errand::Page, Duration::ZERO).await;
        let mut third = pin!(hosts.turn(&host, Errand::Feed, Duration::ZERO));
        assert!(is_given(&mut third).await.is_none());
        drop(first);
        assert!(is_given(&mut third).await.is_some());
    }

    #[tokio::test]
    async fn pages_take_no_place_of_feeds_and_a_host_in_waiting_takes_none() {
        let clock = VirtualClock::default();
        let hosts = hosts(&clock, SECOND, 1);
        let slow = url("http://a.example/");
        let page = hosts.turn(&slow, Errand::Page, 10 * SECOND).await;
        let mut waiting = pin!(hosts.turn(&slow, Errand::Feed, Duration::ZERO));
        assert!(is_given(&mut waiting).await.is_none());
        let other = url("http://b.example/");
        let feed = hosts.turn(&other, Errand::Feed, Duration::ZERO).await;
        clock.advance(9 * SECOND);
        assert!(is_given(&mut waiting).await.is_none(), "the host asked for ten seconds");
        clock.advance(SECOND);
        assert!(is_given(&mut waiting).await.is_none(), "the only place is taken");
        drop(feed);
        assert!(is_given(&mut waiting).await.is_some());
        drop(page);
    }
}
