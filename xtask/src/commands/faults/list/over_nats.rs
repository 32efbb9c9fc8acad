//! The faults over NATS.

use super::super::fault::{Fault, FaultKind};
use super::super::nats_fault::{HowLong, NatsFault, NetworkFault, ProcessFault, Right, Where, Who};

const fn fault(name: &'static str, about: &'static str, kind: NatsFault) -> Fault {
    Fault { name, about, kind: FaultKind::Nats(kind) }
}

/// The error of clocks, in seconds.
const HOUR: i64 = 3_600;

/// All faults over NATS.
pub(super) const FAULTS: &[Fault] = {
    use HowLong::{AWhile, Always};
    use NatsFault::{
        Clocks, Cluster, Network, OtherVersion, PowerCut, Rights, Suspend, TwoDetectors,
    };
    use Where::{Everywhere, OneStage};
    &[
        fault("nats-lost", "a control: one article of the output is deleted", NatsFault::ForgetOne),
        fault("nats-doubled", "a control: one is stored under another id", NatsFault::StoreTwice),
        fault("nats-kill", "kill -9 of one of wirefold's processes", NatsFault::KillStage),
        fault("nats-server-kill", "kill -9 of the server", NatsFault::KillServer),
        fault(
            "nats-power-cut",
            "writes that did not reach the server's disk are lost",
            PowerCut { syncs: true },
        ),
        fault(
            "nats-power-cut-unsynced",
            "a control: the server syncs every two minutes, so articles must be lost",
            PowerCut { syncs: false },
        ),
        fault("nats-disk-full", "the server's disk is full for some seconds", NatsFault::DiskFull),
        fault("nats-server-suspended", "the server is suspended", Suspend(Who::Server)),
        fault("nats-suspended", "one of wirefold's processes is suspended", Suspend(Who::Stage)),
        fault("nats-partition", "no way to the server", Network(NetworkFault::Partition)),
        fault(
            "nats-half-open",
            "open connections carry nothing more",
            Network(NetworkFault::HalfOpen),
        ),
        fault("nats-mute", "the server accepts and never answers", Network(NetworkFault::Mute)),
        fault("nats-slow", "every packet takes up to 220 ms longer", Network(NetworkFault::Slow)),
        fault("nats-permission", "a permission is taken away", Rights(Right::Permission)),
        fault("nats-password", "the password is another", Rights(Right::Password)),
        fault("nats-consumer-deleted", "a consumer is deleted", NatsFault::DeleteConsumer),
        fault(
            "nats-two-detectors-kill",
            "the one that leads is killed",
            TwoDetectors(ProcessFault::Kill),
        ),
        fault(
            "nats-two-detectors-freeze",
            "the leader is suspended and resumes",
            TwoDetectors(ProcessFault::Freeze),
        ),
        fault(
            "nats-two-detectors-cut",
            "the connections of both break without a word",
            TwoDetectors(ProcessFault::Isolate),
        ),
        fault(
            "nats-clocks-ahead",
            "all clocks are an hour ahead",
            Clocks(HOUR, Everywhere, AWhile),
        ),
        fault("nats-clocks-behind", "all are an hour behind", Clocks(-HOUR, Everywhere, AWhile)),
        fault("nats-clock-ahead", "one process is an hour ahead", Clocks(HOUR, OneStage, AWhile)),
        fault(
            "nats-clock-behind",
            "one process is an hour behind",
            Clocks(-HOUR, OneStage, AWhile),
        ),
        fault(
            "nats-clocks-wrong-ahead",
            "all clocks are an hour ahead, from the start to the end",
            Clocks(HOUR, Everywhere, Always),
        ),
        fault(
            "nats-clocks-wrong-behind",
            "all are an hour behind, from the start to the end",
            Clocks(-HOUR, Everywhere, Always),
        ),
        fault(
            "nats-clock-wrong-ahead",
            "one process is an hour ahead, from the start to the end",
            Clocks(HOUR, OneStage, Always),
        ),
        fault(
            "nats-clock-wrong-behind",
            "one process is an hour behind, from the start to the end",
            Clocks(-HOUR, OneStage, Always),
        ),
        fault(
            "nats-two-versions",
            "stages of another version take over, and then these again",
            OtherVersion,
        ),
        fault(
            "nats-out-of-memory",
            "a process can allocate no more memory",
            NatsFault::OutOfMemory,
        ),
        fault("nats-stream-deleted", "a stream is deleted", NatsFault::DeleteStream),
        fault("nats-stream-purged", "a stream is emptied", NatsFault::PurgeStream),
        fault("nats-stream-rolled-back", "a stream is an older copy", NatsFault::RollBackStream),
        fault("nats-store-rolled-back", "the store is an older copy", NatsFault::RollBackStore),
        fault("nats-cluster-kill", "R3: a leader is killed", Cluster(ProcessFault::Kill, 3)),
        fault("nats-cluster-freeze", "R3: a leader is suspended", Cluster(ProcessFault::Freeze, 3)),
        fault("nats-cluster-move", "R3: others lead", Cluster(ProcessFault::Move, 3)),
        fault("nats-cluster-isolate", "R3: a leader is cut off", Cluster(ProcessFault::Isolate, 3)),
        fault("nats-cluster-kill-r1", "R1: a server is killed", Cluster(ProcessFault::Kill, 1)),
        fault(
            "nats-cluster-isolate-r1",
            "R1: a server is cut off",
            Cluster(ProcessFault::Isolate, 1),
        ),
    ]
};
