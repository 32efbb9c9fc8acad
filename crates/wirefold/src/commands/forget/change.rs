//! The changes that `forget` makes to streams and tables.

use bytes::Bytes;

/// The change of one message.
pub(super) struct Edit {
    pub(super) stream: &'static str,
    pub(super) sequence: u64,
    /// The new body. `None` deletes the message.
    pub(super) body: Option<Bytes>,
}

/// The change of one key.
pub(super) struct Change {
    pub(super) bucket: &'static str,
    pub(super) key: String,
    /// The new value. `None` deletes the key.
    pub(super) value: Option<Bytes>,
}
