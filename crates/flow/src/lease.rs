//! A lease: decides which of several processes does work that only one of them may do.
//!
//! The lease is one key of a bucket. Its holder writes it again every [`RENEWAL_INTERVAL`]. The others
//! check it every [`CHECK_INTERVAL`]. A process that finds the same revision
//! [`CHECKS_UNTIL_ABANDONED`] times takes the lease by compare-and-set. Processes count checks and
//! compare no clocks: neither those of two machines, nor two times of their own.
//!
//! The lease prevents two writers from taking over from each other again and again. Only the chain
//! ensures that their output is written once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;

use crate::bus::{Entry, KeyValue};
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::loops::{Event, StageContext};

/// How often the holder renews the lease.
pub(crate) const RENEWAL_INTERVAL: Duration = Duration::from_millis(500);
/// How often the others check the lease.
pub(crate) const CHECK_INTERVAL: Duration = Duration::from_millis(250);
/// A lease that is unchanged at this many checks in a row counts as abandoned.
pub(crate) const CHECKS_UNTIL_ABANDONED: u32 = 8;
/// A holder starts no work if its last successful renewal began longer ago than this. It is less than
/// the time that the others wait.
pub(crate) const RENEWAL_DUE_AFTER: Duration = Duration::from_millis(1_500);

/// The key of a lease, and the process that requests it.
#[derive(Clone)]
pub struct LeaseConfig {
    /// The name of the loop in its events.
    pub name: String,
    /// The bucket.
    pub keys: Arc<dyn KeyValue>,
    /// The key in it.
    pub key: String,
    /// The name of this process, for people. Without line breaks.
    pub holder: String,
    /// An id that no other process has, nor this one after a restart. Without spaces.
    pub unique: String,
}

/// Whether this process leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leadership {
    /// Another process leads. Its name, if known.
    Follows(Option<String>),
    /// This process leads.
    Leads,
    /// This process led and cannot renew its lease. It starts no work until it can.
    InDoubt,
    /// This process has released its lease and will not request it again.
    Released,
}

/// The request of a lease's user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct LeaseRequest {
    /// To lead. Otherwise only to know who leads.
    wants_lead: bool,
    /// How often the user resigned, because another process wrote without having the lease.
    resignations: u32,
    /// Never to lead again.
    wants_release: bool,
}

/// A lease that a task renews, or `None` if there can be no other process.
pub struct Lease(Option<SharedLease>);

struct SharedLease {
    leadership: watch::Receiver<Leadership>,
    requests: watch::Sender<LeaseRequest>,
    context: StageContext,
}

impl Lease {
    /// No lease: this process always leads. For a bus inside one process.
    #[must_use]
    pub fn alone() -> Self {
        Self(None)
    }

    /// Starts a task that requests and renews the lease. It releases the lease when this is dropped.
    #[must_use]
    pub fn spawn(context: &StageContext, config: LeaseConfig) -> Self {
        let (current, leadership) = watch::channel(Leadership::Follows(None));
        let (requests, requested) = watch::channel(LeaseRequest::default());
        let renewal = Renewal::new(context.clone(), config, current, requested);
        tokio::spawn(renewal.run());
        Self(Some(SharedLease { leadership, requests, context: context.clone() }))
    }

    /// Whether other processes can request it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this process leads.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        match &self.0 {
            None => Leadership::Leads,
            Some(shared) => shared.leadership.borrow().clone(),
        }
    }

    /// Returns once the leadership differs from `known`; never if this process is alone.
    pub async fn changed_from(&mut self, known: &Leadership) {
        let Some(shared) = &mut self.0 else {
            return std::future::pending().await;
        };
        if shared.leadership.wait_for(|current| current != known).await.is_err() {
            // The task that renewed it is gone with its runtime.
            std::future::pending::<()>().await;
        }
    }

    /// Requests the lease from now on. Call it once this process is ready to lead.
    pub fn request_lead(&self) {
        self.change_request(|request| request.wants_lead = true);
    }

    /// Gives the lease back, and requests it again only after a while.
    pub fn resign(&self) {
        self.change_request(|request| {
            request.wants_lead = false;
            request.resignations += 1;
        });
    }

    /// Gives the lease back for good, so that a standby takes it at once. Waits a moment for that.
    pub async fn release(&mut self) {
        self.change_request(|request| request.wants_release = true);
        if let Some(SharedLease { leadership, context, .. }) = &mut self.0 {
            tokio::select! {
                biased;
                _ = leadership.wait_for(|current| *current == Leadership::Released) => {}
                () = context.wait(RENEWAL_DUE_AFTER) => {}
            }
        }
    }

    fn change_request(&self, change: impl FnOnce(&mut LeaseRequest)) {
        if let Some(shared) = &self.0 {
            shared.requests.send_modify(change);
        }
    }
}

