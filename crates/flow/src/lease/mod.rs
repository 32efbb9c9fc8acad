//! A lease: which of several processes does a work that only one of them may do.
//!
//! Comes in: the wish to lead, to resign or to release. Goes out: who leads. It never guards what the leader writes:
//! the chain does.
//!
//! It is one key of a table. Its holder writes it again each [`RENEWAL`]; the others look at it each
//! [`LOOK`], and whoever has found the same revision [`LOOKS`] times takes it by compare-and-set. Looks are
//! counted, and no clocks are compared: neither those of two machines nor, for the one who takes it, two
//! times of its own. It keeps writers from taking over from each other in turn; that what they write
//! stands once is held by the chain alone.

mod renewal;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::bus::KeyValue;
use crate::loops::StageContext;
use renewal::Renewal;

/// How often its holder writes it.
pub(crate) const RENEWAL: Duration = Duration::from_millis(500);
/// How often the others look at it.
pub(crate) const LOOK: Duration = Duration::from_millis(250);
/// After so many looks that found it as it was, it counts as left.
pub(crate) const LOOKS: u32 = 8;
/// A holder whose last renewal was begun so long ago does nothing until the next one stands: less than the
/// others wait.
pub(crate) const UNSURE: Duration = Duration::from_millis(1_500);

/// Where a lease stands, and who asks for it.
#[derive(Clone)]
pub struct LeaseConfig {
    /// Of what, as in the events of the loop that it is for.
    pub name: String,
    /// The table.
    pub keys: Arc<dyn KeyValue>,
    /// The key in it.
    pub key: String,
    /// Who asks, for people. Without line breaks.
    pub holder: String,
    /// What no other process has, nor this one after a restart. Without spaces.
    pub unique: String,
}

/// Whether this process is the one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leadership {
    /// Another is, where it is known who.
    Follows(Option<String>),
    /// This one is.
    Leads,
    /// This one was, and cannot renew its lease: it begins nothing until it can.
    Doubts,
    /// It has given its lease back, and will not ask for it again.
    Released,
}

/// What the user of a lease wants of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Wish {
    /// To lead; otherwise, to know who does.
    leads: bool,
    /// How often it wished not to lead for a while, as another did without this lease.
    resigned: u32,
    /// Never to lead again.
    releases: bool,
}

/// A lease that is kept up beside the work, or none where nobody else can be there.
pub struct Lease(Option<SharedLease>);

struct SharedLease {
    leadership: watch::Receiver<Leadership>,
    wishes: watch::Sender<Wish>,
    context: StageContext,
}

impl Lease {
    /// Leads always, and costs nothing: for a bus of one process.
    #[must_use]
    pub fn alone() -> Self {
        Self(None)
    }

    /// Looks after a lease in a task of this runtime. It is released where this is dropped.
    #[must_use]
    pub fn keep(context: &StageContext, config: LeaseConfig) -> Self {
        let (told, leadership) = watch::channel(Leadership::Follows(None));
        let (wishes, wished) = watch::channel(Wish::default());
        let renewal = Renewal::new(context.clone(), config, told, wished);
        tokio::spawn(renewal.run());
        Self(Some(SharedLease { leadership, wishes, context: context.clone() }))
    }

    /// Whether others may ask for it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this process is the one.
    #[must_use]
    pub fn leadership(&self) -> Leadership {
        match &self.0 {
            None => Leadership::Leads,
            Some(shared) => shared.leadership.borrow().clone(),
        }
    }

    /// Returns once it is told otherwise than `known`; never where this process is alone.
    pub async fn other_than(&mut self, known: &Leadership) {
        let Some(shared) = &mut self.0 else {
            return std::future::pending().await;
        };
        if shared.leadership.wait_for(|told| told != known).await.is_err() {
            // Whoever kept it up is gone with its runtime.
            std::future::pending::<()>().await;
        }
    }

    /// Asks for it from now on: what a leader must know is known.
    pub fn ask(&self) {
        self.wish(|wish| wish.leads = true);
    }

    /// Gives it back, and asks for it again no sooner than after a while.
    pub fn resign(&self) {
        self.wish(|wish| (wish.leads, wish.resigned) = (false, wish.resigned + 1));
    }

    /// Gives it back for good: whoever stands by takes it at once. Waits for that no longer than a moment.
    pub async fn release(&mut self) {
        self.wish(|wish| wish.releases = true);
        if let Some(SharedLease { leadership, context, .. }) = &mut self.0 {
            tokio::select! {
                biased;
                _ = leadership.wait_for(|told| *told == Leadership::Released) => {}
                () = context.wait(UNSURE) => {}
            }
        }
    }

    fn wish(&self, change: impl FnOnce(&mut Wish)) {
        if let Some(shared) = &self.0 {
            shared.wishes.send_modify(change);
        }
    }
}
