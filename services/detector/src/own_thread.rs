//! Runs the detector on a thread of its own.
//!
//! The arguments of [`run`](crate::run) and a lease come in; the result of the run goes out.

use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, Lease, LoopError, StageContext};

use crate::{Settings, run};

/// Runs the detector as [`run`](crate::run) while it has the lease, and as a standby otherwise, on
/// a thread of its own. Judging can keep a core busy for a long time. On its own thread it does not
/// delay other tasks of this runtime, and they do not delay it. The detector stops if this future
/// is dropped.
///
/// # Errors
/// The errors of [`run`](crate::run), and [`LoopError::Bus`] if no thread can be started.
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
        // A runtime must not be dropped inside another one, so this thread creates and drops its
        // own.
        let came = match Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(run(context, settings, lease, stop)),
            Err(error) => Err(no_thread(error).into()),
        };
        // Nobody receives the result if the future was dropped.
        let _ = end.send(came);
    };
    let thread = thread::Builder::new().name("detector".to_owned());
    let thread = thread.spawn(judging).map_err(no_thread)?;
    match ended.await {
        Ok(outcome) => outcome,
        // The thread panicked. Pass the panic on, as for a task.
        Err(_) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => Ok(()),
        },
    }
}
