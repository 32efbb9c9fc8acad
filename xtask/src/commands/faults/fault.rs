//! A fault, and what its runs must show.

use super::nats_fault::NatsFault;

/// The kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// `kill -9` while articles come in.
    Kill,
    /// The machine loses what did not reach the disk.
    PowerCut {
        /// Whether sync requests are honoured. If not, acknowledged articles must be lost.
        syncs: bool,
    },
    /// A file changes while no process runs.
    Damage(File, Change),
    /// A temporary condition while the process runs.
    TemporaryFault(TemporaryFault),
    /// A fault over NATS.
    Nats(NatsFault),
}

/// The damaged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    /// The streams and tables.
    Bus,
    /// Their write-ahead log.
    BusLog,
    /// The tables of the page with their log.
    Page,
    /// A snapshot of the detector.
    Snapshot,
}

/// The change of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// One bit flips.
    Flip,
    /// 4 KiB become zeros.
    Zero,
    /// Its end is cut off.
    Cut,
    /// It is deleted.
    Remove,
}

/// A temporary condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemporaryFault {
    /// The disk is full.
    DiskFull,
    /// Some writes fail.
    FailingWrites,
    /// Some syncs fail.
    FailingSyncs,
    /// Syncs take long.
    SlowDisk,
    /// The clock is off by this many seconds.
    Clock(i64),
    /// The process is suspended, and wakes this many seconds later.
    Suspended(i64),
    /// It gets no more memory and ends.
    OutOfMemory,
    /// It is killed and started again this many times.
    Restarts(u32),
    /// An article ends the process whenever the detector reads it.
    Poison,
}

/// A fault with its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: FaultKind,
}

impl Fault {
    /// Whether the examiner must find something. Otherwise the runs of other faults prove nothing.
    pub(super) fn is_control(&self) -> bool {
        match self.kind {
            FaultKind::PowerCut { syncs } => !syncs,
            FaultKind::Nats(kind) => kind.is_control(),
            _ => false,
        }
    }

    /// Whether no acknowledged message may be missing, because it is on the disk.
    pub(super) fn spares_the_streams(&self) -> bool {
        match self.kind {
            FaultKind::Damage(File::Bus | File::BusLog, _) => false,
            FaultKind::Nats(kind) => kind.spares_the_streams(),
            _ => true,
        }
    }

    /// Whether it is a fault over NATS.
    pub(super) fn is_over_nats(&self) -> bool {
        matches!(self.kind, FaultKind::Nats(_))
    }
}

impl File {
    /// Whether a file with this name below the data folder is of this kind.
    pub(super) fn is(self, name: &str) -> bool {
        match self {
            File::Bus => name == "bus.sqlite",
            File::BusLog => name == "bus.sqlite-wal",
            File::Page => name == "gateway.db" || name == "gateway.db-wal",
            File::Snapshot => name.starts_with("wf_snapshots/"),
        }
    }
}
