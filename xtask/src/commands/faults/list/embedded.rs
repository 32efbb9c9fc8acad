//! The faults with one process and its files.

use super::super::fault::{Change, Fault, FaultKind, File, TemporaryFault};

const fn fault(name: &'static str, about: &'static str, kind: FaultKind) -> Fault {
    Fault { name, about, kind }
}

/// The faults with one process and its files.
pub(super) const FAULTS: &[Fault] = {
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
