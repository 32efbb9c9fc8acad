//! Snapshots: what the detector knows, kept outside the stream, so that a start needs to learn only
//! what was decided since.
//!
//! A snapshot is a head and the segments that it names, each an object of frames: the length of what
//! follows and its CRC-32, four bytes each, the lowest first; then the bytes. The first frame of the
//! head says what the snapshot is of, the second names the segments. In these stands what the
//! detector knows, and a frame that says how many bytes there were so far; then what stands on the
//! text files for texts, and another such frame. A start that finds these text files where it runs does not
//! read their texts. A snapshot that was cut short, changed, made by other settings or another
//! layout, that lacks a segment, or that speaks of a decision that does not stand, is passed over
//! with a line in the log, and the next older one is tried; without any, everything is learnt from the
//! decisions and their articles.

mod frames;
mod keeping;
mod segments;
mod state;
mod storing;
mod text_files;

pub(crate) use keeping::Keeping;
pub(crate) use state::SnapshotState;
