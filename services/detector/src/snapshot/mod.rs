//! Snapshots: what the detector knows, kept outside the stream, so that a start needs to learn only
//! what was decided since.
//!
//! A snapshot is an object of frames: the length of what follows and its CRC-32, four bytes each, the
//! lowest first; then the bytes. The first frame says what the snapshot is of, the last how many
//! bytes there are in all; between them stands what the detector knows. One that was cut short,
//! changed, made by other settings or another layout, or that speaks of a decision that does not
//! stand, is passed over with a line in the log, and the next older one is tried; without any,
//! everything is learnt from the decisions and their articles.

mod frames;
mod keeping;
mod state;

pub(crate) use keeping::Keeping;
pub(crate) use state::{
    Known, read_json, read_text, read_time, write_json, write_text, write_time,
};
