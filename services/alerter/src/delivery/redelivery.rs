//! Revisions that may be delivered again. Newer ones of their alert wait for them.
//!
//! Comes in: which revisions came, were sent, or were put off. Goes out: whether a revision may come again. It never knows
//! what a revision says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wirefold_flow::UnixMillis;

/// Which revisions are waited for: for a while those that were in hand at a kill or that the bus
/// failed, and until they come those that were put off themselves.
#[derive(Debug, Default)]
pub(super) struct Redeliveries {
    /// The time by which all that nobody knows of have come again.
    by: AtomicU64,
    sent: Mutex<SentSequences>,
}

/// By sequence.
#[derive(Debug, Default)]
struct SentSequences {
    /// What has come and was sent, as long as it matters.
    come: BTreeSet<u64>,
    put_off: BTreeSet<u64>,
    /// How often each of those not sent yet was put off.
    times: BTreeMap<u64, u32>,
}

impl Redeliveries {
    /// Something may come again by this time.
    pub(super) fn expect(&self, by: UnixMillis) {
        self.by.fetch_max(by.0, Ordering::Relaxed);
    }

    /// The time by which all that nobody knows of have come again.
    pub(super) fn by(&self) -> UnixMillis {
        UnixMillis(self.by.load(Ordering::Relaxed))
    }

    /// Whether nothing is waited for.
    pub(super) fn is_over(&self, now: UnixMillis) -> bool {
        self.is_late(now) && self.lock().put_off.is_empty()
    }

    /// Whether this one may come again.
    pub(super) fn awaits(&self, sequence: u64, now: UnixMillis) -> bool {
        let sent = self.lock();
        let is_unknown = !self.is_late(now) && !sent.come.contains(&sequence);
        is_unknown || sent.put_off.contains(&sequence)
    }

    /// This one is here.
    pub(super) fn is_here(&self, sequence: u64) {
        self.lock().put_off.remove(&sequence);
    }

    /// This one is put off, and comes again.
    pub(super) fn put_off(&self, sequence: u64) {
        let mut sent = self.lock();
        sent.put_off.insert(sequence);
        *sent.times.entry(sequence).or_default() += 1;
    }

    /// How often this one was put off.
    pub(super) fn times(&self, sequence: u64) -> u32 {
        self.lock().times.get(&sequence).copied().unwrap_or(0)
    }

    /// This one comes no more.
    pub(super) fn is_done(&self, sequence: u64) {
        self.lock().times.remove(&sequence);
    }

    /// This one goes to the target.
    pub(super) fn goes(&self, sequence: u64, now: UnixMillis) {
        match self.is_late(now) {
            true => self.lock().come.clear(),
            false => drop(self.lock().come.insert(sequence)),
        }
    }

    fn is_late(&self, now: UnixMillis) -> bool {
        now >= self.by()
    }

    fn lock(&self) -> MutexGuard<'_, SentSequences> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
