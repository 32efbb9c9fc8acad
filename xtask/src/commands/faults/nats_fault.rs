//! The kinds of faults on a pipeline over NATS.

/// A fault over NATS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The network breaks for a while.
    Network(NetworkFault),
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Server,
    Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkFault {
    /// Between the server and all clients, or one.
    Partition,
    HalfOpen,
    /// The server accepts connections and never answers.
    Mute,
    /// Each packet takes longer.
    Slow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    /// Wirefold may not publish on a subject.
    Permission,
    /// Its password was changed.
    Password,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessFault {
    Kill,
    /// It is suspended and continues later with an outdated state.
    Freeze,
    /// Another one leads from now on.
    Move,
    /// It is cut off from the others, but not from its clients.
    Isolate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// On all of wirefold's processes.
    Everywhere,
    /// On one of them.
    OneStage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HowLong {
    /// They jump, and jump back after a while.
    AWhile,
    /// From the start to the end.
    Always,
}

impl NatsFault {
    /// Whether no acknowledged message may be missing.
    pub(super) fn spares_the_streams(self) -> bool {
        use NatsFault::{DeleteStream, PurgeStream, RollBackStore, RollBackStream};
        !matches!(self, DeleteStream | PurgeStream | RollBackStream | RollBackStore)
    }

    /// Whether the examiner must find something. Otherwise the runs prove nothing.
    pub(super) fn is_control(self) -> bool {
        use NatsFault::{ForgetOne, PowerCut, StoreTwice};
        matches!(self, PowerCut { syncs: false } | ForgetOne | StoreTwice)
    }
}