/// The longest wait for an answer of the bus.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(900);
/// The wait before a failed renewal is tried again.
const RETRY_AFTER: Duration = Duration::from_millis(100);
/// The wait before a process that leads without a lease checks whether leases are possible now.
const CHECK_WITHOUT_LEASE: Duration = Duration::from_secs(10);
/// For this many checks, a process that resigned does not request the lease.
const CHECKS_AFTER_RESIGNING: u32 = 40;

struct Renewal {
    context: StageContext,
    config: LeaseConfig,
    value: Bytes,
    leadership: watch::Sender<Leadership>,
    requests: watch::Receiver<LeaseRequest>,
    request: LeaseRequest,
    held: Option<OwnLease>,
    others: OthersLease,
    /// For this many checks the lease is not requested.
    pause: u32,
}

/// A lease of this process.
#[derive(Clone, Copy)]
struct OwnLease {
    revision: u64,
    /// When the last successful renewal began.
    renewed: UnixMillis,
}

/// The lease of another process, as it was found last.
#[derive(Clone, Copy, Default)]
struct OthersLease {
    /// 0 if there was none.
    revision: u64,
    /// How many checks in a row found the same revision again.
    unchanged_checks: u32,
}

/// The owner of the lease in the bucket, with the revision.
enum LeaseOwner {
    /// Nobody.
    Free(u64),
    Ours(u64),
    /// Another process, with its name.
    Others(u64, String),
}

impl Renewal {
    fn new(
        context: StageContext,
        config: LeaseConfig,
        leadership: watch::Sender<Leadership>,
        requests: watch::Receiver<LeaseRequest>,
    ) -> Self {
        let value = format!("{} {}", config.holder, config.unique).into();
        let (request, others) = (LeaseRequest::default(), OthersLease::default());
        Self { context, config, value, leadership, requests, request, held: None, others, pause: 0 }
    }

    async fn run(mut self) {
        loop {
            let request = *self.requests.borrow_and_update();
            let has_resigned = request.resignations > self.request.resignations;
            self.request = request;
            if request.wants_release {
                break;
            }
            if has_resigned {
                // If another process has the lease already, there is nothing to wait for.
                self.pause = if self.give_back().await { CHECKS_AFTER_RESIGNING } else { 0 };
                self.set_leadership(Leadership::Follows(None));
            }
            let pause = match self.held {
                Some(held) => self.renew(held).await,
                None => self.check_lease().await,
            };
            let context = self.context.clone();
            tokio::select! {
                biased;
                changed = self.requests.changed() => if changed.is_err() { break },
                () = context.wait(pause) => {}
            }
        }
        self.give_back().await;
        self.set_leadership(Leadership::Released);
    }

    /// Frees the lease. Returns false if it belongs to another process.
    async fn give_back(&mut self) -> bool {
        let Some(held) = self.held.take() else {
            return *self.leadership.borrow() == Leadership::Leads;
        };
        let LeaseConfig { keys, key, .. } = &self.config;
        let free = keys.put_if(key, Bytes::new(), held.revision);
        // After any other failure, the others find the lease unchanged and take it.
        !matches!(within(&self.context, ANSWER_TIMEOUT, free).await, Err(BusError::Refused { .. }))
    }

    /// Renews the lease. Returns how long to wait before the next renewal.
    async fn renew(&mut self, held: OwnLease) -> Duration {
        let begun = self.context.clock.now();
        if begun.since(held.renewed) >= RENEWAL_DUE_AFTER {
            self.set_leadership(Leadership::InDoubt);
        }
        match self.put(held.revision, self.answer_timeout(held)).await {
            Ok(revision) => return self.lead_with(revision, begun),
            Err(BusError::Refused { .. }) => match self
                .lease_in_table(self.answer_timeout(held))
                .await
            {
                // The answer to the last renewal was lost.
                Ok(LeaseOwner::Ours(revision)) => return self.lead_with(revision, begun),
                Ok(LeaseOwner::Others(revision, name)) => {
                    self.held = None;
                    self.others = OthersLease { revision, unchanged_checks: 0 };
                    self.set_leadership(Leadership::Follows(Some(name)));
                    return CHECK_INTERVAL;
                }
                // The bucket was deleted, or an older copy of it was restored.
                Ok(LeaseOwner::Free(revision)) => self.held = Some(OwnLease { revision, ..held }),
                Err(_) => {}
            },
            // No other process can take it either.
            Err(error) if !error.may_pass() => return RENEWAL_INTERVAL,
            Err(_) => {}
        }
        if self.context.clock.now().since(held.renewed) >= RENEWAL_DUE_AFTER {
            self.set_leadership(Leadership::InDoubt);
        }
        RETRY_AFTER
    }

