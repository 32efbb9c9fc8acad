//! Large objects by name: what is too large for a message and is written as a whole.
//!
//! Comes in: bytes under a name. Goes out: the same bytes. Nobody ever sees a part of an object.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::Answer;

/// Large objects by name. Names are those that a stream may have.
pub trait Objects: Send + Sync {
    /// Begins an object. Nobody sees it before it is finished; then it stands in the place of the
    /// one that had its name. Dropped before that, it never was.
    fn write<'a>(&'a self, name: &'a str) -> Answer<'a, Box<dyn ObjectWriter>>;

    /// Opens an object; `None` where none of this name was ever finished, or it was deleted.
    fn read<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Box<dyn ObjectReader>>>;

    /// The names of all objects, in order.
    fn names(&self) -> Answer<'_, Vec<String>>;

    /// Deletes an object, if it is there.
    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;
}

/// An object that is being written.
pub trait ObjectWriter: Send {
    /// Adds bytes at its end.
    fn append(&mut self, bytes: Bytes) -> Answer<'_, ()>;

    /// Returns once the whole of it is stored: a crash after this cannot lose it.
    fn finish(self: Box<Self>) -> Answer<'static, ()>;
}

/// An object that is being read.
pub trait ObjectReader: Send {
    /// The next bytes, however many; `None` at the end. Where another has taken its place
    /// meanwhile, it may fail.
    fn next(&mut self) -> Answer<'_, Option<Bytes>>;
}

/// Where a bus of one process keeps its stores of objects.
pub trait ObjectStores: Send + Sync {
    /// A store; it comes into being with its first object.
    fn store(&self, name: &str) -> Arc<dyn Objects>;
}
