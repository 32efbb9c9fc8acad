//! Waiting on a real server.

use std::future::Future;
use std::time::Duration;

use wirefold_flow_nats::NatsBus;

/// No event of these tests takes this long, even on a busy machine.
const LONGEST: Duration = Duration::from_mins(3);

/// Lets real time pass, for deadlines that the server measures.
pub(crate) async fn pass(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// The same, while the bus answers the requests made meanwhile, and the pruner makes room in the suite's stream.
pub(crate) async fn pass_behind_all(bus: &NatsBus, time: Duration) {
    pass(time).await;
    // Before the stream is made, there is nothing to prune.
    let _ = bus.prune_below("WORK", 0.5).await;
}

/// Waits for something that must happen.
pub(crate) async fn within_reason<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONGEST, event).await.expect("it never came")
}
