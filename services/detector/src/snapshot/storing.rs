//! Writes a snapshot: its segments, as far as they do not stand yet, then its head; and then drops what
//! is needed no longer.
//!
//! A kill between any two writes leaves the snapshots that stood before, and segments that no head names:
//! those go with the next snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use wirefold_dedup::TextFile;
use wirefold_dedup::codec::{Writer, Written as _};
use wirefold_flow::{Bus, BusError, CommittedDecision, Objects};

use super::contents::Contents;
use super::frames::{Header, Unfit, frame};
use super::keeping::{Missing, PREFIX, names, objects, stands};
use super::reading::Head;
use super::segments::{self, Gathering, Segment};
use super::state::SnapshotState;
use super::text_files::{self, StandingTexts};
use crate::learning::Learning;
use crate::metrics::{SNAPSHOT_BYTES, SNAPSHOTS};
use crate::text_file::Folder;

/// Snapshots kept: the last one, and the one before, should the last one be broken.
const KEPT: usize = 2;
/// Segments that wait to be stored.
const UNDER_WAY: usize = 2;

/// What a snapshot is made of.
pub(super) struct Of {
    pub(super) settings: u64,
    pub(super) last: CommittedDecision,
    pub(super) known: SnapshotState,
    /// Segments that are written even if they stand.
    pub(super) rewritten: BTreeSet<String>,
}

/// Bytes of a snapshot.
#[derive(Debug, Default)]
struct Sizes {
    written: u64,
    /// In segments that stood already.
    kept: u64,
}

/// Writes a snapshot, and drops those that are no longer kept; whether it was written. What goes wrong is
/// told: the next one may do better, and until then more is learnt anew.
pub(super) async fn store(bus: Arc<dyn Bus>, folder: Arc<Folder>, of: Of) -> bool {
    let decision = of.last.sequence;
    match stored(&*bus, &folder, of).await {
        Ok(Sizes { written, kept }) => {
            SNAPSHOTS.add(1, &["written"]);
            SNAPSHOT_BYTES.add(written, &["written"]);
            SNAPSHOT_BYTES.add(kept, &["kept"]);
            info!(decision, written, kept, "a snapshot was written");
            true
        }
        Err(error) => {
            SNAPSHOTS.add(1, &["failed"]);
            warn!(decision, %error, "no snapshot could be written");
            false
        }
    }
}

impl Of {
    /// Gives the segments of the snapshot; its head, once the files that it names will be found.
    fn write(
        self,
        folder: &Folder,
        give: &mut dyn FnMut(Segment, Vec<u8>),
    ) -> std::io::Result<Vec<u8>> {
        let Of { settings, last, known, .. } = self;
        let text_files = known.learning.text_files();
        // What was put on them since it was begun stands there whole, too.
        let standing_texts = StandingTexts::now(folder, &text_files);
        let header =
            Header { settings, last, text_files: standing_texts.named(), is_in_order: false };
        let contents = Contents {
            last: known.last,
            offsets: known.offsets,
            sections: write_parts(known.learning, &text_files, give),
            texts: write_texts(&standing_texts, give),
        };
        standing_texts.sync(folder)?;
        Ok([header.to_frame(), contents.into_frame()].concat())
    }
}

/// Gives the segments with all parts of what is known; the sections that they make up.
fn write_parts(
    known: Learning,
    text_files: &[Arc<dyn TextFile>],
    give: &mut dyn FnMut(Segment, Vec<u8>),
) -> Vec<Vec<Segment>> {
    let mut gathering = Gathering::default();
    for part in known.into_parts() {
        let mut add = |piece: Vec<u8>| gathering.add_frame(&frame(&piece), give);
        let mut writer = Writer::new(&mut add).with_text_files(text_files.to_vec());
        part.write_to(&mut writer);
        writer.finish();
        gathering.end_part(give);
    }
    gathering.finish(give)
}

/// Gives the segments with what stands on text files. They are none of the sections: a start that needs no
/// texts reads none of them.
fn write_texts(texts: &StandingTexts, give: &mut dyn FnMut(Segment, Vec<u8>)) -> Vec<Segment> {
    let (mut gathering, mut total) = (Gathering::default(), 0_u64);
    texts.copy(&mut |piece| {
        total += piece.len() as u64;
        gathering.add_frame(&frame(&piece), give);
    });
    gathering.add_frame(&frame(&total.to_le_bytes()), give);
    gathering.finish(give).concat()
}

