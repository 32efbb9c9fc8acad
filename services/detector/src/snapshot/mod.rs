//! Snapshots: the state of the detector, stored outside the stream, so that a start replays only the decisions
//! made since.
//!
//! A snapshot is one object: a [`Header`], the state by serde and postcard, and a checksum of both. It names the
//! text files that the state refers to; texts that are in no file are in the state.
//!
//! The detector skips a snapshot, with a line in the log, if it is cut short or changed, was made with other
//! settings or in another format, names a decision that the stream does not have, or if one of its text files is
//! missing or cut short. It then tries the next older one. If there is none, it replays all decisions with their
//! articles.

mod blob;
mod snapshotter;
mod stored;

pub(crate) use blob::SnapshotState;
pub use blob::is_sound;
pub(crate) use snapshotter::Snapshotter;
