//! Runs the detector on a thread of its own.
//!
//! What [`run`](crate::run) takes comes in, with a lease; how it ended goes out. It never knows what is judged.

use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, Lease, LoopError, StageContext};

use crate::{Settings, run_under};

/// Does as [`run`](crate::run) while it has the lease and otherwise stands by, on a thread of its own: judging keeps a core busy for as long as there is
/// anything to judge, and neither waits for other tasks of this runtime then nor they for it. It is
/// told to stop where this future is dropped.
///
/// # Errors
/// As [`run`](crate::run); and [`LoopError::Bus`] where the machine gives no thread.
pub async fn run_on_own_thread(
    context: StageContext,
    settings: Settings,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let stop = stop.child_token();
    let _stops_with_this = stop.clone().drop_guard();
    let no_thread = |error: std::io::Error| {
        BusError::Unavailable(format!("no thread for the detector: {error}"))
    };
    let (end, ended) = oneshot::channel();
    let judging = move || {
        // A runtime may not be dropped where another one runs: it is made here, and ends here.
        let came = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(run_under(context, settings, lease, stop)),
            Err(error) => Err(no_thread(error).into()),
        };
        // Nobody hears it where this future was dropped.
        let _ = end.send(came);
    };
    let thread = thread::Builder::new().name("detector".to_owned());
    let thread = thread.spawn(judging).map_err(no_thread)?;
    match ended.await {
        Ok(outcome) => outcome,
        // It ended without a word, by a panic, which is passed on as that of a task would be.
        Err(_) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => Ok(()),
        },
    }
}
