//! Snapshots in segments: what stands is not written again, and a kill between two writes leaves nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use wirefold_dedup::codec::Writer;
use wirefold_flow::CommittedDecision;
use wirefold_proto::{ArticleFetched, DecisionId, Input, Offsets};

use super::snapshots::{
    articles, bytes_of, change, heads, keeping, objects, put, run_to, segments_of, undisturbed,
};
use super::stand::{Stand, Told, settings, without_epochs};
use crate::learning::{DetectorConfig, Learning};
use crate::snapshot::{Keeping, SnapshotState};
use crate::text_file::Folder;

/// The segments that stand, and those that heads name.
async fn standing_and_named(stand: &Stand) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = objects(stand).names().await.unwrap();
    let standing = names.into_iter().filter(|name| name.starts_with("segment-")).collect();
    let mut named = BTreeSet::new();
    for head in heads(stand).await {
        named.extend(segments_of(stand, &head).await);
    }
    (standing, named)
}

#[tokio::test]
async fn killed_between_any_two_objects_nothing_changes_and_nothing_stays() {
    let articles = articles();
    let expected = undisturbed(&articles).await;
    let mut killed = 0;
    loop {
        let stand = Stand::new().await;
        // The third snapshot drops the first and what only that needs.
        for end in [20, 30] {
            stand.publish(&articles[if end == 20 { 0 } else { 20 }..end]).await;
            run_to(&stand, end, keeping(&stand, 1_000), false).await;
        }
        stand.disk.kill_after_objects(Some(killed));
        stand.publish(&articles[30..60]).await;
        let context = stand.context();
        let stop = tokio_util::sync::CancellationToken::new();
        let mut running = tokio::spawn(crate::run(context, keeping(&stand, 1_000), stop.clone()));
        stand.judged(60).await;
        stop.cancel();
        let point = async {
            while !stand.disk.is_killed() {
                tokio::task::yield_now().await;
            }
        };
        let is_over = tokio::select! {
            ended = &mut running => { ended.unwrap().unwrap(); true }
            () = point => false,
        };
        running.abort();
        stand.disk.kill_after_objects(None);
        stand.sim.restart();
        stand.publish(&articles[60..]).await;
        let judged = run_to(&stand, articles.len(), keeping(&stand, 1_000), false).await;
        assert_eq!(without_epochs(&judged), expected, "killed before object {killed}");
        let (standing, named) = standing_and_named(&stand).await;
        assert_eq!(standing, named, "killed before object {killed}");
        if is_over {
            break;
        }
        killed += 1;
    }
    // Segments, head, the head that goes, and its segments.
    assert!(killed >= 5, "{killed}");
}

/// Words that mean nothing, most articles with a text of their own, a new one each minute.
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
    let told = Told {
        outlet: format!("outlet{}.example", number % 97),
        title: text[..8].join(" "),
        ..Told::file(&number.to_string(), &text.join(" "))
    };
    told.fetched(1_700_000_000 + i64::try_from(number).unwrap() * 30)
}

/// A store of snapshots beside the articles learnt so far.
struct Measured {
    stand: Stand,
    keeping: Keeping,
    known: SnapshotState,
    learnt: u64,
    /// A decision that stands.
    last: CommittedDecision,
}

impl Measured {
    async fn new() -> (Self, DetectorConfig) {
        let stand = Stand::new().await;
        stand.publish(&articles()[..1]).await;
        let judged = stand.run_to(1).await.remove(0);
        let last = CommittedDecision { sequence: judged.sequence, id: judged.id };
        let folder = Arc::new(Folder::lasting(stand.folder.path()));
        let ground = DetectorConfig { settings: settings().dedup, folder: folder.clone() };
        let keeping = Keeping::new(stand.bus.clone(), folder, 1, 1);
        let learning = Learning::new(&ground);
        let known =
            SnapshotState { learning, last: None, offsets: Offsets { fetched: 0, control: 0 } };
        (Self { stand, keeping, known, learnt: 0, last }, ground)
    }

    fn learn(&mut self, count: u64) {
        for number in self.learnt..self.learnt + count {
            let decision = DecisionId { epoch: 1, input: Input::Article(number + 1) };
            let offsets = Offsets { fetched: number + 1, control: 0 };
            self.known.learning.learn(&generated(number), None, decision, offsets);
        }
        self.learnt += count;
    }

