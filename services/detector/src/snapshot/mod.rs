//! Snapshots: what the detector knows, kept outside the stream, so that a start needs to learn only
//! what was decided since.
//!
//! A snapshot is a head and the segments that it names, each an object of frames: the length of what
//! follows and its CRC-32, four bytes each, the lowest first; then the bytes. The first frame of the
//! head says what the snapshot is of, the second names the segments. Those of each section hold whole
//! parts of what the detector knows, and a start reads the sections on all cores. Behind them
//! stands what stands on the text files for texts, and a frame that says how many bytes that was. A
//! start that finds these text files where it runs does not read their texts. A snapshot that was cut
//! short, changed, made by other settings or another layout, that lacks a segment, or that speaks of a decision that does not stand, is passed over
//! with a line in the log, and the next older one is tried; without any, everything is learnt from the
//! decisions and their articles.

mod contents;
mod frames;
mod keeping;
mod reading;
mod segments;
mod state;
mod storing;
mod text_files;

pub(crate) use keeping::Keeping;
pub(crate) use state::SnapshotState;
