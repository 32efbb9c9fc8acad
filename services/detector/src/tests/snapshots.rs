//! Restarts from snapshots: the same bytes as without any, and what is not fit is passed over.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Objects, Stored, StreamConfig};
use wirefold_proto::{ArticleFetched, streams};

use super::stand::{Stand, decision, seed_articles, seeds, settings, without_epochs};
use crate::{Settings, run};

const DAY: i64 = 24 * 3600;

/// The fixtures, and days later the same texts at other outlets: by then some have left the window.
pub(super) fn articles() -> Vec<ArticleFetched> {
    let mut articles = seed_articles();
    let last = articles.last().unwrap().article.seen.as_second();
    let again = seeds().into_iter().zip(0..).map(|(mut told, number)| {
        told.outlet = format!("late{}.example", number % 3);
        told.url = None;
        told.fetched(last + number * DAY / 6)
    });
    articles.extend(again);
    articles
}

pub(super) async fn undisturbed(articles: &[ArticleFetched]) -> Vec<String> {
    let stand = Stand::new().await;
    stand.publish(articles).await;
    without_epochs(&stand.run_to(articles.len()).await)
}

/// Runs a detector that keeps snapshots until so many decisions stand; then it stops, or is killed.
pub(super) async fn run_to(
    stand: &Stand,
    count: usize,
    settings: Settings,
    killed: bool,
) -> Vec<Stored> {
    let stop = CancellationToken::new();
    let running = tokio::spawn(run(stand.context(), settings, stop.clone()));
    let judged = stand.judged(count).await;
    if killed {
        running.abort();
        let _ = running.await;
    } else {
        stop.cancel();
        running.await.unwrap().unwrap();
    }
    judged
}

pub(super) fn keeping(stand: &Stand, after: usize) -> Settings {
    let texts = Some(stand.folder.path().to_owned());
    Settings { snapshot_after: after, texts, ..settings() }
}

fn keeping_some(stand: &Stand) -> Settings {
    keeping(stand, 10)
}

pub(super) fn objects(stand: &Stand) -> std::sync::Arc<dyn Objects> {
    stand.bus.objects(streams::SNAPSHOTS.name).unwrap()
}

/// The names of the heads of snapshots, the oldest first.
pub(super) async fn heads(stand: &Stand) -> Vec<String> {
    let names = objects(stand).names().await.unwrap();
    names.into_iter().filter(|name| name.starts_with("detector-")).collect()
}

/// Bytes of a segment's entry in a head: hash, length, checksum.
const ENTRY: usize = 32 + 8 + 5;

/// The segments that a head names, in order: the head's second frame says the last decision and the offsets, then
/// it lists the segments of each section, and those with the texts.
pub(super) async fn segments_of(stand: &Stand, head: &str) -> Vec<String> {
    let bytes = bytes_of(stand, head).await;
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let second = 8 + length(0) + 8;
    let last = if bytes[second] == 1 { 4 + length(second + 1) } else { 0 };
    let mut at = second + 1 + last + 16;
    let sections = length(at);
    at += 4;
    let mut names = Vec::new();
    for _ in 0..=sections {
        let count = length(at);
        names.extend(bytes[at + 4..][..ENTRY * count].chunks(ENTRY).map(segment_name));
        at += 4 + ENTRY * count;
    }
    assert_eq!(at, bytes.len());
    names
}

/// The name of a segment by its entry in a list.
fn segment_name(entry: &[u8]) -> String {
    let number = |half: &[u8]| u128::from_le_bytes(half.try_into().unwrap());
    format!("segment-{:032x}{:032x}", number(&entry[..16]), number(&entry[16..32]))
}

pub(super) async fn bytes_of(stand: &Stand, name: &str) -> Vec<u8> {
    let mut reader = objects(stand).read(name).await.unwrap().unwrap();
    let mut bytes = Vec::new();
    while let Some(part) = reader.next().await.unwrap() {
        bytes.extend_from_slice(&part);
    }
    bytes
}

pub(super) async fn put(stand: &Stand, name: &str, bytes: Vec<u8>) {
    let mut writer = objects(stand).write(name).await.unwrap();
    writer.append(Bytes::from(bytes)).await.unwrap();
    writer.finish().await.unwrap();
}

/// All snapshots of one stand, put into the store of another.
async fn copy_all(from: &Stand, to: &Stand) {
    for name in objects(from).names().await.unwrap() {
        put(to, &name, bytes_of(from, &name).await).await;
    }
}

