//! The detector on a thread of its own makes the same decisions, and the thread ends.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{Lease, NoObserver, StageContext};

use super::harness::{Harness, seed_articles, settings, without_epochs};
use crate::run_on_own_thread;

#[tokio::test]
async fn decides_the_same_on_a_thread_of_its_own() {
    let articles = seed_articles();
    let harness = Harness::new().await;
    harness.publish(&articles).await;
    let expected = without_epochs(&harness.run_to(articles.len()).await);

    let apart = Harness::new().await;
    apart.publish(&articles).await;
    let stop = CancellationToken::new();
    let running =
        tokio::spawn(run_on_own_thread(apart.context(), settings(), Lease::alone(), stop.clone()));
    let judged = apart.judged(articles.len()).await;
    stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(without_epochs(&judged), expected);
}

#[tokio::test]
async fn the_thread_ends_with_the_task_that_started_it() {
    let articles = seed_articles();
    let harness = Harness::new().await;
    harness.publish(&articles).await;
    let observer = Arc::new(NoObserver);
    let context = StageContext { observer: observer.clone(), ..harness.context() };
    let running = tokio::spawn(run_on_own_thread(
        context,
        settings(),
        Lease::alone(),
        CancellationToken::new(),
    ));
    harness.judged(articles.len()).await;
    running.abort();
    let ended = async {
        while Arc::strong_count(&observer) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), ended).await.expect("the thread ends");
}
