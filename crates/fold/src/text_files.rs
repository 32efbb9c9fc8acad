//! Files for the texts of the window, outside memory.

use std::fmt::Debug;
use std::sync::Arc;

/// Stores texts outside memory, as in a file. It is dropped with the last article that has its text there.
pub trait TextFile: Send + Sync + Debug {
    /// Stores bytes and returns the position at which they begin; `None` if there is no room.
    fn put(&self, bytes: &[u8]) -> Option<u64>;

    /// Fills `bytes` with the bytes that were stored at `place`, of the same length. An implementation that
    /// cannot return them must end the process, because without them every later verdict could be
    /// different.
    fn read(&self, place: u64, bytes: &mut [u8]);

    /// The number of stored bytes; 0 if it is not known.
    fn length(&self) -> u64 {
        0
    }
}

/// Creates text files.
pub trait TextFiles: Send + Sync + Debug {
    /// A new text file. `None` if none can be created: the texts then stay in memory.
    fn open(&self) -> Option<Arc<dyn TextFile>>;

    /// The number of latest articles that stay in memory, because they are read most: some 4 MB.
    fn recent_in_memory(&self) -> u32 {
        1024
    }
}