#[tokio::test]
async fn restarts_by_snapshot_and_by_replay_give_the_same_bytes() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    for seed in 1..=4_usize {
        let stand = Stand::new().await;
        let (mut dice, mut done) = (seed, 0);
        let mut judged = Vec::new();
        while done < articles.len() {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let part = 1 + (dice >> 33) % 23;
            let end = articles.len().min(done + part);
            stand.publish(&articles[done..end]).await;
            // Without snapshots, with some on the way, with one at the end alone.
            let after = [0, 5, 1_000][(dice >> 40) % 3];
            judged = run_to(&stand, end, keeping(&stand, after), (dice >> 45) % 3 == 0).await;
            stand.sim.restart();
            done = end;
        }
        assert_eq!(without_epochs(&judged), expected, "seed {seed}");
        assert!(heads(&stand).await.len() <= 2);
    }
}

/// Has the texts expire, so that what is known of them is known from a snapshot.
async fn expire(stand: &Stand) {
    let short = StreamConfig {
        max_age: Duration::from_secs(5),
        window: Duration::from_secs(1),
        ..StreamConfig::new(streams::FETCHED.name, streams::FETCHED.subjects)
    };
    stand.bus.create_stream(short).await.unwrap();
    stand.clock.advance(Duration::from_secs(6));
    let state = stand.bus.stream_state(streams::FETCHED.name).await.unwrap();
    assert_eq!(state.messages, 0);
}

/// What the rest of the articles comes to after a restart, once `harm` was done to the snapshots
/// and the texts of the first ones are gone.
async fn rest_after(
    harm: impl AsyncFn(&Stand),
    settings: impl Fn(&Stand) -> Settings,
) -> Vec<String> {
    let articles = articles();
    let (first, rest) = articles.split_at(60);
    let stand = Stand::new().await;
    for part in [&first[..40], &first[40..]] {
        stand.publish(part).await;
        let count = if part.len() == 40 { 40 } else { 60 };
        run_to(&stand, count, keeping_some(&stand), false).await;
    }
    expire(&stand).await;
    harm(&stand).await;
    stand.publish(rest).await;
    without_epochs(&run_to(&stand, articles.len(), settings(&stand), false).await)
}

/// Files of texts, in no order.
fn files(stand: &Stand) -> Vec<PathBuf> {
    let entries = fs::read_dir(stand.folder.path().join("wf_texts")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Removes files of texts; whether this one goes is asked in the order of their names.
fn lose_texts(stand: &Stand, goes: impl Fn(usize) -> bool) {
    let mut files = files(stand);
    files.sort_unstable();
    let lost = files.iter().enumerate().filter(|(place, _)| goes(*place));
    lost.for_each(|(_, file)| fs::remove_file(file).unwrap());
}

/// Puts other bytes in the place of a snapshot.
pub(super) async fn change(stand: &Stand, name: &str, change: impl Fn(&mut Vec<u8>)) {
    let mut bytes = bytes_of(stand, name).await;
    change(&mut bytes);
    put(stand, name, bytes).await;
}

#[tokio::test]
async fn what_is_not_fit_is_passed_over() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    // All of a snapshot is needed where the texts stand nowhere else.
    let untouched = async |stand: &Stand| lose_texts(stand, |_| true);
    assert_eq!(rest_after(untouched, keeping_some).await, expected);
    // The last one is broken in some way: the one before will do, though the texts decided on
    // since are gone.
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
        async |stand: &Stand| {
            lose_texts(stand, |_| true);
            let names = heads(stand).await;
            assert_eq!(names.len(), 2, "the last two are kept");
            objects(stand).delete(&names[1]).await.unwrap();
        },
        keeping_some,
    )
    .await;
    assert_ne!(before, expected);
    for harm in harms {
        let found = rest_after(
            async |stand: &Stand| {
                lose_texts(stand, |_| true);
                let names = heads(stand).await;
                change(stand, &names[1], harm).await;
            },
            keeping_some,
        )
        .await;
        assert_eq!(found, before);
    }
    // Without any, as where none is kept.
    let none = rest_after(untouched, |stand| keeping(stand, 0)).await;
    assert!(none != expected && none != before);
    let others = |stand: &Stand| {
        let mut others = keeping_some(stand);
        others.dedup.hot_stories += 1;
        others
    };
    assert_eq!(rest_after(untouched, others).await, none, "made by other settings");
}

#[tokio::test]
async fn a_snapshot_of_other_decisions_is_passed_over() {
    let articles = articles();
    let (one, other) = (Stand::new().await, Stand::new().await);
    one.publish(&articles[..30]).await;
    run_to(&one, 30, keeping_some(&one), false).await;
    copy_all(&one, &other).await;
    let again = &articles[5..20];
    other.publish(again).await;
    let judged = run_to(&other, 15, keeping_some(&other), false).await;
    assert_eq!(without_epochs(&judged), undisturbed(again).await);
    assert_eq!(decision(&judged[0]).input.fetched, 1);
}

