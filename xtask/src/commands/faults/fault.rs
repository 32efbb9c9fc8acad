//! The faults.

use anyhow::bail;

use super::nats::NatsDeed;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// `kill -9` while articles come in.
    Kill,
    /// The machine loses what did not reach the disk.
    PowerCut {
        /// Whether what asks for a sync gets one: without, acknowledged articles must be lost.
        syncs: bool,
    },
    /// A file changes while nothing runs.
    Damage(File, Change),
    /// Something passes while it runs.
    Spell(Spell),
    /// Something breaks over NATS.
    Nats(NatsDeed),
}

/// Whose file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum File {
    /// The streams and tables.
    Bus,
    /// The log of those.
    BusLog,
    /// The tables of the page, with their log.
    Page,
    /// A snapshot of the detector.
    Snapshot,
}

/// How it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// One bit flips.
    Flip,
    /// 4 KiB become zeros.
    Zero,
    /// The end is missing.
    Cut,
    /// It is gone.
    Remove,
}

/// What passes, while the process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spell {
    /// The disk is full.
    DiskFull,
    /// Some writes fail.
    FailingWrites,
    /// Some syncs fail.
    FailingSyncs,
    /// Syncs take long.
    SlowDisk,
    /// The clock is wrong by so many seconds.
    Clock(i64),
    /// It stands still, and when it wakes so many seconds are over.
    Suspended(i64),
    /// It gets no more memory, and ends.
    OutOfMemory,
    /// It is killed and started again, so many times.
    Restarts(u32),
    /// An article ends the process whenever the detector reads it.
    Poison,
}

/// A fault with its name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) deed: Deed,
}

const fn fault(name: &'static str, about: &'static str, deed: Deed) -> Fault {
    Fault { name, about, deed }
}

/// In one process with its file.
const EMBEDDED: &[Fault] = {
    use Change::{Cut, Flip, Remove, Zero};
    use Deed::{Damage, Kill, PowerCut};
    use File::{Bus, BusLog, Page, Snapshot};
    const fn spell(name: &'static str, about: &'static str, spell: Spell) -> Fault {
        fault(name, about, Deed::Spell(spell))
    }
    &[
        fault("kill", "kill -9 while articles come in", Kill),
        fault("power-cut", "what did not reach the disk is lost", PowerCut { syncs: true }),
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
        spell("disk-full", "the disk is full for some seconds", Spell::DiskFull),
        spell("write-fails", "up to twenty writes fail", Spell::FailingWrites),
        spell("sync-fails", "up to twenty syncs fail", Spell::FailingSyncs),
        spell("slow-disk", "each sync takes 300 ms for some seconds", Spell::SlowDisk),
        spell("clock-ahead", "the clock is an hour ahead for some seconds", Spell::Clock(3_600)),
        spell("clock-behind", "the clock is an hour behind for some seconds", Spell::Clock(-3_600)),
        spell("suspended", "the machine sleeps for a day", Spell::Suspended(86_400)),
        spell("out-of-memory", "the process gets no more memory and ends", Spell::OutOfMemory),
        spell(
            "poison",
            "an article ends the process whenever the detector reads it; when it is set aside that is mended, and it is \
             replayed",
            Spell::Poison,
        ),
        spell("restarts", "kill -9 and a start, twenty times", Spell::Restarts(20)),
    ]
};

impl Fault {
    /// Those of these names; without names, all. A name that ends with `-` stands for all that begin so.
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
                bail!("no fault is called {name:?}: `cargo xtask trouble --list` has them");
            }
        }
        Ok(chosen)
    }

    /// Whether the examiner must find something, or the runs of other faults show nothing.
    pub(super) fn is_control(&self) -> bool {
        match self.deed {
            Deed::PowerCut { syncs } => !syncs,
            Deed::Nats(deed) => deed.is_control(),
            _ => false,
        }
    }

    /// Whether nothing that was acknowledged may be missing: the disk has it.
    pub(super) fn spares_the_streams(&self) -> bool {
        match self.deed {
            Deed::Damage(File::Bus | File::BusLog, _) => false,
            Deed::Nats(deed) => deed.spares_the_streams(),
            _ => true,
        }
    }

    /// Whether it is over NATS.
    pub(super) fn is_over_nats(&self) -> bool {
        matches!(self.deed, Deed::Nats(_))
    }
}

impl File {
    /// Whether it is a file of this name, below the data folder.
    pub(super) fn is(self, name: &str) -> bool {
        match self {
            File::Bus => name == "bus.sqlite",
            File::BusLog => name == "bus.sqlite-wal",
            File::Page => name == "gateway.db" || name == "gateway.db-wal",
            File::Snapshot => name.starts_with("wf_snapshots/"),
        }
    }
}
