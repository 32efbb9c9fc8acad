//! The faults.

use anyhow::bail;

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

/// All of them.
const FAULTS: [Fault; 16] = {
    use Change::{Cut, Flip, Remove, Zero};
    use Deed::{Damage, Kill, PowerCut};
    use File::{Bus, BusLog, Page, Snapshot};
    [
        fault("kill", "kill -9 while articles come in", Kill),
        fault("power-cut", "what did not reach the disk is lost", PowerCut { syncs: true }),
        fault(
            "power-cut-unsynced",
            "the control: every fsync does nothing",
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
    ]
};

impl Fault {
    /// Those of these names; without names, all.
    pub(super) fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Fault>> {
        if names.is_empty() {
            return Ok(FAULTS.iter().collect());
        }
        let mut chosen = Vec::new();
        for name in names {
            let Some(fault) = FAULTS.iter().find(|fault| fault.name == name) else {
                bail!("no fault is called {name:?}: `cargo xtask trouble --list` has them");
            };
            chosen.push(fault);
        }
        Ok(chosen)
    }

    /// Whether acknowledged articles must be lost, or the run shows nothing.
    pub(super) fn is_control(&self) -> bool {
        self.deed == Deed::PowerCut { syncs: false }
    }

    /// Whether nothing that was acknowledged may be missing: the disk has it.
    pub(super) fn spares_the_streams(&self) -> bool {
        !matches!(self.deed, Deed::Damage(File::Bus | File::BusLog, _))
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