/// As after a restart on another machine, or one whose disk lost some of them: the texts are taken from
/// the snapshot then.
#[tokio::test]
async fn texts_that_are_missing_or_cut_are_taken_from_the_snapshot() {
    let expected = undisturbed(&articles()).await;
    let harms: [fn(&Stand); 6] = [
        |stand| assert!(files(stand).len() > 2),
        |stand| lose_texts(stand, |place| place == 0),
        |stand| lose_texts(stand, |place| place > 0),
        |stand| lose_texts(stand, |_| true),
        |stand| {
            for file in files(stand) {
                let bytes = fs::read(&file).unwrap();
                fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
            }
        },
        |stand| files(stand).iter().for_each(|file| fs::write(file, "").unwrap()),
    ];
    for harm in harms {
        assert_eq!(rest_after(async |stand: &Stand| harm(stand), keeping_some).await, expected);
    }
    let nowhere = |stand: &Stand| Settings { texts: None, ..keeping_some(stand) };
    assert_eq!(rest_after(async |_: &Stand| {}, nowhere).await, expected);
}

/// What is not read cannot stop a start: here the texts in the snapshot, which stand on the disk too.
#[tokio::test]
async fn texts_in_a_snapshot_are_not_read_where_they_stand_on_the_disk() {
    let expected = undisturbed(&articles()).await;
    let cut = async |stand: &Stand| {
        let newest = heads(stand).await.pop().unwrap();
        let of_texts = segments_of(stand, &newest).await.pop().unwrap();
        change(stand, &of_texts, |bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        })
        .await;
    };
    assert_eq!(rest_after(cut, keeping_some).await, expected);
    let lost = async |stand: &Stand| {
        cut(stand).await;
        lose_texts(stand, |place| place == 0);
    };
    assert_ne!(rest_after(lost, keeping_some).await, expected);
}

/// The newest snapshot knew more of the files than the one before it.
#[tokio::test]
async fn an_older_snapshot_finds_what_it_needs_in_longer_files() {
    let articles = articles();
    let stand = Stand::new().await;
    let mut newest: Option<String> = None;
    let mut judged = Vec::new();
    for (round, part) in articles.chunks(12).enumerate() {
        stand.publish(part).await;
        let count = articles.len().min((round + 1) * 12);
        judged = run_to(&stand, count, keeping(&stand, 6), false).await;
        let names = heads(&stand).await;
        if let Some(name) = names.last().filter(|name| Some(*name) != newest.as_ref()) {
            objects(&stand).delete(name).await.unwrap();
        }
        newest = names.last().cloned();
    }
    assert_eq!(without_epochs(&judged), undisturbed(&articles).await);
}

#[tokio::test]
async fn files_of_texts_that_no_snapshot_speaks_of_are_removed() {
    let stand = Stand::new().await;
    let foreign = stand.folder.path().join("wf_texts").join("left.part");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, "").unwrap();
    let articles = articles();
    let (last, others) = articles.split_last().unwrap();
    let mut most = 0;
    for (round, part) in others.chunks(30).enumerate() {
        stand.publish(part).await;
        let count = others.len().min((round + 1) * 30);
        run_to(&stand, count, keeping(&stand, 5), round % 2 == 0).await;
        assert!(!foreign.exists());
        most = most.max(files(&stand).len());
    }
    // Each start makes one a day of its own; two snapshots of seven days speak of few.
    assert!((4..=24).contains(&most), "{most}");
    let names = objects(&stand).names().await.unwrap();
    for name in names {
        objects(&stand).delete(&name).await.unwrap();
    }
    let before: BTreeSet<PathBuf> = files(&stand).into_iter().collect();
    stand.publish(std::slice::from_ref(last)).await;
    run_to(&stand, articles.len(), keeping(&stand, 1_000_000), true).await;
    assert!(!before.is_empty() && files(&stand).iter().all(|file| !before.contains(file)));
}

#[tokio::test]
async fn kills_before_a_snapshot_is_due_count_together() {
    let articles = articles();
    let stand = Stand::new().await;
    for (run, part) in articles.chunks(7).take(6).enumerate() {
        stand.publish(part).await;
        run_to(&stand, (run + 1) * 7, keeping(&stand, 30), true).await;
    }
    // What writes it was not killed.
    let written = async {
        while heads(&stand).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), written).await.expect("it was never due");
}

#[tokio::test]
async fn snapshots_of_a_log_that_is_no_more_make_room_for_new_ones() {
    let articles = articles();
    let before = Stand::new().await;
    before.publish(&articles).await;
    run_to(&before, articles.len(), keeping_some(&before), false).await;
    let name = heads(&before).await.pop().unwrap();
    // Streams were made anew, and the store of snapshots was not.
    let stand = Stand::new().await;
    copy_all(&before, &stand).await;
    for end in [20, 40] {
        stand.publish(&articles[end - 20..end]).await;
        run_to(&stand, end, keeping_some(&stand), false).await;
    }
    let names = heads(&stand).await;
    assert!(!names.is_empty() && !names.contains(&name), "{names:?}");
}
