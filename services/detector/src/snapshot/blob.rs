//! The bytes of a snapshot.
//!
//! A state comes in and its bytes go out, and the other way round. This module knows no store.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use wirefold_flow::CommittedDecision;
use wirefold_fold::TextFile;
use wirefold_proto::{DecisionId, Offsets};

use crate::state::{DetectorConfig, DetectorState};
use crate::text_file::TextFolder;

/// The first bytes of a snapshot.
const MAGIC: &[u8; 8] = b"wfsnap\r\n";
/// The format of the header and the state. Raise it if either changes.
const FORMAT: u32 = 19;
/// The bytes before the header: magic, format, and the header's length, both numbers as little-endian bytes.
pub(super) const PREFIX: usize = MAGIC.len() + 4 + 4;
/// The bytes of the checksum at the end: the CRC-32 of everything before it.
const CHECKSUM: usize = 4;
/// No header is longer.
const MAX_HEADER_BYTES: usize = 1 << 20;
/// The bytes are passed on in pieces of about so many.
const PIECE_BYTES: usize = 1 << 20;

/// Why a snapshot is skipped.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum InvalidSnapshot {
    #[error("it is cut short")]
    CutShort,
    #[error("its bytes are not those that were written")]
    Broken,
    #[error("it is not a snapshot")]
    NotASnapshot,
    #[error("it is of another release")]
    OtherFormat,
    #[error("it was made by other settings")]
    OtherSettings,
    #[error("its last decision is not in the stream")]
    UnknownDecision,
    #[error("its text file {0} is missing or cut short")]
    MissingTexts(String),
}

/// The origin of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// A hash of the settings by which everything was judged.
    pub(super) settings: u64,
    /// The sequence and the id of the last decision that it includes.
    last: (u64, String),
    /// The text files that the state refers to.
    text_files: Vec<TextFileEntry>,
}

/// A text file as a snapshot names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TextFileEntry {
    /// Its number in the state.
    number: u32,
    name: String,
    /// How many of its bytes belong to the snapshot.
    length: u64,
}

/// The state of the detector, and its position in the streams.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SnapshotState {
    pub(crate) detector: DetectorState,
    /// The last record.
    pub(crate) last: Option<DecisionId>,
    /// The positions in the input streams at that record.
    pub(crate) offsets: Offsets,
}

impl Header {
    /// The last decision that the snapshot includes.
    pub(super) fn last(&self) -> CommittedDecision {
        CommittedDecision { sequence: self.last.0, id: self.last.1.clone() }
    }

    /// The names of the text files that the state refers to.
    pub(super) fn text_files(&self) -> impl Iterator<Item = &str> {
        self.text_files.iter().map(|file| file.name.as_str())
    }

    /// Decodes the header at the beginning of a snapshot; `None` if there are too few bytes yet. Also returns where
    /// the state begins.
    pub(super) fn read(bytes: &[u8]) -> Result<Option<(Header, usize)>, InvalidSnapshot> {
        let Some((start, rest)) = bytes.split_at_checked(PREFIX) else { return Ok(None) };
        let (magic, numbers) = start.split_at(MAGIC.len());
        let number = |at: usize| numbers[at..at + 4].try_into().map_or(0, u32::from_le_bytes);
        if magic != MAGIC {
            return Err(InvalidSnapshot::NotASnapshot);
        }
        if number(0) != FORMAT {
            return Err(InvalidSnapshot::OtherFormat);
        }
        let length = number(4) as usize;
        if length > MAX_HEADER_BYTES {
            return Err(InvalidSnapshot::Broken);
        }
        let Some(header) = rest.get(..length) else { return Ok(None) };
        let header = postcard::from_bytes(header).map_err(|_| InvalidSnapshot::Broken)?;
        Ok(Some((header, PREFIX + length)))
    }
}

/// Passes the bytes of a snapshot to `give` in pieces, once the text files that it names would survive a power cut.
/// If `give` returns false, nobody wants further pieces.
pub(super) fn write(
    settings: u64,
    last: &CommittedDecision,
    state: &SnapshotState,
    folder: &TextFolder,
    give: &mut dyn FnMut(Vec<u8>) -> bool,
) -> io::Result<()> {
    let mut text_files = Vec::new();
    for (number, file) in state.detector.text_files() {
        let Some(own) = folder.find_own(file) else { return Err(io::ErrorKind::NotFound.into()) };
        own.sync()?;
        let (name, length) = (own.name().to_owned(), own.length());
        text_files.push(TextFileEntry { number: *number, name, length });
    }
    if !text_files.is_empty() {
        folder.sync()?;
    }
    let header = Header { settings, last: (last.sequence, last.id.clone()), text_files };
    let header = postcard::to_stdvec(&header).map_err(io::Error::other)?;
    let length = u32::try_from(header.len()).map_err(io::Error::other)?;
    let mut pieces = Pieces { bytes: Vec::new(), checksum: crc32fast::Hasher::new(), give };
    for part in [&MAGIC[..], &FORMAT.to_le_bytes(), &length.to_le_bytes(), &header] {
        pieces.write_all(part)?;
    }
    postcard::to_io(state, &mut pieces).map_err(io::Error::other)?;
    let checksum = pieces.checksum.clone().finalize();
    pieces.write_all(&checksum.to_le_bytes())?;
    pieces.flush()
}

/// Passes bytes on in pieces.
struct Pieces<'a> {
    bytes: Vec<u8>,
    checksum: crc32fast::Hasher,
    give: &'a mut dyn FnMut(Vec<u8>) -> bool,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.checksum.update(bytes);
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match (self.give)(std::mem::take(&mut self.bytes)) {
            true => Ok(()),
            false => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }
}

/// The bytes of a snapshot without its checksum, which must be theirs.
pub(super) fn checked(bytes: &[u8]) -> Result<&[u8], InvalidSnapshot> {
    let (all, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(InvalidSnapshot::CutShort)?;
    match crc32fast::hash(all) == u32::from_le_bytes(*checksum) {
        true => Ok(all),
        false => Err(InvalidSnapshot::Broken),
    }
}

/// Whether the bytes of a snapshot are those that were written, by their checksum.
#[must_use]
pub fn is_sound(bytes: &[u8]) -> bool {
    checked(bytes).is_ok()
}

/// Decodes the state of a snapshot, and opens its text files. `bytes` are the whole snapshot, whose header was read.
pub(super) fn read_state(
    bytes: &[u8],
    header: &Header,
    from: usize,
    config: &DetectorConfig,
) -> Result<SnapshotState, InvalidSnapshot> {
    let all = checked(bytes)?;
    let mut files: BTreeMap<u32, Arc<dyn TextFile>> = BTreeMap::new();
    for TextFileEntry { number, name, length } in &header.text_files {
        let found = config.folder.find(name, *length);
        let missing = || InvalidSnapshot::MissingTexts(name.clone());
        files.insert(*number, found.ok_or_else(missing)?);
    }
    let state = all.get(from..).ok_or(InvalidSnapshot::CutShort)?;
    let mut state: SnapshotState =
        postcard::from_bytes(state).map_err(|_| InvalidSnapshot::Broken)?;
    state.detector.reopen(config, files);
    Ok(state)
}
