//! A fault, and what its runs must show. `xtask/faults.json` lists all faults.

use std::sync::LazyLock;

use anyhow::ensure;
use serde::Deserialize;

static FAULTS: LazyLock<Vec<Fault>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../faults.json")).expect("a test reads faults.json")
});

/// The faults with these names, or all if there are none. A name that ends with `-` selects all with that
/// prefix.
pub(super) fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Fault>> {
    if names.is_empty() {
        return Ok(FAULTS.iter().collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let before = chosen.len();
        chosen.extend(FAULTS.iter().filter(|fault| {
            fault.name == name || name.ends_with('-') && fault.name.starts_with(name.as_str())
        }));
        ensure!(
            chosen.len() > before,
            "no fault is called {name:?}: `cargo xtask faults --list` has them"
        );
    }
    Ok(chosen)
}

/// The kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) kind: FaultKind,
    /// Whether the examiner must find something. Otherwise the runs of other faults prove nothing.
    #[serde(default)]
    pub(super) is_control: bool,
    /// Whether acknowledged messages may be missing, because they are no more on the disk.
    #[serde(default)]
    pub(super) may_lose: bool,
}

impl Fault {
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

/// A fault over NATS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum NatsFault {
    /// `kill -9` for one of wirefold's processes.
    KillStage,
    /// `kill -9` for the server.
    KillServer,
    /// Data that did not reach the server's disk is lost.
    PowerCut {
        /// Whether the server syncs acknowledged messages.
        syncs: bool,
    },
    /// The disk of the store is full for a while.
    DiskFull,
    /// A process is suspended for a while.
    Suspend(Who),
    /// The network between the server and all clients, or one, breaks for a while.
    Network(Network),
    /// An operator's mistake at the server, which is corrected after a while.
    Rights(Right),
    /// A durable consumer is deleted.
    DeleteConsumer,
    /// A stream is deleted, and made again by `wirefold setup`.
    DeleteStream,
    /// All messages of a stream are deleted.
    PurgeStream,
    /// A stream is replaced by an older copy.
    RollBackStream,
    /// The whole store is replaced by an older copy.
    RollBackStore,
    /// A second detector runs, and something happens to the leading one.
    TwoDetectors(ProcessFault),
    /// Something happens to the leader of a stream in a cluster of three.
    Cluster(ProcessFault, u8),
    /// The clocks of wirefold's processes are off by this many seconds.
    Clocks(i64, Where, HowLong),
    /// Stages of another version run beside; work passes to them and back.
    OtherVersion,
    /// A process gets no more memory.
    OutOfMemory,
    /// No fault. The examiner sees one message less than there is.
    ForgetOne,
    /// No fault. An article of the output is stored again under another id.
    StoreTwice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Who {
    Server,
    Stage,
}

/// The state of the network for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Network {
    /// It works.
    Whole,
    /// Connections end, and new ones are refused.
    Cut,
    /// Connections stay open but pass nothing on, for ever. New connections are the same.
    HalfOpen,
    /// Connections end. New ones are accepted but never answered.
    Mute,
    /// Each packet takes this many milliseconds longer. In the list of faults: at most.
    Slow(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Right {
    /// Wirefold may not publish on a subject.
    Permission,
    /// Its password was changed.
    Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum ProcessFault {
    Kill,
    /// It is suspended and continues later with an outdated state.
    Freeze,
    /// Another one leads from now on.
    Move,
    /// It is cut off from the others, but not from its clients.
    Isolate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Where {
    /// On all of wirefold's processes.
    Everywhere,
    /// On one of them.
    OneStage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum HowLong {
    /// They jump, and jump back after a while.
    AWhile,
    /// From the start to the end.
    Always,
}
