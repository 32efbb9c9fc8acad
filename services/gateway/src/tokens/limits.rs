//! Limits how often a client may send requests.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Wrong or missing credentials of one address in a minute.
const FAILURES: NonZeroU32 = NonZeroU32::new(30).expect("thirty is not zero");
/// Requests of one token in a second, over a long time …
const REQUESTS: NonZeroU32 = NonZeroU32::new(20).expect("twenty is not zero");
/// … and at once.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(300).expect("three hundred is not zero");
/// If there are this many entries, those that no longer limit anything are removed.
const KEPT: usize = 10_000;

/// The address that a connection comes from. The server that accepts connections adds it to each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Request counts by client. Rates are those of a leaky bucket (GCRA, ITU-T I.371).
pub(super) struct Limits {
    failures: Keyed<IpAddr>,
    requests: Keyed<String>,
    clock: DefaultClock,
}

impl Default for Limits {
    fn default() -> Self {
        let requests = Quota::per_second(REQUESTS).allow_burst(AT_ONCE);
        Self {
            failures: RateLimiter::hashmap(Quota::per_minute(FAILURES)),
            requests: RateLimiter::hashmap(requests),
            clock: DefaultClock::default(),
        }
    }
}

impl Limits {
    /// Counts a request without valid credentials. The error is the number of seconds to wait.
    pub(super) fn count_failure(&self, peer: Option<Peer>) -> Result<(), u64> {
        if self.failures.len() > KEPT {
            self.failures.retain_recent();
        }
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |peer| network(peer.0));
        self.checked(&self.failures, &peer)
    }

    /// Counts a request of a token, by its hash.
    pub(super) fn count_request(&self, hash: &str) -> Result<(), u64> {
        if self.requests.len() > KEPT {
            self.requests.retain_recent();
        }
        self.checked(&self.requests, &hash.to_owned())
    }

    fn checked<K: std::hash::Hash + Eq + Clone>(
        &self,
        limiter: &Keyed<K>,
        key: &K,
    ) -> Result<(), u64> {
        let refused =
            |until: governor::NotUntil<_>| until.wait_time_from(self.clock.now()).as_secs() + 1;
        limiter.check_key(key).map_err(refused)
    }
}

/// The owner of an IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => IpAddr::V4(four),
            None => {
                let [a, b, c, d, ..] = six.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        },
        IpAddr::V4(_) => address,
    }
}