    /// Writes a snapshot: the bytes of new segments and the head, and those of all that it names.
    async fn snapshot(&mut self) -> (u64, u64) {
        let (before, _) = standing_and_named(&self.stand).await;
        self.keeping.begin(&self.last, self.known.clone());
        self.keeping.rest().await;
        let head = heads(&self.stand).await.pop().unwrap();
        let head_bytes = bytes_of(&self.stand, &head).await.len() as u64;
        let (mut written, mut all) = (head_bytes, head_bytes);
        for name in segments_of(&self.stand, &head).await.into_iter().collect::<BTreeSet<_>>() {
            let bytes = bytes_of(&self.stand, &name).await.len() as u64;
            all += bytes;
            written += if before.contains(&name) { 0 } else { bytes };
        }
        (written, all)
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_written_again() {
    let (mut measured, _) = Measured::new().await;
    measured.learn(2_000);
    let (first, of_first) = measured.snapshot().await;
    assert_eq!(first, of_first);
    let (unchanged, of_it) = measured.snapshot().await;
    assert!(unchanged * 1_000 < of_it && of_it == of_first, "{unchanged} of {of_it}");
    measured.learn(50);
    let (later, of_later) = measured.snapshot().await;
    println!("first {first}, unchanged {unchanged}, later {later} of {of_later}");
    assert!(later * 10 < of_later * 9, "{later} of {of_later}");
}

/// A segment that a start could not read is not taken for one that need not be written.
#[tokio::test]
async fn a_changed_or_missing_segment_is_noticed_and_written_again() {
    let (mut measured, ground) = Measured::new().await;
    measured.learn(50);
    measured.snapshot().await;
    assert!(measured.keeping.recall(&ground).await.is_some());
    let head = heads(&measured.stand).await.pop().unwrap();
    let name = segments_of(&measured.stand, &head).await.remove(0);
    change(&measured.stand, &name, |bytes| bytes[20] ^= 1).await;
    assert!(measured.keeping.recall(&ground).await.is_none());
    measured.snapshot().await;
    assert!(measured.keeping.recall(&ground).await.is_some());
    objects(&measured.stand).delete(&name).await.unwrap();
    assert!(measured.keeping.recall(&ground).await.is_none());
    measured.snapshot().await;
    assert!(measured.keeping.recall(&ground).await.is_some());
}

/// The bytes of frames with these pieces.
fn framed(pieces: &[Vec<u8>]) -> Vec<u8> {
    let frame = |piece: &Vec<u8>| {
        let length = u32::try_from(piece.len()).unwrap();
        [&length.to_le_bytes(), &crc32fast::hash(piece).to_le_bytes(), &piece[..]].concat()
    };
    pieces.iter().flat_map(frame).collect()
}

/// The release before had all values one behind the other, and a list of segments without sections.
#[tokio::test]
async fn a_snapshot_without_sections_is_still_read() {
    let (mut measured, ground) = Measured::new().await;
    measured.learn(50);
    measured.snapshot().await;
    let stand = &measured.stand;
    let head = heads(stand).await.pop().unwrap();
    let bytes = bytes_of(stand, &head).await;
    let mut header =
        bytes[8..][..u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize].to_vec();
    // The magic comes before the layout.
    header[8] = 6;
    let mut pieces = Vec::new();
    let mut give = |piece| pieces.push(piece);
    let mut writer = Writer::new(&mut give);
    measured.known.write_in_order(&mut writer);
    writer.finish();
    let total = header.len() + pieces.iter().map(Vec::len).sum::<usize>();
    pieces.push((total as u64).to_le_bytes().to_vec());
    let segment = framed(&pieces);
    let digest = Sha256::digest(&segment);
    let number = |half: &[u8]| u128::from_be_bytes(half.try_into().unwrap()).to_le_bytes();
    let (high, low) = (number(&digest[..16]), number(&digest[16..]));
    let length = (segment.len() as u64).to_le_bytes();
    let list = [&1_u32.to_le_bytes()[..], &high, &low, &length].concat();
    for name in segments_of(stand, &head).await {
        objects(stand).delete(&name).await.unwrap();
    }
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    put(stand, &format!("segment-{name}"), segment).await;
    change(stand, &head, |all| *all = framed(&[header.clone(), list.clone()])).await;
    let (_, known) = measured.keeping.recall(&ground).await.expect("it is read");
    assert_eq!(known.learning.articles(), measured.known.learning.articles());
    assert_eq!(known.last, measured.known.last);
}

/// What was read side by side is what was written: the next snapshot has the same segments.
#[tokio::test]
async fn what_is_read_from_many_sections_is_what_was_written() {
    let (mut measured, ground) = Measured::new().await;
    measured.learn(2_000);
    measured.snapshot().await;
    let (_, known) = measured.keeping.recall(&ground).await.expect("it is read");
    assert_eq!(known.learning.articles(), measured.known.learning.articles());
    measured.known = known;
    let (again, all) = measured.snapshot().await;
    assert!(again * 100 < all, "{again} of {all}");
}
