//! Snapshots: the state of the detector, stored outside the stream, so that a start replays only the
//! decisions made since.
//!
//! A snapshot is a head and the segments that the head names. Each is an object that consists of frames: the
//! length of the contents and their CRC-32, four little-endian bytes each, then the contents.
//!
//! - The first frame of the head is the header: settings, last decision and text files.
//! - The second frame names the segments. They form sections, each with whole parts of the state, so a start
//!   reads the sections on all cores.
//! - Further segments hold the bytes of the text files, and end with a frame that says how many bytes that
//!   was. A start that finds the text files themselves does not read these segments.
//!
//! The detector skips a snapshot, with a line in the log, if it is cut short or changed, lacks a segment, was
//! made with other settings or another layout, or names a decision that the stream does not have. It then
//! tries the next older one. If there is none, it replays all decisions with their articles.

mod contents;
mod frames;
mod read_error;
mod reading;
mod segments;
mod snapshotter;
mod state;
mod stored;
mod storing;
mod text_files;

pub(crate) use snapshotter::Snapshotter;
pub(crate) use state::SnapshotState;
