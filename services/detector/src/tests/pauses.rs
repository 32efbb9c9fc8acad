//! A snapshot is also written where little is new, once the last one is some time ago.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::snapshots::{articles, heads, keeping};
use super::stand::Stand;
use crate::run;
use crate::snapshot::Keeping;
use crate::text_file::Folder;

/// Longer than the pause between two snapshots, and than that between two looks of an idle detector.
const LONG: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn fewer_new_articles_are_enough_after_a_pause() {
    let stand = Stand::new().await;
    let folder = Arc::new(Folder::lasting(stand.folder.path()));
    let mut keeping = Keeping::new(stand.bus.clone(), folder, 1, 5);
    assert!(!keeping.is_due(0), "nothing is new");
    for _ in 0..5 {
        keeping.decided();
    }
    assert!(!keeping.is_due(100), "a quarter is new only after 25");
    tokio::time::advance(LONG).await;
    assert!(keeping.is_due(100));
}

#[tokio::test]
async fn an_idle_detector_writes_down_what_a_start_would_decide_again() {
    let articles = articles();
    let stand = Stand::new().await;
    stand.publish(&articles).await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(stand.context(), keeping(&stand, 5), stop.clone()));
    let last = stand.judged(articles.len()).await.pop().unwrap().sequence;
    tokio::time::pause();
    tokio::time::advance(LONG).await;
    tokio::time::resume();
    // Nothing more comes.
    let newest = async {
        while heads(&stand).await.last() != Some(&format!("detector-{last:020}")) {
            stand.clock.advance(LONG);
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, newest).await.expect("no snapshot knows the last decision");
    stop.cancel();
    running.await.unwrap().unwrap();
}
