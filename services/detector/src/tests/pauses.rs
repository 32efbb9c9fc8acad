//! Snapshots after a pause, for which few new articles are enough.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::harness::Harness;
use super::snapshots::{articles, heads, settings_with_snapshots_after};
use crate::run;
use crate::snapshot::Snapshotter;
use crate::text_file::TextFolder;

/// Longer than the pause between two snapshots, and than the interval at which an idle detector
/// checks whether one is due.
const LONG: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn fewer_new_articles_are_enough_after_a_pause() {
    let harness = Harness::new().await;
    let folder = Arc::new(TextFolder::persistent(harness.folder.path()));
    let mut snapshotter = Snapshotter::new(harness.bus.clone(), folder, 1, 5);
    assert!(!snapshotter.is_due(0), "nothing is new");
    for _ in 0..5 {
        snapshotter.count_decision();
    }
    assert!(!snapshotter.is_due(100), "a quarter is new only after 25");
    tokio::time::advance(LONG).await;
    assert!(snapshotter.is_due(100));
}

#[tokio::test]
async fn an_idle_detector_writes_a_snapshot() {
    let articles = articles();
    let harness = Harness::new().await;
    harness.publish(&articles).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(
        harness.context(),
        settings_with_snapshots_after(&harness, 5),
        wirefold_flow::Lease::alone(),
        stop.clone(),
    ));
    let last = harness.judged(articles.len()).await.pop().unwrap().sequence;
    tokio::time::pause();
    tokio::time::advance(LONG).await;
    tokio::time::resume();
    // No more articles arrive.
    let newest = async {
        while heads(&harness).await.last() != Some(&format!("detector-{last:020}")) {
            harness.clock.advance(LONG);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, newest).await.expect("no snapshot knows the last decision");
    stop.cancel();
    running.await.unwrap().unwrap();
}
