//! The snapshots that the bus stores: writes, reads and removes them.
//!
//! A kill while one is written leaves the earlier ones: an object becomes visible when it is finished.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tracing::{info, warn};
use wirefold_flow::{Bus, BusError, CommittedDecision, Objects};
use wirefold_proto::streams;

use super::blob::{self, Header, InvalidSnapshot, SnapshotState};
use crate::metrics::{SNAPSHOT_BYTES, SNAPSHOTS};
use crate::state::DetectorConfig;
use crate::text_file::TextFolder;

/// How many pieces may wait to be stored.
const MAX_QUEUED: usize = 4;

/// Why a snapshot could not be read.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Invalid(#[from] InvalidSnapshot),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// The data that a snapshot is made from.
pub(super) struct SnapshotInput {
    pub(super) settings: u64,
    pub(super) last: CommittedDecision,
    pub(super) state: SnapshotState,
}

/// Whether the stream has this decision.
async fn is_in_stream(bus: &dyn Bus, last: &CommittedDecision) -> Result<bool, BusError> {
    match bus.get(streams::OUTPUT.name, last.sequence).await {
        Ok(found) => Ok(found.id == last.id),
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn objects(bus: &dyn Bus) -> Result<Arc<dyn Objects>, BusError> {
    bus.objects(streams::SNAPSHOTS.name)
}

/// The names of all snapshots, oldest first.
pub(super) async fn names(bus: &dyn Bus) -> Result<Vec<String>, BusError> {
    let mut names = objects(bus)?.names().await?;
    names.retain(|name| name.starts_with(streams::SNAPSHOT));
    Ok(names)
}

/// Reads a snapshot, and the sequence of its last decision.
pub(super) async fn read(
    bus: &dyn Bus,
    name: &str,
    settings: u64,
    config: &DetectorConfig,
) -> Result<(u64, SnapshotState), ReadError> {
    let (bytes, header, from) = read_until_header(bus, name, true).await?;
    if header.settings != settings {
        return Err(InvalidSnapshot::OtherSettings.into());
    }
    let last = header.last();
    if !is_in_stream(bus, &last).await? {
        return Err(InvalidSnapshot::UnknownDecision.into());
    }
    Ok((last.sequence, blob::read_state(&bytes, &header, from, config)?))
}

/// The bytes of a snapshot, as far as they were read, its header, and where the state begins. `is_whole` reads all
/// of it.
async fn read_until_header(
    bus: &dyn Bus,
    name: &str,
    is_whole: bool,
) -> Result<(Vec<u8>, Header, usize), ReadError> {
    let reader = objects(bus)?.read(name).await?;
    let mut reader = reader.ok_or(InvalidSnapshot::CutShort)?;
    let (mut bytes, mut header) = (Vec::new(), None);
    while header.is_none() || is_whole {
        let Some(part) = reader.next().await? else { break };
        bytes.extend_from_slice(&part);
        if header.is_none() {
            header = Header::read(&bytes)?;
        }
    }
    let (header, from) = header.ok_or(InvalidSnapshot::CutShort)?;
    Ok((bytes, header, from))
}

/// Writes a snapshot and removes old ones. Returns whether it succeeded. An error is only logged: the next snapshot
/// may succeed, and until then a start replays more decisions.
pub(super) async fn store(
    bus: Arc<dyn Bus>,
    folder: Arc<TextFolder>,
    input: SnapshotInput,
) -> bool {
    let decision = input.last.sequence;
    match try_store(&*bus, &folder, input).await {
        Ok(bytes) => {
            SNAPSHOTS.add(1, &["written"]);
            SNAPSHOT_BYTES.add(bytes, &[]);
            info!(decision, bytes, "a snapshot was written");
            true
        }
        Err(error) => {
            SNAPSHOTS.add(1, &["failed"]);
            warn!(decision, %error, "no snapshot could be written");
            false
        }
    }
}

async fn try_store(
    bus: &dyn Bus,
    folder: &Arc<TextFolder>,
    input: SnapshotInput,
) -> Result<u64, BusError> {
    let unavailable = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let name = format!("{}{:020}", streams::SNAPSHOT, input.last.sequence);
    let (sender, mut pieces) = mpsc::channel::<Vec<u8>>(MAX_QUEUED);
    let own_folder = folder.clone();
    let writing = spawn_blocking(move || {
        let SnapshotInput { settings, last, state } = input;
        let mut give = |piece| sender.blocking_send(piece).is_ok();
        blob::write(settings, &last, &state, &own_folder, &mut give)
    });
    let objects = objects(bus)?;
    let mut writer = objects.write(&name).await?;
    let mut bytes = 0;
    while let Some(piece) = pieces.recv().await {
        bytes += piece.len() as u64;
        writer.append(Bytes::from(piece)).await?;
    }
    let written = writing.await.map_err(|error| unavailable(&error))?;
    written.map_err(|error| unavailable(&error))?;
    writer.finish().await?;
    remove_others(bus, &name).await?;
    remove_unused_text_files(bus, folder).await;
    Ok(bytes)
}

/// Removes all snapshots but the one just written and the last one before, in case the new one is broken. A later one
/// is of a stream that no longer exists: new streams count from the beginning. Another detector may have written it, too;
/// then it writes more of them.
async fn remove_others(bus: &dyn Bus, written: &str) -> Result<(), BusError> {
    let objects = objects(bus)?;
    let names = names(bus).await?;
    let before = names.iter().rfind(|name| name.as_str() < written);
    for name in names.iter().filter(|name| *name != written && Some(*name) != before) {
        objects.delete(name).await?;
    }
    Ok(())
}

/// Removes the text files that no snapshot names and no process uses.
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
        match read_until_header(bus, &name, false).await {
            Ok((_, header, _)) => named.extend(header.text_files().map(str::to_owned)),
            // A broken snapshot is never read again.
            Err(ReadError::Invalid(_)) => {}
            Err(ReadError::Bus(error)) => return Err(error),
        }
    }
    Ok(named)
}
