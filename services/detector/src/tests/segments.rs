//! The segments of snapshots: stored segments are not written again, and a kill between two writes
//! leaves no garbage.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wirefold_dedup::codec::Writer;
use wirefold_flow::CommittedDecision;
use wirefold_proto::{ArticleFetched, DecisionId, Input, Offsets};

use super::harness::{Harness, TestArticle, settings, without_epochs};
use super::snapshots::{
    articles, bytes_of, change, heads, objects, put, run_to, segments_of,
    settings_with_snapshots_after, undisturbed,
};
use crate::snapshot::{SnapshotState, Snapshotter};
use crate::state::{DetectorConfig, DetectorState};
use crate::text_file::TextFolder;

/// The stored segments, and the segments that heads name.
async fn stored_and_named(harness: &Harness) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = objects(harness).names().await.unwrap();
    let stored = names.into_iter().filter(|name| name.starts_with("segment-")).collect();
    let mut named = BTreeSet::new();
    for head in heads(harness).await {
        named.extend(segments_of(harness, &head).await);
    }
    (stored, named)
}

#[tokio::test]
async fn a_kill_between_any_two_objects_changes_nothing_and_leaves_nothing() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    let mut killed = 0;
    loop {
        let harness = Harness::new().await;
        // The third snapshot removes the first one and the segments that only the first one names.
        for end in [20, 30] {
            harness.publish(&articles[if end == 20 { 0 } else { 20 }..end]).await;
            run_to(&harness, end, settings_with_snapshots_after(&harness, 1_000), false).await;
        }
        harness.disk.kill_after_objects(Some(killed));
        harness.publish(&articles[30..60]).await;
        let context = harness.context();
        let stop = tokio_util::sync::CancellationToken::new();
        let mut running = tokio::spawn(crate::run(
            context,
            settings_with_snapshots_after(&harness, 1_000),
            stop.clone(),
        ));
        harness.judged(60).await;
        stop.cancel();
        let point = async {
            while !harness.disk.is_killed() {
                tokio::task::yield_now().await;
            }
        };
        let is_over = tokio::select! {
            ended = &mut running => { ended.unwrap().unwrap(); true }
            () = point => false,
        };
        running.abort();
        harness.disk.kill_after_objects(None);
        harness.sim.restart();
        harness.publish(&articles[60..]).await;
        let judged =
            run_to(&harness, articles.len(), settings_with_snapshots_after(&harness, 1_000), false)
                .await;
        assert_eq!(without_epochs(&judged), expected, "killed before object {killed}");
        let (stored, named) = stored_and_named(&harness).await;
        assert_eq!(stored, named, "killed before object {killed}");
        if is_over {
            break;
        }
        killed += 1;
    }
    // At least the segments, the head, the removed head and its segments.
    assert!(killed >= 5, "{killed}");
}

/// An article of meaningless words. Most have a text of their own; there is a new one every half
/// minute.
fn generated(number: u64) -> ArticleFetched {
    let mut dice = (number - u64::from(number % 4 == 3)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut word = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let rank = (dice >> 40) % 200;
        format!("w{:x}n", rank * ((dice >> 20) % 100) + 7)
    };
    let text: Vec<String> = (0..250).map(|_| word()).collect();
    let article = TestArticle {
        outlet: format!("outlet{}.example", number % 97),
        title: text[..8].join(" "),
        ..TestArticle::file(&number.to_string(), &text.join(" "))
    };
    article.fetched(1_700_000_000 + i64::try_from(number).unwrap() * 30)
}

/// A snapshotter, with a state that has decided some generated articles.
struct Measured {
    harness: Harness,
    snapshotter: Snapshotter,
    state: SnapshotState,
    decided: u64,
    /// A decision of the stream.
    last: CommittedDecision,
}

impl Measured {
    async fn new() -> (Self, DetectorConfig) {
        let harness = Harness::new().await;
        harness.publish(&articles()[..1]).await;
        let judged = harness.run_to(1).await.remove(0);
        let last = CommittedDecision { sequence: judged.sequence, id: judged.id };
        let folder = Arc::new(TextFolder::persistent(harness.folder.path()));
        let config = DetectorConfig { settings: settings().dedup, folder: folder.clone() };
        let snapshotter = Snapshotter::new(harness.bus.clone(), folder, 1, 1);
        let detector = DetectorState::new(&config);
        let state =
            SnapshotState { detector, last: None, offsets: Offsets { fetched: 0, control: 0 } };
        (Self { harness, snapshotter, state, decided: 0, last }, config)
    }

    fn decide_more(&mut self, count: u64) {
        for number in self.decided..self.decided + count {
            let decision = DecisionId { epoch: 1, input: Input::Article(number + 1) };
            let offsets = Offsets { fetched: number + 1, control: 0 };
            self.state.detector.decide_article(&generated(number), None, decision, offsets);
        }
        self.decided += count;
    }

