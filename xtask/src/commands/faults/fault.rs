//! The faults.

use anyhow::bail;

use super::nats::NatsFault;

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

const fn fault(name: &'static str, about: &'static str, kind: FaultKind) -> Fault {
    Fault { name, about, kind }
}

/// The faults with one process and its files.
const EMBEDDED: &[Fault] = {
    use Change::{Cut, Flip, Remove, Zero};
    use FaultKind::{Damage, Kill, PowerCut};
    use File::{Bus, BusLog, Page, Snapshot};
    const fn temporary_fault(
        name: &'static str,
        about: &'static str,
        temporary_fault: TemporaryFault,
    ) -> Fault {
        fault(name, about, FaultKind::TemporaryFault(temporary_fault))
    }
    &[
        fault("kill", "kill -9 while articles come in", Kill),
        fault("power-cut", "writes that did not reach the disk are lost", PowerCut { syncs: true }),
        fault(
            "power-cut-unsynced",
            "a control: every fsync does nothing, so articles must be lost",
            PowerCut { syncs: false },
        ),
        fault("bus-flip", "one bit of bus.sqlite flips", Damage(Bus, Flip)),
        fault("bus-zero", "4 KiB of bus.sqlite become zeros", Damage(Bus, Zero)),
        fault("bus-cut", "the end of bus.sqlite is missing", Damage(Bus, Cut)),
        fault("log-flip", "one bit of bus.sqlite-wal flips", Damage(BusLog, Flip)),
        fault("log-cut", "the end of bus.sqlite-wal is missing", Damage(BusLog, Cut)),
        fault("log-remove", "bus.sqlite-wal is gone", Damage(BusLog, Remove)),
        fault("page-flip", "one bit of gateway.db or its log flips", Damage(Page, Flip)),
        fault("page-zero", "4 KiB of gateway.db or its log become zeros", Damage(Page, Zero)),
        fault("page-cut", "the end of gateway.db or its log is missing", Damage(Page, Cut)),
        fault("page-remove", "gateway.db or its log is gone", Damage(Page, Remove)),
        fault("snapshot-flip", "one bit of a snapshot flips", Damage(Snapshot, Flip)),
        fault("snapshot-cut", "the end of a snapshot is missing", Damage(Snapshot, Cut)),
        fault("snapshot-remove", "a snapshot is gone", Damage(Snapshot, Remove)),
        temporary_fault("disk-full", "the disk is full for some seconds", TemporaryFault::DiskFull),
        temporary_fault("write-fails", "up to twenty writes fail", TemporaryFault::FailingWrites),
        temporary_fault("sync-fails", "up to twenty syncs fail", TemporaryFault::FailingSyncs),
        temporary_fault(
            "slow-disk",
            "each sync takes 300 ms for some seconds",
            TemporaryFault::SlowDisk,
        ),
        temporary_fault(
            "clock-ahead",
            "the clock is an hour ahead for some seconds",
            TemporaryFault::Clock(3_600),
        ),
        temporary_fault(
            "clock-behind",
            "the clock is an hour behind for some seconds",
            TemporaryFault::Clock(-3_600),
        ),
        temporary_fault(
            "suspended",
            "the machine sleeps for a day",
            TemporaryFault::Suspended(86_400),
        ),
        temporary_fault(
            "out-of-memory",
            "the process can allocate no more memory and ends",
            TemporaryFault::OutOfMemory,
        ),
        temporary_fault(
            "poison",
            "an article ends the process whenever the detector reads it; when it is set aside that is mended, and it is \
             replayed",
            TemporaryFault::Poison,
        ),
        temporary_fault(
            "restarts",
            "kill -9 and a start, twenty times",
            TemporaryFault::Restarts(20),
        ),
    ]
};

impl Fault {
    /// The faults with these names, or all if there are none. A name that ends with `-` selects all with that
    /// prefix.
    pub(super) fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Fault>> {
        let all = || EMBEDDED.iter().chain(super::nats::FAULTS);
        if names.is_empty() {
            return Ok(all().collect());
        }
        let mut chosen = Vec::new();
        for name in names {
            let before = chosen.len();
            chosen.extend(all().filter(|fault| {
                fault.name == name || name.ends_with('-') && fault.name.starts_with(name.as_str())
            }));
            if chosen.len() == before {
                bail!("no fault is called {name:?}: `cargo xtask faults --list` has them");
            }
        }
        Ok(chosen)
    }

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
