//! Runs the alerter while it holds its lease. Others stand by.
//!
//! Comes in: a lease. Goes out: starts and stops of the alerter. It never alerts itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Event, Leadership, Lease, LoopError, StageContext};
use wirefold_proto::streams;

use crate::NAME;
use crate::error::AlerterError;
use crate::settings::Settings;
use crate::{Printer, run};

/// The longest time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Runs as [`run`] does once it has the lease. Until then it waits without using memory: at its start,
/// [`run`] rebuilds the open alerts from the stream. New settings restart it in place, which repeats nothing.
///
/// # Errors
/// As [`run`], and [`LoopError::Fenced`] if another process has taken the lease, as after a pause. If it is
/// started again, it stands by.
pub async fn run_under(
    context: StageContext,
    mut settings: watch::Receiver<Settings>,
    printer: Arc<dyn Printer>,
    mut lease: Lease,
    stop: CancellationToken,
) -> Result<(), AlerterError> {
    let mut leads = until_leading(&context, &mut lease, &stop).await;
    while leads {
        let leading = stop.child_token();
        let current = settings.borrow_and_update().clone();
        let running = run(context.clone(), current, printer.clone(), leading.clone());
        tokio::pin!(running);
        tokio::select! {
            biased;
            ended = &mut running => {
                lease.release().await;
                return ended;
            }
            () = replaced(&mut lease) => leads = false,
            Ok(()) = settings.changed() => {}
        }
        leading.cancel();
        running.await?;
        if !leads {
            return Err(LoopError::Fenced(streams::ALERTS.name.to_owned()).into());
        }
    }
    lease.release().await;
    Ok(())
}

/// Waits until this process leads; false if it is stopped before.
async fn until_leading(
    context: &StageContext,
    lease: &mut Lease,
    stop: &CancellationToken,
) -> bool {
    lease.request_lead();
    while !stop.is_cancelled() {
        let known = lease.leadership();
        if known == Leadership::Leads {
            return true;
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = lease.changed_from(&known) => {}
            () = context.wait(HEARTBEAT) => {}
        }
        context.observer.observe(NAME, Event::Alive);
    }
    false
}

/// Returns when another process leads. While the bus is not reachable, the lease is in doubt and nothing is
/// sent.
async fn replaced(lease: &mut Lease) {
    loop {
        let known = lease.leadership();
        if matches!(known, Leadership::Follows(_)) {
            return;
        }
        lease.changed_from(&known).await;
    }
}