    /// Writes a snapshot. Returns the bytes of its head and new segments, and the bytes of its head
    /// and all segments.
    async fn snapshot(&mut self) -> (u64, u64) {
        let (before, _) = stored_and_named(&self.harness).await;
        self.snapshotter.start_writing(&self.last, self.state.clone());
        self.snapshotter.wait_until_written().await;
        let head = heads(&self.harness).await.pop().unwrap();
        let head_bytes = bytes_of(&self.harness, &head).await.len() as u64;
        let (mut written, mut all) = (head_bytes, head_bytes);
        for name in segments_of(&self.harness, &head).await.into_iter().collect::<BTreeSet<_>>() {
            let bytes = bytes_of(&self.harness, &name).await.len() as u64;
            all += bytes;
            written += if before.contains(&name) { 0 } else { bytes };
        }
        (written, all)
    }
}

#[tokio::test]
async fn unchanged_segments_are_not_written_again() {
    let (mut measured, _) = Measured::new().await;
    measured.decide_more(2_000);
    let (first, of_first) = measured.snapshot().await;
    assert_eq!(first, of_first);
    let (unchanged, of_it) = measured.snapshot().await;
    assert!(unchanged * 1_000 < of_it && of_it == of_first, "{unchanged} of {of_it}");
    measured.decide_more(50);
    let (later, of_later) = measured.snapshot().await;
    println!("first {first}, unchanged {unchanged}, later {later} of {of_later}");
    assert!(later * 10 < of_later * 9, "{later} of {of_later}");
}

/// A segment that could not be read must be written again, although the store lists it.
#[tokio::test]
async fn a_changed_or_missing_segment_is_noticed_and_written_again() {
    let (mut measured, config) = Measured::new().await;
    measured.decide_more(50);
    measured.snapshot().await;
    assert!(measured.snapshotter.restore(&config).await.is_some());
    let head = heads(&measured.harness).await.pop().unwrap();
    let name = segments_of(&measured.harness, &head).await.remove(0);
    change(&measured.harness, &name, |bytes| bytes[20] ^= 1).await;
    assert!(measured.snapshotter.restore(&config).await.is_none());
    measured.snapshot().await;
    assert!(measured.snapshotter.restore(&config).await.is_some());
    objects(&measured.harness).delete(&name).await.unwrap();
    assert!(measured.snapshotter.restore(&config).await.is_none());
    measured.snapshot().await;
    assert!(measured.snapshotter.restore(&config).await.is_some());
}

/// Encodes pieces as frames.
fn framed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let frame = |piece: &Vec<u8>| {
        let length = u32::try_from(piece.len()).unwrap();
        [&length.to_le_bytes(), &crc32fast::hash(piece).to_le_bytes(), &piece[..]].concat()
    };
    pieces.iter().flat_map(frame).collect()
}

/// The version before wrote all values in sequence, and a list of segments without sections.
#[tokio::test]
async fn a_snapshot_without_sections_is_still_read() {
    let (mut measured, config) = Measured::new().await;
    measured.decide_more(50);
    measured.snapshot().await;
    let harness = &measured.harness;
    let head = heads(harness).await.pop().unwrap();
    let bytes = bytes_of(harness, &head).await;
    let mut header =
        bytes[8..][..u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize].to_vec();
    // The magic comes before the layout.
    header[8] = 6;
    let mut pieces = Vec::new();
    let mut give = |piece| pieces.push(piece);
    let mut writer = Writer::new(&mut give);
    measured.state.write_without_sections(&mut writer);
    writer.finish();
    let total = header.len() + pieces.iter().map(Vec::len).sum::<usize>();
    pieces.push((total as u64).to_le_bytes().to_vec());
    let segment = framed(&pieces);
    let digest = Sha256::digest(&segment);
    let number = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap()).to_le_bytes();
    let (high, low) = (number(&digest[..16]), number(&digest[16..]));
    let length = (segment.len() as u64).to_le_bytes();
    let list = [&1_u32.to_le_bytes()[..], &high, &low, &length].concat();
    for name in segments_of(harness, &head).await {
        objects(harness).delete(&name).await.unwrap();
    }
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    put(harness, &format!("segment-{name}"), segment).await;
    change(harness, &head, |all| *all = framed(&[header.clone(), list.clone()])).await;
    let (_, state) = measured.snapshotter.restore(&config).await.expect("it is read");
    assert_eq!(state.detector.articles(), measured.state.detector.articles());
    assert_eq!(state.last, measured.state.last);
}

/// After reading in parallel, the next snapshot has the same segments.
#[tokio::test]
async fn many_sections_are_read_as_they_were_written() {
    let (mut measured, config) = Measured::new().await;
    measured.decide_more(2_000);
    measured.snapshot().await;
    let (_, state) = measured.snapshotter.restore(&config).await.expect("it is read");
    assert_eq!(state.detector.articles(), measured.state.detector.articles());
    measured.state = state;
    let (again, all) = measured.snapshot().await;
    assert!(again * 100 < all, "{again} of {all}");
}
