//! Alerts: one for each event and subscription, and the deliveries that send them.
//!
//! Comes in: the output of the detector with the findings of the enricher, and commands about subscriptions.
//! Goes out: revisions of alerts in `WF_ALERTS`, and messages to targets. It never groups articles, and uses
//! the bus only through its seam.
//!
//! The *matcher* reads the output in the order of the decisions, compares each article with all subscriptions
//! and publishes revisions of alerts, each exactly once. Each *delivery* reads the alerts at a position of its
//! own: terminal, signed webhook, phone, e-mail, chat, program or file. The *feed digest* sends a list of
//! feeds with problems once a week. The *watch* observes the installation, and deliveries report its health
//! conditions. Subscriptions come from files or commands, and apply from the next article on.
//!
//! HTTP is in `wirefold-http-client`. The bus and the clock are passed in.

mod by_hand;
mod delivery;
mod digest;
mod engine;
mod error;
mod health;
mod matcher;
mod metrics;
mod reading;
mod rehearsal;
mod settings;
mod standby;
mod subscription;
mod text;
mod wording;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use wirefold_flow::{LoopError, StageContext};

use delivery::DeliveryStates;
use delivery::notices::Notifier;
use delivery::{Common, DeliveryStage, Means, Positions, Records};
use digest::Weekly;
use health::{HealthChanges, Watch, beat};

pub use by_hand::{send_again, send_sample};
pub use delivery::{Delivery, Failure, check_delivery, kinds, switch_on};
pub use engine::SiteAlerts;
pub use error::AlerterError;
pub use metrics::METRICS;
pub use reading::read_article;
pub use rehearsal::rehearse;
pub use settings::{ConfiguredSubscription, Disk, HealthSettings, Settings, Space, Subjects};
pub use standby::run_under;
pub use subscription::check;
pub use text::{Templates, usual_message};
pub use wirefold_http_client::WEB_PORTS;
pub use wording::suggestion;

/// The name of the matcher, in logs and in marks.
pub(crate) const NAME: &str = "alerter";

/// Prints lines for people.
pub trait Printer: Send + Sync {
    /// Prints a block of lines and ends the last line.
    ///
    /// # Errors
    /// Any error of the terminal or pipe. The block is printed again later.
    fn print(&self, line: &str) -> std::io::Result<()>;
}

/// Matches and delivers until it is stopped, and then finishes the messages under way.
///
/// Only one process may run it on a bus at a time; [`run_under`] ensures that.
///
/// # Errors
/// An [`AlerterError`] if people must repair settings, streams or the store. It waits out errors that may
/// pass.
pub async fn run(
    context: StageContext,
    settings: Settings,
    printer: Arc<dyn Printer>,
    stop: CancellationToken,
) -> Result<(), AlerterError> {
    let stop = stop.child_token();
    let means = settings.means(printer);
    let common = Common {
        context,
        stop: stop.clone(),
        page: settings.page.clone(),
        demo: settings.demo,
        zone: settings.machine_zone(),
        states: DeliveryStates::default(),
        absent: watch::Sender::default(),
        positions: Positions::of(settings.delivery_names()),
    };
    let mut work: JoinSet<Result<(), AlerterError>> = JoinSet::new();
    for delivery in &settings.deliveries {
        let stage = DeliveryStage::new(delivery, &means, &common)?;
        work.spawn(async move { Ok(stage.run().await?) });
        if delivery.feed_digest && !settings.demo {
            let source = Weekly::new(&delivery.name, &common)?;
            let weekly = Notifier::new(delivery, &means, &common, source)?;
            work.spawn(async move { Ok(weekly.run().await?) });
        }
    }
    if !settings.demo {
        watch_health(&settings, &means, &common, &mut work)?;
    }
    work.spawn(delivery::records::sweep_daily(common.clone()));
    work.spawn(matcher::run(common, settings));
    until_all_end(work, &stop).await
}

/// Starts the watch, the health notifiers, and the heartbeat.
fn watch_health(
    settings: &Settings,
    means: &Arc<Means>,
    common: &Common,
    work: &mut JoinSet<Result<(), AlerterError>>,
) -> Result<(), AlerterError> {
    let records = settings.deliveries.iter().map(|it| Records::of(it, &*common.context.bus));
    let watched = records.collect::<Result<_, _>>()?;
    let (watch, report) = Watch::new(common, settings.health.clone(), watched)?;
    for delivery in settings.deliveries.iter().filter(|delivery| delivery.health) {
        let (page, report) = (settings.page.clone(), report.clone());
        let source = HealthChanges { delivery: delivery.name.clone(), page, report };
        let notifier = Notifier::new(delivery, means, common, source)?;
        work.spawn(async move { Ok(notifier.run().await?) });
    }
    if let Some(heartbeat) = settings.health.heartbeat.clone() {
        work.spawn(beat(common.clone(), heartbeat, means.client()?.clone(), report));
    }
    work.spawn(async move { Ok(watch.run().await?) });
    Ok(())
}

/// Runs all tasks until the end. If one fails, the others are stopped.
async fn until_all_end(
    mut work: JoinSet<Result<(), AlerterError>>,
    stop: &CancellationToken,
) -> Result<(), AlerterError> {
    let mut first = Ok(());
    while let Some(done) = work.join_next().await {
        let done = finished(done);
        if done.is_err() && first.is_ok() {
            first = done;
            stop.cancel();
        }
        // A test crashed it: then nothing may continue.
        if matches!(first, Err(AlerterError::Loop(LoopError::Crashed(_)))) {
            work.abort_all();
        }
    }
    first
}

fn finished(done: Result<Result<(), AlerterError>, JoinError>) -> Result<(), AlerterError> {
    match done {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The task was aborted after a crash.
        Err(_) => Ok(()),
    }
}
