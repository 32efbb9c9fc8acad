//! Writes a snapshot: first the segments that are not stored yet, then the head. Then it removes
//! old snapshots and unused segments.
//!
//! A kill between any two writes leaves the earlier snapshots intact, and segments that no head
//! names. The next snapshot removes those.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use wirefold_dedup::TextFile;
use wirefold_dedup::codec::{Encode as _, Writer};
use wirefold_flow::{Bus, BusError, CommittedDecision, Objects};

use super::contents::Contents;
use super::frames::{Header, InvalidSnapshot, frame};
use super::read_error::ReadError;
use super::reading::Head;
use super::segments::{self, Segment, SegmentBuilder};
use super::state::SnapshotState;
use super::stored::{PREFIX, is_in_stream, names, objects};
use super::text_files::{self, SavedTextFiles};
use crate::metrics::{SNAPSHOT_BYTES, SNAPSHOTS};
use crate::state::DetectorState;
use crate::text_file::TextFolder;

/// How many snapshots are kept: the last one, and the one before in case the last one is broken.
const KEPT_SNAPSHOTS: usize = 2;
/// How many segments may wait to be stored.
const MAX_QUEUED_SEGMENTS: usize = 2;

/// The data that a snapshot is made from.
pub(super) struct SnapshotInput {
    pub(super) settings: u64,
    pub(super) last: CommittedDecision,
    pub(super) state: SnapshotState,
    /// Segments that are written even if they are stored already, because they could not be read.
    pub(super) rewritten: BTreeSet<String>,
}

/// The bytes of a snapshot.
#[derive(Debug, Default)]
struct Sizes {
    written: u64,
    /// The bytes in segments that were stored already.
    kept: u64,
}

