//! Calls an address while all is well, so that a service elsewhere notices when the calls stop.
//!
//! Comes in: the health report. Goes out: one request now and then. It never calls while data is in danger.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{Clock, UnixMillis};
use wirefold_http_client::{Client, Request};
use wirefold_proto::HealthReport;

use super::{LOOK, Report};
use crate::metrics::HEARTBEATS;
use crate::settings::Heartbeat;

/// An older report says nothing about the present.
const STALE: Duration = Duration::from_secs(3 * LOOK.as_secs());
/// How long a call may take.
const TOTAL: Duration = Duration::from_secs(10);
/// The most bytes that are read of an answer.
const MOST: u64 = 64 << 10;

/// Calls the address until it is stopped.
pub(crate) async fn beat(
    heartbeat: Heartbeat,
    client: Client,
    clock: std::sync::Arc<dyn Clock>,
    mut report: Report,
    stop: CancellationToken,
) {
    let mut failed = false;
    tokio::select! {
        biased;
        () = stop.cancelled() => return,
        first = report.wait_for(Option::is_some) => drop(first),
    }
    loop {
        let now = clock.now();
        let is_well = report.borrow().as_deref().is_some_and(|report| is_well(report, now));
        let outcome = match is_well {
            false => "withheld",
            true => match call(&client, &heartbeat).await {
                Ok(()) => {
                    failed = false;
                    "ok"
                }
                Err(why) => {
                    // The log reports it once: the called service notices by itself.
                    if !std::mem::replace(&mut failed, true) {
                        tracing::warn!(why, "the heartbeat was not accepted");
                    }
                    "failed"
                }
            },
        };
        HEARTBEATS.add(1, &[outcome]);
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = clock.sleep_until(now.plus(heartbeat.every)) => {}
        }
    }
}

/// Whether no condition endangers news or data, as far as is known now.
fn is_well(report: &HealthReport, now: UnixMillis) -> bool {
    let age = now.since(wirefold_envelope::unix_millis(report.at));
    age < STALE && !report.conditions.iter().any(|it| it.kind.endangers_data())
}

async fn call(client: &Client, heartbeat: &Heartbeat) -> Result<(), String> {
    let request = Request { total: TOTAL, max_body: MOST, ..Request::get(heartbeat.url.clone()) };
    match client.send(request).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(answer.status_label()),
        Err(error) => Err(error.to_string()),
    }
}