async fn stored(bus: &dyn Bus, folder: &Arc<Folder>, of: Of) -> Result<Sizes, BusError> {
    let unavailable = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let objects = objects(bus)?;
    let name = format!("{PREFIX}{:020}", of.last.sequence);
    let stand = segments::among(objects.names().await?);
    let mut done: BTreeSet<String> = stand.difference(&of.rewritten).cloned().collect();
    let (sender, segments) = mpsc::channel::<(Segment, Vec<u8>)>(UNDER_WAY);
    let beside = folder.clone();
    let writing = spawn_blocking(move || {
        // Where nobody takes them any more, storing has failed and says so.
        of.write(&beside, &mut |segment, bytes| drop(sender.blocking_send((segment, bytes))))
    });
    let (mut sizes, named) = store_segments(&*objects, segments, &mut done).await?;
    let head = writing.await.map_err(|error| unavailable(&error))?;
    let head = head.map_err(|error| unavailable(&error))?;
    // Another detector that runs without knowing of this one may have removed some of them.
    if !named.is_subset(&segments::among(objects.names().await?)) {
        return Err(unavailable(&"another detector removed segments of the snapshot"));
    }
    sizes.written += head.len() as u64;
    put(&*objects, &name, head).await?;
    prune(bus, &name).await?;
    sweep_segments(bus).await?;
    sweep(bus, folder).await;
    Ok(sizes)
}

/// Stores segments as they come, except those that are done; the names of all that came.
async fn store_segments(
    objects: &dyn Objects,
    mut segments: mpsc::Receiver<(Segment, Vec<u8>)>,
    done: &mut BTreeSet<String>,
) -> Result<(Sizes, BTreeSet<String>), BusError> {
    let (mut sizes, mut named) = (Sizes::default(), BTreeSet::new());
    while let Some((segment, bytes)) = segments.recv().await {
        let name = segment.name();
        if done.insert(name.clone()) {
            put(objects, &name, bytes).await?;
            sizes.written += segment.length;
        } else {
            sizes.kept += segment.length;
        }
        named.insert(name);
    }
    Ok((sizes, named))
}

async fn put(objects: &dyn Objects, name: &str, bytes: Vec<u8>) -> Result<(), BusError> {
    let mut writer = objects.write(name).await?;
    writer.append(Bytes::from(bytes)).await?;
    writer.finish().await
}

/// Drops the heads that are no longer kept beside the one of this name. One that stands behind it is of
/// another detector, or of a log that is no more: streams that were made anew count from the beginning.
async fn prune(bus: &dyn Bus, written: &str) -> Result<(), BusError> {
    let objects = objects(bus)?;
    let names = names(bus).await?;
    let (older, others): (Vec<&String>, Vec<&String>) =
        names.iter().filter(|name| *name != written).partition(|name| name.as_str() < written);
    for old in older.iter().rev().skip(KEPT - 1) {
        objects.delete(old).await?;
    }
    for other in others {
        if !is_of_this_log(bus, other).await? {
            warn!(name = other, "a snapshot of a log that is no more is dropped");
            objects.delete(other).await?;
        }
    }
    Ok(())
}

/// `None` where there is no object of this name.
async fn head(bus: &dyn Bus, name: &str) -> Result<Option<Head>, Missing> {
    Head::read(&*objects(bus)?, name).await
}

/// Whether the last decision that a snapshot knows stands.
async fn is_of_this_log(bus: &dyn Bus, name: &str) -> Result<bool, BusError> {
    match head(bus, name).await {
        Ok(None) => Ok(true),
        Ok(Some(head)) => stands(bus, &head.header.last).await,
        // Of another release, perhaps a later one that is to have it again.
        Err(Missing::Unfit(Unfit::Layout)) => Ok(true),
        Err(Missing::Unfit(_)) => Ok(false),
        Err(Missing::Bus(error) | Missing::Segment(_, error)) => Err(error),
    }
}

/// Removes the segments that no head names, those of a snapshot that was never finished among them.
async fn sweep_segments(bus: &dyn Bus) -> Result<(), BusError> {
    let objects = objects(bus)?;
    // Heads are looked at after the segments: what is named by then stays.
    let mut unnamed = segments::among(objects.names().await?);
    for name in names(bus).await? {
        match head(bus, &name).await {
            Ok(found) => {
                for segment in found.into_iter().flat_map(|head| head.list.segments()) {
                    unnamed.remove(&segment.name());
                }
            }
            // What it names cannot be told.
            Err(Missing::Unfit(Unfit::Layout)) => return Ok(()),
            // One that is unfit will not be gone back to.
            Err(Missing::Unfit(_)) => {}
            Err(Missing::Bus(error) | Missing::Segment(_, error)) => return Err(error),
        }
    }
    for name in unnamed {
        objects.delete(&name).await?;
    }
    Ok(())
}

/// Removes the files of texts that no snapshot speaks of and nothing uses. Without them no more is lost
/// than time: snapshots have what stood in them.
pub(super) async fn sweep(bus: &dyn Bus, folder: &Folder) {
    match named(bus).await {
        Ok(names) => folder.sweep(&names),
        Err(error) => warn!(%error, "files of texts that nothing needs cannot be told"),
    }
}

/// The files that snapshots speak of.
async fn named(bus: &dyn Bus) -> Result<BTreeSet<String>, BusError> {
    let mut named = BTreeSet::new();
    for name in names(bus).await? {
        match head(bus, &name).await {
            Ok(found) => {
                named.extend(
                    found.into_iter().flat_map(|head| text_files::names(head.header.text_files)),
                );
            }
            // One that is unfit will not be gone back to.
            Err(Missing::Unfit(_)) => {}
            Err(Missing::Bus(error) | Missing::Segment(_, error)) => return Err(error),
        }
    }
    Ok(named)
}
