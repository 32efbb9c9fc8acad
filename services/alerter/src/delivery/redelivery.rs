//! Revisions that the bus may deliver again. Newer revisions of their alert wait for them.
//!
//! Comes in: which revisions arrived, were sent, or were put off. Goes out: whether a revision may come
//! again. It never reads a revision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wirefold_flow::UnixMillis;

/// The revisions that newer ones wait for. These are, until a deadline, the revisions that were under way at
/// a kill or a failure of the bus; and all revisions that were put off.
#[derive(Debug, Default)]
pub(super) struct Redeliveries {
    /// The deadline by which the bus has delivered again everything it will.
    by: AtomicU64,
    sent: Mutex<SentSequences>,
}

/// Revisions by sequence.
#[derive(Debug, Default)]
struct SentSequences {
    /// Revisions that were sent before the deadline.
    come: BTreeSet<u64>,
    put_off: BTreeSet<u64>,
    /// How often each unsent revision was put off.
    times: BTreeMap<u64, u32>,
}

impl Redeliveries {
    /// Sets the deadline, if it is later than the one before.
    pub(super) fn expect(&self, by: UnixMillis) {
        self.by.fetch_max(by.0, Ordering::Relaxed);
    }

    /// The deadline by which the bus has delivered again everything it will.
    pub(super) fn by(&self) -> UnixMillis {
        UnixMillis(self.by.load(Ordering::Relaxed))
    }

    /// Whether no revision needs to wait.
    pub(super) fn is_over(&self, now: UnixMillis) -> bool {
        self.is_late(now) && self.lock().put_off.is_empty()
    }

    /// Whether this revision may come again.
    pub(super) fn awaits(&self, sequence: u64, now: UnixMillis) -> bool {
        let sent = self.lock();
        let is_unknown = !self.is_late(now) && !sent.come.contains(&sequence);
        is_unknown || sent.put_off.contains(&sequence)
    }

    /// Notes that a revision arrived.
    pub(super) fn is_here(&self, sequence: u64) {
        self.lock().put_off.remove(&sequence);
    }

    /// Notes that a revision was put off and comes again.
    pub(super) fn put_off(&self, sequence: u64) {
        let mut sent = self.lock();
        sent.put_off.insert(sequence);
        *sent.times.entry(sequence).or_default() += 1;
    }

    /// How often a revision was put off.
    pub(super) fn times(&self, sequence: u64) -> u32 {
        self.lock().times.get(&sequence).copied().unwrap_or(0)
    }

    /// Notes that a revision will not come again.
    pub(super) fn is_done(&self, sequence: u64) {
        self.lock().times.remove(&sequence);
    }

    /// Notes that a revision is sent.
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