    /// How long to wait for an answer. A lease that cannot be renewed must be in doubt before the others
    /// take it.
    fn answer_timeout(&self, held: OwnLease) -> Duration {
        let left = held.renewed.plus(RENEWAL_DUE_AFTER).since(self.context.clock.now());
        if left.is_zero() { ANSWER_TIMEOUT } else { left.min(ANSWER_TIMEOUT) }
    }

    async fn check_lease(&mut self) -> Duration {
        self.pause = self.pause.saturating_sub(1);
        let begun = self.context.clock.now();
        let may_request = self.request.wants_lead && self.pause == 0;
        match self.lease_in_table(ANSWER_TIMEOUT).await {
            Ok(LeaseOwner::Ours(revision)) => return self.lead_with(revision, begun),
            Ok(LeaseOwner::Free(revision)) if may_request => {
                return self.take_lease(revision, begun).await;
            }
            Ok(LeaseOwner::Free(_)) => {}
            Ok(LeaseOwner::Others(revision, name)) => {
                let OthersLease { revision: last, unchanged_checks } = self.others;
                let unchanged_checks = if last == revision { unchanged_checks + 1 } else { 0 };
                self.others = OthersLease { revision, unchanged_checks };
                self.set_leadership(Leadership::Follows(Some(name)));
                if may_request && unchanged_checks >= CHECKS_UNTIL_ABANDONED {
                    return self.take_lease(revision, begun).await;
                }
            }
            Err(error) => return self.lead_without_or_wait(&error),
        }
        CHECK_INTERVAL
    }

    async fn take_lease(&mut self, revision: u64, begun: UnixMillis) -> Duration {
        match self.put(revision, ANSWER_TIMEOUT).await {
            Ok(revision) => self.lead_with(revision, begun),
            Err(error) => self.lead_without_or_wait(&error),
        }
    }

    /// During an outage of the bus nobody can renew, so the count of checks starts again. If leases are
    /// not possible, as on a server that an earlier release set up, a process that has never seen one
    /// leads without.
    fn lead_without_or_wait(&mut self, error: &BusError) -> Duration {
        let is_possible = error.may_pass() || matches!(error, BusError::Refused { .. });
        let has_seen_lease = self.others.revision > 0;
        self.others.unchanged_checks = 0;
        if !is_possible && !has_seen_lease && self.request.wants_lead && self.pause == 0 {
            if *self.leadership.borrow() != Leadership::Leads {
                self.observe(Event::NoLease(error));
            }
            self.set_leadership(Leadership::Leads);
            return CHECK_WITHOUT_LEASE;
        }
        CHECK_INTERVAL
    }

    fn lead_with(&mut self, revision: u64, renewed: UnixMillis) -> Duration {
        self.held = Some(OwnLease { revision, renewed });
        self.set_leadership(Leadership::Leads);
        RENEWAL_INTERVAL
    }

    async fn put(&self, expected: u64, timeout: Duration) -> Result<u64, BusError> {
        let LeaseConfig { keys, key, .. } = &self.config;
        within(&self.context, timeout, keys.put_if(key, self.value.clone(), expected)).await
    }

    async fn lease_in_table(&self, timeout: Duration) -> Result<LeaseOwner, BusError> {
        let LeaseConfig { keys, key, .. } = &self.config;
        let found = within(&self.context, timeout, keys.get(key)).await?;
        Ok(match found {
            Some(Entry { revision, value: Some(value), .. }) => {
                if value == self.value {
                    LeaseOwner::Ours(revision)
                } else if value.is_empty() {
                    LeaseOwner::Free(revision)
                } else {
                    LeaseOwner::Others(revision, holder(&value))
                }
            }
            Some(Entry { value: None, .. }) | None => LeaseOwner::Free(0),
        })
    }

    fn set_leadership(&self, leadership: Leadership) {
        let before = self.leadership.borrow().clone();
        if before == leadership {
            return;
        }
        match (&before, &leadership) {
            (_, Leadership::Follows(Some(leader))) => self.observe(Event::StandingBy { leader }),
            (_, Leadership::InDoubt) => self.observe(Event::LeaseInDoubt),
            (Leadership::InDoubt, Leadership::Leads) => self.observe(Event::LeaseRenewed),
            (_, Leadership::Leads) if self.held.is_some() => self.observe(Event::LeaseTaken),
            _ => {}
        }
        self.leadership.send_replace(leadership);
    }

    fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.config.name, event);
    }
}

/// The name of the holder of a lease, for people.
fn holder(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    text.rsplit_once(' ').map_or(&*text, |(holder, _)| holder).to_owned()
}

/// Waits for an answer, at most for `timeout`.
async fn within<T>(
    context: &StageContext,
    timeout: Duration,
    call: impl Future<Output = Result<T, BusError>>,
) -> Result<T, BusError> {
    tokio::select! {
        biased;
        answer = call => answer,
        () = context.wait(timeout) => {
            Err(BusError::Unavailable("no answer about a lease in time".to_owned()))
        }
    }
}
