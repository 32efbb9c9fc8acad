//! Restarts from snapshots give the same bytes as restarts without, and unusable snapshots are
//! skipped.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{Lease, Objects, Stored, StreamConfig, read_object, write_object};
use wirefold_proto::{ArticleEnriched, streams};

use super::harness::{Harness, decision, seed_articles, seeds, settings, without_epochs};
use crate::{Settings, run};

const DAY: i64 = 24 * 3600;

/// The fixtures, and days later the same texts at other outlets, when some fixtures have left the
/// window.
pub(super) fn articles() -> Vec<ArticleEnriched> {
    let mut articles = seed_articles();
    let last = articles.last().unwrap().article.seen.as_second();
    let again = seeds().into_iter().zip(0..).map(|(mut article, number)| {
        article.outlet = format!("late{}.example", number % 3);
        article.url = None;
        article.enriched(last + number * DAY / 6)
    });
    articles.extend(again);
    articles
}

pub(super) async fn undisturbed(articles: &[ArticleEnriched]) -> Vec<String> {
    let harness = Harness::new().await;
    harness.publish(articles).await;
    without_epochs(&harness.run_to(articles.len()).await)
}

/// Runs a detector with these settings until it has made `count` decisions; then it stops or is
/// killed.
pub(super) async fn run_to(
    harness: &Harness,
    count: usize,
    settings: Settings,
    killed: bool,
) -> Vec<Stored> {
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(harness.context(), settings, Lease::alone(), stop.clone()));
    let judged = harness.judged(count).await;
    if killed {
        running.abort();
        let _ = running.await;
    } else {
        stop.cancel();
        running.await.unwrap().unwrap();
    }
    judged
}

pub(super) fn settings_with_snapshots_after(harness: &Harness, after: usize) -> Settings {
    let texts = Some(harness.folder.path().to_owned());
    Settings { snapshot_after: after, texts, ..settings() }
}

fn settings_with_snapshots(harness: &Harness) -> Settings {
    settings_with_snapshots_after(harness, 10)
}

pub(super) fn objects(harness: &Harness) -> std::sync::Arc<dyn Objects> {
    harness.bus.objects(streams::SNAPSHOTS.name).unwrap()
}

/// The names of the snapshots, the oldest first.
pub(super) async fn heads(harness: &Harness) -> Vec<String> {
    let names = objects(harness).names().await.unwrap();
    names.into_iter().filter(|name| name.starts_with("detector-")).collect()
}

pub(super) async fn bytes_of(harness: &Harness, name: &str) -> Vec<u8> {
    read_object(&*objects(harness), name).await.unwrap().unwrap()
}

pub(super) async fn put(harness: &Harness, name: &str, bytes: Vec<u8>) {
    write_object(&*objects(harness), name, bytes.into()).await.unwrap();
}

/// Copies all snapshots of one bus into the store of another.
async fn copy_all(from: &Harness, to: &Harness) {
    for name in objects(from).names().await.unwrap() {
        put(to, &name, bytes_of(from, &name).await).await;
    }
}

#[tokio::test]
async fn restarts_by_snapshot_and_by_replay_give_the_same_bytes() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    for seed in 1..=4_usize {
        let harness = Harness::new().await;
        let (mut dice, mut done) = (seed, 0);
        let mut judged = Vec::new();
        while done < articles.len() {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let part = 1 + (dice >> 33) % 23;
            let end = articles.len().min(done + part);
            harness.publish(&articles[done..end]).await;
            // No snapshots, several, or only one at the end.
            let after = [0, 5, 1_000][(dice >> 40) % 3];
            judged = run_to(
                &harness,
                end,
                settings_with_snapshots_after(&harness, after),
                (dice >> 45) % 3 == 0,
            )
            .await;
            harness.sim.restart();
            done = end;
        }
        assert_eq!(without_epochs(&judged), expected, "seed {seed}");
        assert!(heads(&harness).await.len() <= 2);
    }
}

/// Makes all texts expire, so that only a snapshot has them.
async fn expire(harness: &Harness) {
    let short = StreamConfig {
        max_age: Duration::from_secs(5),
        window: Duration::from_secs(1),
        ..StreamConfig::new(streams::ENRICHED.name, streams::ENRICHED.subjects)
    };
    harness.bus.create_stream(short).await.unwrap();
    harness.clock.advance(Duration::from_secs(6));
    let state = harness.bus.stream_state(streams::ENRICHED.name).await.unwrap();
    assert_eq!(state.messages, 0);
}

