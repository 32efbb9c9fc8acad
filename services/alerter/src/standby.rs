//! Runs the alerter while it holds its lease. Others stand by.
//!
//! Comes in: a lease. Goes out: the alerter started and stopped with it. It never alerts itself.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{Event, Leadership, Lease, LoopError, StageContext};
use wirefold_proto::streams;

use crate::NAME;
use crate::error::AlerterError;
use crate::settings::Settings;
use crate::{Printer, run};

/// How long it waits at most before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Does as [`run`] once it has the lease. Until then it waits, and needs no memory: a start rebuilds the
/// open alerts from what is stored.
///
/// # Errors
/// As [`run`]; and [`LoopError::Fenced`] where another has taken the lease, as after a pause. Who starts
/// it again has it stand by.
pub async fn run_under(
    context: StageContext,
    settings: Settings,
    printer: Arc<dyn Printer>,
    mut lease: Lease,
    stop: CancellationToken,
) -> Result<(), AlerterError> {
    if until_leading(&context, &mut lease, &stop).await {
        let leading = stop.child_token();
        let running = run(context, settings, printer, leading.clone());
        tokio::pin!(running);
        tokio::select! {
            biased;
            ended = &mut running => {
                lease.release().await;
                return ended;
            }
            () = replaced(&mut lease) => {}
        }
        leading.cancel();
        running.await?;
        return Err(LoopError::Fenced(streams::ALERTS.name.to_owned()).into());
    }
    lease.release().await;
    Ok(())
}

/// Waits until this process is the one; false where it is told to stop before.
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
        let clock = &context.clock;
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = lease.changed_from(&known) => {}
            () = clock.sleep_until(clock.now().plus(HEARTBEAT)) => {}
        }
        context.observer.observe(NAME, Event::Alive);
    }
    false
}

/// Returns once another is the one. While the lease is in doubt the bus is away, and nothing goes out.
async fn replaced(lease: &mut Lease) {
    loop {
        let known = lease.leadership();
        if matches!(known, Leadership::Follows(_)) {
            return;
        }
        lease.changed_from(&known).await;
    }
}
