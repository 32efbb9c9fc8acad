//! Large objects by name, such as snapshots, which are too large for a message.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Answer, BusError};

/// Large objects by name. The rules for names are those of streams.
pub trait Objects: Send + Sync {
    /// Begins an object. It becomes visible when it is finished, and then replaces the object of the
    /// same name. If it is dropped before that, nothing changes.
    fn write<'a>(&'a self, name: &'a str) -> Answer<'a, Box<dyn ObjectWriter>>;

    /// Opens an object; `None` if no object of this name was finished, or it was deleted.
    fn read<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Box<dyn ObjectReader>>>;

    /// The names of all objects, in order.
    fn names(&self) -> Answer<'_, Vec<String>>;

    /// Deletes an object if it is there.
    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;
}

/// An object that is being written.
pub trait ObjectWriter: Send {
    /// Adds bytes at its end.
    fn append(&mut self, bytes: Bytes) -> Answer<'_, ()>;

    /// Returns once the whole object is durable: a crash after this cannot lose it.
    fn finish(self: Box<Self>) -> Answer<'static, ()>;
}

/// An object that is being read.
pub trait ObjectReader: Send {
    /// The next bytes, of any length; `None` at the end. It may fail if the object was replaced
    /// meanwhile.
    fn next(&mut self) -> Answer<'_, Option<Bytes>>;
}

/// The object stores of a bus inside one process.
pub trait ObjectStores: Send + Sync {
    /// A store, created with its first object.
    fn store(&self, name: &str) -> Arc<dyn Objects>;
}

/// Writes an object in one piece.
///
/// # Errors
/// Those of [`Objects::write`] and [`ObjectWriter::finish`].
pub async fn write_object(store: &dyn Objects, name: &str, bytes: Bytes) -> Result<(), BusError> {
    let mut writer = store.write(name).await?;
    writer.append(bytes).await?;
    writer.finish().await
}

/// Reads a whole object; `None` if there is none of this name.
///
/// # Errors
/// Those of [`Objects::read`] and [`ObjectReader::next`].
pub async fn read_object(store: &dyn Objects, name: &str) -> Result<Option<Vec<u8>>, BusError> {
    let Some(mut reader) = store.read(name).await? else { return Ok(None) };
    let mut object = Vec::new();
    while let Some(bytes) = reader.next().await? {
        object.extend_from_slice(&bytes);
    }
    Ok(Some(object))
}