/// Writes a snapshot and removes old ones. Returns whether it succeeded. An error is only logged:
/// the next snapshot may succeed, and until then a start replays more decisions.
pub(super) async fn store_snapshot(
    bus: Arc<dyn Bus>,
    folder: Arc<TextFolder>,
    input: SnapshotInput,
) -> bool {
    let decision = input.last.sequence;
    match try_store(&*bus, &folder, input).await {
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

impl SnapshotInput {
    /// Passes the segments of the snapshot to `give`. Returns its head, once the text files that it
    /// names would survive a power cut.
    fn write(
        self,
        folder: &TextFolder,
        give: &mut dyn FnMut(Segment, Vec<u8>),
    ) -> std::io::Result<Vec<u8>> {
        let SnapshotInput { settings, last, state, .. } = self;
        let text_files = state.detector.text_files();
        // Texts added after the snapshot was begun may be included: they are complete records too.
        let saved_files = SavedTextFiles::new(folder, &text_files);
        let header = Header {
            settings,
            last,
            text_files: saved_files.entries(),
            is_without_sections: false,
        };
        let contents = Contents {
            last: state.last,
            offsets: state.offsets,
            sections: write_parts(state.detector, &text_files, give),
            texts: write_texts(&saved_files, give),
        };
        saved_files.sync(folder)?;
        Ok([header.to_frame(), contents.into_frame()].concat())
    }
}

/// Passes the segments with all parts of the state to `give`, and returns the sections that they
/// form.
fn write_parts(
    state: DetectorState,
    text_files: &[Arc<dyn TextFile>],
    give: &mut dyn FnMut(Segment, Vec<u8>),
) -> Vec<Vec<Segment>> {
    let mut builder = SegmentBuilder::default();
    for part in state.into_parts() {
        let mut add = |piece: Vec<u8>| builder.add_frame(&frame(&piece), give);
        let mut writer = Writer::new(&mut add).with_text_files(text_files.to_vec());
        part.write_to(&mut writer);
        writer.finish();
        builder.end_part(give);
    }
    builder.finish(give)
}

/// Passes the segments with the bytes of the text files to `give`, and returns them. They belong to
/// no section, so a start that finds the text files does not read them.
fn write_texts(texts: &SavedTextFiles, give: &mut dyn FnMut(Segment, Vec<u8>)) -> Vec<Segment> {
    let (mut builder, mut total) = (SegmentBuilder::default(), 0_u64);
    texts.copy(&mut |piece| {
        total += piece.len() as u64;
        builder.add_frame(&frame(&piece), give);
    });
    builder.add_frame(&frame(&total.to_le_bytes()), give);
    builder.finish(give).concat()
}

async fn try_store(
    bus: &dyn Bus,
    folder: &Arc<TextFolder>,
    input: SnapshotInput,
) -> Result<Sizes, BusError> {
    let unavailable = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let objects = objects(bus)?;
    let name = format!("{PREFIX}{:020}", input.last.sequence);
    let existing = segments::segment_names(objects.names().await?);
    let mut stored: BTreeSet<String> = existing.difference(&input.rewritten).cloned().collect();
    let (sender, segments) = mpsc::channel::<(Segment, Vec<u8>)>(MAX_QUEUED_SEGMENTS);
    let own_folder = folder.clone();
    let writing = spawn_blocking(move || {
        // If the receiver is gone, storing has failed and reports that.
        input.write(&own_folder, &mut |segment, bytes| drop(sender.blocking_send((segment, bytes))))
    });
    let (mut sizes, named) = store_segments(&*objects, segments, &mut stored).await?;
    let head = writing.await.map_err(|error| unavailable(&error))?;
    let head = head.map_err(|error| unavailable(&error))?;
    // Another detector on the same bus, which does not know of this snapshot, may have removed some
    // of them.
    if !named.is_subset(&segments::segment_names(objects.names().await?)) {
        return Err(unavailable(&"another detector removed segments of the snapshot"));
    }
    sizes.written += head.len() as u64;
    put(&*objects, &name, head).await?;
    remove_old_heads(bus, &name).await?;
    remove_unused_segments(bus).await?;
    remove_unused_text_files(bus, folder).await;
    Ok(sizes)
}

/// Stores segments as they arrive, except those in `stored`. Returns the names of all segments.
async fn store_segments(
    objects: &dyn Objects,
    mut segments: mpsc::Receiver<(Segment, Vec<u8>)>,
    stored: &mut BTreeSet<String>,
) -> Result<(Sizes, BTreeSet<String>), BusError> {
    let (mut sizes, mut named) = (Sizes::default(), BTreeSet::new());
    while let Some((segment, bytes)) = segments.recv().await {
        let name = segment.name();
        if stored.insert(name.clone()) {
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

/// Removes the heads that are no longer kept in addition to the one just written. A later head
/// comes from another detector, or from a stream that no longer exists: new streams count from the
/// beginning.
async fn remove_old_heads(bus: &dyn Bus, written: &str) -> Result<(), BusError> {
    let objects = objects(bus)?;
    let names = names(bus).await?;
    let (older, others): (Vec<&String>, Vec<&String>) =
        names.iter().filter(|name| *name != written).partition(|name| name.as_str() < written);
    for old in older.iter().rev().skip(KEPT_SNAPSHOTS - 1) {
        objects.delete(old).await?;
    }
    for other in others {
        if !is_of_this_stream(bus, other).await? {
            warn!(name = other, "deleting the snapshot of a stream that no longer exists");
            objects.delete(other).await?;
        }
    }
    Ok(())
}

/// Reads a head; `None` if there is no object with this name.
async fn head(bus: &dyn Bus, name: &str) -> Result<Option<Head>, ReadError> {
    Head::read(&*objects(bus)?, name).await
}

/// Whether the stream has the last decision that a snapshot includes.
async fn is_of_this_stream(bus: &dyn Bus, name: &str) -> Result<bool, BusError> {
    match head(bus, name).await {
        Ok(None) => Ok(true),
        Ok(Some(head)) => is_in_stream(bus, &head.header.last).await,
        // The snapshot is of another release, perhaps a later one that will be installed again.
        Err(ReadError::Invalid(InvalidSnapshot::OtherLayout)) => Ok(true),
        Err(ReadError::Invalid(_)) => Ok(false),
        Err(ReadError::Bus(error) | ReadError::Segment(_, error)) => Err(error),
    }
}

/// Removes the segments that no head names, including those of a snapshot that was never finished.
async fn remove_unused_segments(bus: &dyn Bus) -> Result<(), BusError> {
    let objects = objects(bus)?;
    // Read the heads after the segments, so that a segment stays if a head names it meanwhile.
    let mut unnamed = segments::segment_names(objects.names().await?);
    for name in names(bus).await? {
        match head(bus, &name).await {
            Ok(found) => {
                for segment in found.into_iter().flat_map(|head| head.list.segments()) {
                    unnamed.remove(&segment.name());
                }
            }
            // The segments of this snapshot are unknown, so none can be removed.
            Err(ReadError::Invalid(InvalidSnapshot::OtherLayout)) => return Ok(()),
            // A broken snapshot is never read again.
            Err(ReadError::Invalid(_)) => {}
            Err(ReadError::Bus(error) | ReadError::Segment(_, error)) => return Err(error),
        }
    }
    for name in unnamed {
        objects.delete(&name).await?;
    }
    Ok(())
}

/// Removes the text files that no snapshot names and no process uses. If a file is removed too
/// early, only time is lost: the snapshots contain its texts.
pub(super) async fn remove_unused_text_files(bus: &dyn Bus, folder: &TextFolder) {
    match named_text_files(bus).await {
        Ok(names) => folder.remove_unused_files(&names),
        Err(error) => warn!(%error, "text files that can be deleted are unknown"),
    }
}

/// The names of the text files that snapshots name.
async fn named_text_files(bus: &dyn Bus) -> Result<BTreeSet<String>, BusError> {
    let mut named = BTreeSet::new();
    for name in names(bus).await? {
        match head(bus, &name).await {
            Ok(found) => {
                named.extend(
                    found
                        .into_iter()
                        .flat_map(|head| text_files::file_names(head.header.text_files)),
                );
            }
            // A broken snapshot is never read again.
            Err(ReadError::Invalid(_)) => {}
            Err(ReadError::Bus(error) | ReadError::Segment(_, error)) => return Err(error),
        }
    }
    Ok(named)
}
