//! The actions of a fault on a pipeline over NATS.

/// One thing that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum NatsDeed {
    /// `kill -9` for one of wirefold's processes.
    KillStage,
    /// `kill -9` for the server.
    KillServer,
    /// What did not reach the server's disk is lost.
    PowerCut {
        /// Whether the server syncs what it acknowledges.
        syncs: bool,
    },
    /// The disk of the store is full for a while.
    DiskFull,
    /// A process stands still for a while.
    Suspend(Who),
    /// The network breaks for a while.
    Network(Break),
    /// An operator's mistake at the server, mended after a while.
    Rights(Right),
    /// A durable consumer is deleted.
    DeleteConsumer,
    /// A stream is deleted, and made anew by `wirefold setup`.
    DeleteStream,
    /// All messages of a stream are deleted.
    PurgeStream,
    /// A stream is put back to an older copy.
    RollBackStream,
    /// The whole store is put back to an older copy.
    RollBackStore,
    /// A second detector runs, and the one that leads is struck.
    TwoDetectors(Strike),
    /// Something happens to who leads a stream in a cluster of three.
    Cluster(Strike, u8),
    /// Clocks of wirefold's processes are wrong by so many seconds.
    Clocks(i64, Where, HowLong),
    /// Stages of another version run beside, work passes to them and back.
    OtherVersion,
    /// A process gets no more memory.
    OutOfMemory,
    /// Nothing; the examiner is shown a message less than there is.
    ForgetOne,
    /// Nothing; somebody stores an article of the output again under another id.
    StoreTwice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Who {
    Server,
    Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Break {
    /// Between the server and all, or one.
    Partition,
    HalfOpen,
    /// The server accepts and never answers.
    Mute,
    /// Each packet takes longer.
    Slow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Right {
    /// Wirefold may not publish on something.
    Permission,
    /// Its password is another.
    Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Strike {
    Kill,
    /// It stands still, and wakes up as a zombie.
    Freeze,
    /// Another leads from now on.
    Move,
    /// It is cut off from the others, and its clients are not.
    Isolate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Where {
    /// On all of wirefold's processes.
    Everywhere,
    /// On one of them.
    OneStage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum HowLong {
    /// They jump, and back after a while.
    AWhile,
    /// From the start to the end.
    Always,
}

impl NatsDeed {
    /// Whether nothing that was acknowledged may be missing.
    pub(in super::super) fn spares_the_streams(self) -> bool {
        use NatsDeed::{DeleteStream, PurgeStream, RollBackStore, RollBackStream};
        !matches!(self, DeleteStream | PurgeStream | RollBackStream | RollBackStore)
    }

    /// Whether the examiner must find something, or the runs show nothing.
    pub(in super::super) fn is_control(self) -> bool {
        use NatsDeed::{ForgetOne, PowerCut, StoreTwice};
        matches!(self, PowerCut { syncs: false } | ForgetOne | StoreTwice)
    }
}
