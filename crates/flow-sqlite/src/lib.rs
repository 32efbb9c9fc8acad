//! The embedded bus: implements the traits of `wirefold-flow` with one SQLite file in the data folder.
//!
//! A call is answered once its result is on disk. Acknowledged messages are never lost, not even by `kill -9` or a power
//! cut. The bus knows nothing of the content of messages; only its compression has a dictionary of the field names that most
//! of them have.
//!
//! The rules of streams, readers and buckets are in [`wirefold_flow::store`]. This crate has the tables, the one thread
//! that writes them, and the code that opens the file. With WAL and `synchronous=FULL` a job is answered once its group is
//! on disk. A group has at most 256 jobs or takes at most 20 ms, so that many publishers share one sync.
//!
//! Only one process at a time can use the file. It is locked while it is open, and a second process gets an error that
//! says so.
//!
//! ```no_run
//! # fn main() -> Result<(), wirefold_flow_sqlite::OpenError> {
//! use std::sync::Arc;
//!
//! let clock = Arc::new(wirefold_flow::SystemClock);
//! let bus: Arc<dyn wirefold_flow::Bus> = wirefold_flow_sqlite::open("data".as_ref(), clock)?;
//! # Ok(())
//! # }
//! ```

mod acknowledged;
mod checksum;
mod copy;
mod copy_lock;
mod dictionary;
mod error;
mod inspect;
mod objects;
mod offline;
mod open;
mod packing;
mod tables;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;

use wirefold_flow::store::Engine;
use wirefold_flow::{Bus, Clock, LocalBus};

pub use checksum::Soundness;
pub use copy::{CopyError, copy};
pub use copy_lock::{FILE, SCHEMA};
pub use error::OpenError;
pub use inspect::Inspection;
pub use objects::{Folders, UNFINISHED};
pub use offline::Offline;

/// Opens the bus in a data folder, which is created if it does not exist. The file is closed and its lock released when
/// the last reference to the bus is dropped.
///
/// # Errors
/// An [`OpenError`], whose text says what to do.
pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Arc<dyn Bus>, OpenError> {
    open_limited(folder, clock, None)
}

/// [`open`], with a limit on the pages of the file. Beyond it, the bus acts as if the disk were full.
fn open_limited(
    folder: &Path,
    clock: Arc<dyn Clock>,
    most_pages: Option<u32>,
) -> Result<Arc<dyn Bus>, OpenError> {
    let engine = engine(folder, &*clock, most_pages)?;
    let writer = writer::Writer::start(engine, clock.clone())
        .map_err(|source| OpenError::Unwritable { path: folder.join(FILE), source })?;
    let object_stores = Arc::new(Folders(folder.to_owned()));
    Ok(Arc::new(LocalBus::new(Arc::new(writer), clock, object_stores)))
}

/// An engine that applies the rules to the file in a folder.
fn engine(folder: &Path, clock: &dyn Clock, most_pages: Option<u32>) -> Result<Engine, OpenError> {
    let path = folder.join(FILE);
    let told = |error: rusqlite::Error| OpenError::of(&path, &error);
    let connection = open::connect(folder, most_pages)?;
    let checkpoints = copy_lock::Checkpoints::new(folder, &connection).map_err(told)?;
    if let Some(fault) = acknowledged::fault(folder, &connection).map_err(told)? {
        tracing::error!(file = %path.display(), "damaged: {fault}");
    }
    let acknowledged = acknowledged::Acknowledged::open(folder);
    let tables = tables::SqliteTables::new(connection, checkpoints, acknowledged);
    Engine::open(Box::new(tables), clock.now())
        .map_err(|error| OpenError::Damaged { path, why: error.to_string() })
}