/// The decisions after a restart, when the texts of the first articles have expired and `harm` has
/// damaged the snapshots.
async fn rest_after(
    harm: impl AsyncFn(&Harness),
    settings: impl Fn(&Harness) -> Settings,
) -> Vec<String> {
    let articles = articles();
    let (first, rest) = articles.split_at(60);
    let harness = Harness::new().await;
    for part in [&first[..40], &first[40..]] {
        harness.publish(part).await;
        let count = if part.len() == 40 { 40 } else { 60 };
        run_to(&harness, count, settings_with_snapshots(&harness), false).await;
    }
    expire(&harness).await;
    harm(&harness).await;
    harness.publish(rest).await;
    without_epochs(&run_to(&harness, articles.len(), settings(&harness), false).await)
}

/// The paths of the text files, in no order.
fn files(harness: &Harness) -> Vec<PathBuf> {
    let entries = fs::read_dir(harness.folder.path().join("wf_texts")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Removes the text files for which `goes` is true. It gets their positions in the order of names.
fn lose_texts(harness: &Harness, goes: impl Fn(usize) -> bool) {
    let mut files = files(harness);
    files.sort_unstable();
    let lost = files.iter().enumerate().filter(|(place, _)| goes(*place));
    lost.for_each(|(_, file)| fs::remove_file(file).unwrap());
}

/// Changes the bytes of a stored object.
pub(super) async fn change(harness: &Harness, name: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = bytes_of(harness, name).await;
    change(&mut bytes);
    put(harness, name, bytes).await;
}

#[tokio::test]
async fn an_unusable_snapshot_is_skipped() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    let untouched = async |_: &Harness| {};
    assert_eq!(rest_after(untouched, settings_with_snapshots).await, expected);
    // If the last snapshot is broken, the detector starts from the one before, although the texts
    // decided since then are gone.
    let harms: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.truncate(bytes.len() - 16),
        |bytes| bytes[9] ^= 1,
        |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        },
        Vec::clear,
    ];
    let before = rest_after(
        async |harness: &Harness| {
            let names = heads(harness).await;
            assert_eq!(names.len(), 2, "the last two are kept");
            objects(harness).delete(&names[1]).await.unwrap();
        },
        settings_with_snapshots,
    )
    .await;
    assert_ne!(before, expected);
    for harm in harms {
        let found = rest_after(
            async |harness: &Harness| {
                let names = heads(harness).await;
                change(harness, &names[1], harm).await;
            },
            settings_with_snapshots,
        )
        .await;
        assert_eq!(found, before);
    }
    // Without any snapshot.
    let none = rest_after(untouched, |harness| settings_with_snapshots_after(harness, 0)).await;
    assert!(none != expected && none != before);
    let others = |harness: &Harness| {
        let mut others = settings_with_snapshots(harness);
        others.fold.window += 1;
        others
    };
    assert_eq!(rest_after(untouched, others).await, none, "made by other settings");
}

#[tokio::test]
async fn a_snapshot_of_other_decisions_is_skipped() {
    let articles = articles();
    let (one, other) = (Harness::new().await, Harness::new().await);
    one.publish(&articles[..30]).await;
    run_to(&one, 30, settings_with_snapshots(&one), false).await;
    copy_all(&one, &other).await;
    let again = &articles[5..20];
    other.publish(again).await;
    let judged = run_to(&other, 15, settings_with_snapshots(&other), false).await;
    assert_eq!(without_epochs(&judged), undisturbed(again).await);
    assert_eq!(decision(&judged[0]).input.enriched, 1);
}

/// The disk may have lost some files. The detector then replays the decisions, as without a snapshot.
#[tokio::test]
async fn a_snapshot_whose_texts_are_missing_or_cut_is_skipped() {
    let untouched = async |_: &Harness| {};
    let none = rest_after(untouched, |harness| settings_with_snapshots_after(harness, 0)).await;
    let harms: [fn(&Harness); 4] = [
        |harness| lose_texts(harness, |place| place == 0),
        |harness| lose_texts(harness, |_| true),
        |harness| {
            for file in files(harness) {
                let bytes = fs::read(&file).unwrap();
                fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
            }
        },
        |harness| files(harness).iter().for_each(|file| fs::write(file, "").unwrap()),
    ];
    let whole = rest_after(untouched, settings_with_snapshots).await;
    assert_ne!(whole, none);
    for harm in harms {
        let found = rest_after(async |harness: &Harness| harm(harness), settings_with_snapshots);
        assert_ne!(found.await, whole);
    }
}

