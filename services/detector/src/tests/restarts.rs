//! Restarts, duplicates and two detectors at once: each article is decided once, as in an
//! undisturbed run.

use std::collections::BTreeSet;
use std::time::Duration;

use wirefold_flow::{Bus, LoopError, Outgoing, Stored, StreamConfig, unbroken_chain};
use wirefold_proto::{OutputEpoch, decode, streams};

use super::harness::{Harness, decision, outgoing, seed_articles, seeds, without_epochs};

async fn undisturbed() -> Vec<String> {
    let harness = Harness::new().await;
    let articles = seed_articles();
    harness.publish(&articles).await;
    without_epochs(&harness.run_to(articles.len()).await)
}

#[tokio::test]
async fn a_restart_changes_no_decision() {
    let expected = undisturbed().await;
    let harness = Harness::new().await;
    let articles = seed_articles();
    let mut judged = Vec::new();
    for (round, part) in articles.chunks(17).enumerate() {
        harness.publish(part).await;
        let count = articles.len().min((round + 1) * 17);
        judged = harness.run_to(count).await;
        harness.sim.restart();
    }
    assert_eq!(without_epochs(&judged), expected);
    let last = harness.bus.last(streams::OUTPUT.name, "wirefold.v1.output.epoch").await;
    let epoch: OutputEpoch = decode(&last.unwrap().unwrap().body).unwrap();
    assert_eq!((epoch.decision.epoch, epoch.input.enriched), (5, 68));
    assert_eq!(epoch.previous, Some(decision(&judged[67]).decision));
}

#[tokio::test]
async fn a_file_of_the_embedded_bus_gives_the_same() {
    let expected = undisturbed().await;
    let folder = tempfile::tempdir().unwrap();
    let articles = seed_articles();
    let (half, rest) = articles.split_at(40);
    for (part, count) in [(half, half.len()), (rest, articles.len())] {
        let mut harness = Harness::new().await;
        let clock = std::sync::Arc::new(harness.clock.clone());
        harness.bus = wirefold_flow_sqlite::open(&folder.path().join("bus.db"), clock).unwrap();
        wirefold_envelope::create_streams(&*harness.bus, &wirefold_envelope::Limits::default())
            .await
            .unwrap();
        harness.publish(part).await;
        let judged = harness.run_to(count).await;
        if count == articles.len() {
            assert_eq!(without_epochs(&judged), expected);
        }
    }
}

#[tokio::test]
async fn a_known_id_is_decided_on_once_also_after_a_restart() {
    let harness = Harness::new().await;
    let articles = seed_articles();
    let again = |id: &str| Outgoing { id: id.to_owned(), ..outgoing(&articles[0]) };
    harness.publish(&articles[..2]).await;
    harness.bus.publish(again("again")).await.unwrap();
    harness.run_to(2).await;
    harness.bus.publish(again("and again")).await.unwrap();
    harness.publish(&articles[2..3]).await;
    let judged = harness.run_to(3).await;
    let inputs: Vec<u64> = judged.iter().map(|d| decision(d).input.enriched).collect();
    assert_eq!(inputs, [1, 2, 5]);
}

#[tokio::test]
async fn an_unreadable_article_is_a_dead_letter_and_no_hole() {
    let harness = Harness::new().await;
    let articles = seed_articles();
    harness.publish(&articles[..1]).await;
    let nonsense = Outgoing::new("wirefold.v1.article.enriched", "n", "{}");
    harness.bus.publish(nonsense).await.unwrap();
    harness.publish(&articles[1..2]).await;
    let judged = harness.run_to(2).await;
    unbroken_chain(&judged, streams::ENRICHED.name, 3, &BTreeSet::from([2])).unwrap();
    let letter = harness.bus.last(streams::DEAD.name, "wirefold.v1.dead.detector").await.unwrap();
    assert!(String::from_utf8_lossy(&letter.unwrap().body).contains("no `schema` field"));
}

#[tokio::test]
async fn of_two_detectors_one_ends_and_nothing_is_decided_twice() {
    let expected = undisturbed().await;
    let harness = Harness::new().await;
    let articles = seed_articles();
    let (half, rest) = articles.split_at(40);
    let (_, zombie) = harness.start();
    harness.publish(half).await;
    harness.judged(half.len()).await;
    let (stop, heir) = harness.start();
    // The heir's epoch is in the stream before the rest arrives, so the zombie is fenced.
    let mut epochs =
        harness.bus.read(streams::OUTPUT.name, "wirefold.v1.output.epoch", 1).await.unwrap();
    let mut seen = 0;
    while seen < 2 {
        seen += epochs.next(10).await.unwrap().len();
    }
    harness.publish(rest).await;
    let judged = harness.judged(articles.len()).await;
    let ended = tokio::time::timeout(Duration::from_secs(60), zombie).await.unwrap().unwrap();
    assert!(matches!(ended, Err(LoopError::Fenced(_))), "{ended:?}");
    stop.cancel();
    heir.await.unwrap().unwrap();
    assert_eq!(without_epochs(&judged), expected);
    assert_eq!(harness.judged(articles.len()).await.len(), articles.len());
}

#[tokio::test]
async fn ids_of_expired_texts_stay_known_and_their_stories_keep_their_names() {
    let harness = Harness::new().await;
    let articles = seed_articles();
    harness.publish(&articles[..2]).await;
    harness.clock.advance(Duration::from_secs(10));
    harness.publish(&articles[2..30]).await;
    let before = harness.run_to(30).await;
    expire(&*harness.bus, &harness).await;
    assert!(harness.now().0 > 0);
    let again = Outgoing { id: "again".to_owned(), ..outgoing(&articles[0]) };
    harness.bus.publish(again).await.unwrap();
    // Another copy, at an outlet of its own, of a story whose only remaining text is that of a
    // copy.
    let firsts: Vec<_> = before[..2].iter().map(|d| decision(d).verdict.story).collect();
    let is_kept = |d: &&Stored| firsts.contains(&decision(d).verdict.story);
    let kept = before[2..].iter().find(is_kept).expect("one of the first has a copy");
    let place = usize::try_from(decision(kept).input.enriched).unwrap() - 1;
    let mut copy = seeds()[place].clone();
    "late.example".clone_into(&mut copy.outlet);
    copy.url = Some("https://late.example/1".to_owned());
    let seen = articles[29].article.seen.as_second();
    harness.publish(&[copy.enriched(seen)]).await;
    let judged = harness.run_to(31).await;
    assert_eq!(judged.len(), 31, "the first is known though its text is gone");
    assert_eq!(without_epochs(&before), without_epochs(&judged[..30]));
    let (known, late) = (decision(kept), decision(&judged[30]));
    assert_eq!(late.verdict.story, known.verdict.story);
    assert!(late.story_state.revision > known.story_state.revision);
}

/// Makes the texts expire that were published before the clock's last step.
async fn expire(bus: &dyn Bus, harness: &Harness) {
    let short = StreamConfig {
        max_age: Duration::from_secs(5),
        window: Duration::from_secs(1),
        ..StreamConfig::new(streams::ENRICHED.name, streams::ENRICHED.subjects)
    };
    bus.create_stream(short).await.unwrap();
    harness.clock.advance(Duration::from_secs(1));
    assert_eq!(bus.stream_state(streams::ENRICHED.name).await.unwrap().first, 3);
}
