//! A lease: decides which of several processes does work that only one of them may do.
//!
//! The lease is one key of a bucket. Its holder writes it again every [`RENEWAL_INTERVAL`]. The others
//! check it every [`CHECK_INTERVAL`]. A process that finds the same revision
//! [`CHECKS_UNTIL_ABANDONED`] times takes the lease by compare-and-set. Processes count checks and
//! compare no clocks: neither those of two machines, nor two times of their own.
//!
//! The lease prevents two writers from taking over from each other again and again. Only the chain
//! ensures that their output is written once.

mod renewal;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::bus::KeyValue;
use crate::loops::StageContext;
use renewal::Renewal;

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