/// Without a folder the texts are in the snapshot itself.
#[tokio::test]
async fn a_snapshot_without_text_files_has_the_texts() {
    let articles = articles();
    let harness = Harness::new().await;
    let nowhere = || Settings { texts: None, ..settings_with_snapshots(&harness) };
    let mut judged = Vec::new();
    for count in [40, articles.len()] {
        let done = judged.len();
        harness.publish(&articles[done..count]).await;
        judged = run_to(&harness, count, nowhere(), false).await;
    }
    assert_eq!(without_epochs(&judged), undisturbed(&articles).await);
}

/// The text files have grown since the older snapshot.
#[tokio::test]
async fn an_older_snapshot_finds_what_it_needs_in_longer_files() {
    let articles = articles();
    let harness = Harness::new().await;
    let mut newest: Option<String> = None;
    let mut judged = Vec::new();
    for (round, part) in articles.chunks(12).enumerate() {
        harness.publish(part).await;
        let count = articles.len().min((round + 1) * 12);
        judged = run_to(&harness, count, settings_with_snapshots_after(&harness, 6), false).await;
        let names = heads(&harness).await;
        if let Some(name) = names.last().filter(|name| Some(*name) != newest.as_ref()) {
            objects(&harness).delete(name).await.unwrap();
        }
        newest = names.last().cloned();
    }
    assert_eq!(without_epochs(&judged), undisturbed(&articles).await);
}

#[tokio::test]
async fn text_files_that_no_snapshot_names_are_removed() {
    let harness = Harness::new().await;
    let foreign = harness.folder.path().join("wf_texts").join("left.part");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, "").unwrap();
    let articles = articles();
    let (last, others) = articles.split_last().unwrap();
    let mut most = 0;
    for (round, part) in others.chunks(30).enumerate() {
        harness.publish(part).await;
        let count = others.len().min((round + 1) * 30);
        run_to(&harness, count, settings_with_snapshots_after(&harness, 5), round % 2 == 0).await;
        assert!(!foreign.exists());
        most = most.max(files(&harness).len());
    }
    // Each start creates one file a day, and two snapshots of seven days name only some of them.
    assert!((4..=24).contains(&most), "{most}");
    let names = objects(&harness).names().await.unwrap();
    for name in names {
        objects(&harness).delete(&name).await.unwrap();
    }
    let before: BTreeSet<PathBuf> = files(&harness).into_iter().collect();
    harness.publish(std::slice::from_ref(last)).await;
    run_to(&harness, articles.len(), settings_with_snapshots_after(&harness, 1_000_000), true)
        .await;
    assert!(!before.is_empty() && files(&harness).iter().all(|file| !before.contains(file)));
}

#[tokio::test]
async fn kills_before_a_snapshot_is_due_count_together() {
    let articles = articles();
    let harness = Harness::new().await;
    for (run, part) in articles.chunks(7).take(6).enumerate() {
        harness.publish(part).await;
        run_to(&harness, (run + 1) * 7, settings_with_snapshots_after(&harness, 30), true).await;
    }
    // The task that writes the snapshot was not killed.
    let written = async {
        while heads(&harness).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), written).await.expect("it was never due");
}

#[tokio::test]
async fn snapshots_of_a_former_stream_make_room_for_new_ones() {
    let articles = articles();
    let before = Harness::new().await;
    before.publish(&articles).await;
    run_to(&before, articles.len(), settings_with_snapshots(&before), false).await;
    let name = heads(&before).await.pop().unwrap();
    // The streams were created again, but not the store of snapshots.
    let harness = Harness::new().await;
    copy_all(&before, &harness).await;
    for end in [20, 40] {
        harness.publish(&articles[end - 20..end]).await;
        run_to(&harness, end, settings_with_snapshots(&harness), false).await;
    }
    let names = heads(&harness).await;
    assert!(!names.is_empty() && !names.contains(&name), "{names:?}");
}
