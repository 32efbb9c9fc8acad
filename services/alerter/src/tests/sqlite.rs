//! The alerter on the embedded bus.

use std::sync::Arc;

use tempfile::tempdir;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock, StageContext};

use super::newsroom::{Newsroom, five};
use super::running::{Paper, Running, alerts, at_once, settings, told};
use super::watching::watch;

#[tokio::test]
async fn accepted_alerts_in_the_file_are_not_sent_again() {
    let folder = tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock::default());
    let paper = Arc::<Paper>::default();
    let bus = wirefold_flow_sqlite::open(folder.path(), clock.clone()).unwrap();
    let mut newsroom = Newsroom::new(bus, clock.clone()).await;
    for given in five() {
        let (observer, mut log) = watch();
        let context =
            StageContext { observer, ..StageContext::new(newsroom.bus.clone(), clock.clone()) };
        let running = Running::start(&context, &settings([at_once()]), &paper);
        newsroom.tell(given).await;
        log.wait_for("alerter-stdout done").await;
        running.stop().await;
        drop(context);
        newsroom = reopened(newsroom, folder.path(), &clock);
    }
    let found: Vec<String> = alerts(&*newsroom.bus).await.iter().map(told).collect();
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(paper.blocks().len(), 5);
}

/// The same newsroom after a restart.
fn reopened(mut newsroom: Newsroom, folder: &std::path::Path, clock: &Arc<dyn Clock>) -> Newsroom {
    // The file is closed once nobody holds the bus, and can be opened only then.
    newsroom.bus = wirefold_flow::sim::SimBus::open(&Default::default(), clock.clone()).bus();
    newsroom.bus = wirefold_flow_sqlite::open(folder, clock.clone()).unwrap();
    newsroom
}
