//! Waiting on a real server.

use std::future::Future;
use std::time::Duration;

use wirefold_flow::Bus;

/// No event of these tests takes as long, even on a busy machine.
const LONGEST: Duration = Duration::from_mins(3);

/// Lets time pass that nothing but time brings to pass: deadlines that the server keeps.
pub(crate) async fn pass(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// The same, and what was asked of the bus meanwhile is answered.
pub(crate) async fn pass_behind_all(bus: &dyn Bus, time: Duration) {
    pass(time).await;
    let _ = bus.stream_state("WORK").await;
}

/// Waits for something that must come.
pub(crate) async fn within_reason<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(LONGEST, event).await.expect("it never came")
}
