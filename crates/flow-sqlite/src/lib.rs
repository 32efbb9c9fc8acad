//! The embedded bus: the seam of `wirefold-flow` over one SQLite file in the data folder.
//!
//! Comes in: the calls of the seam. Goes out: their answers, each once it is on disk. It never knows an article or a body,
//! and never loses what it has acknowledged, also on kill -9 or a power cut.
//!
//! The rules are those of [`wirefold_flow::store`]. This crate has the tables, the one thread that writes them, and the
//! opening of the file. With WAL and `synchronous=FULL` a job is answered once its group is on disk. A group is at most
//! 256 jobs or 20 ms, so that many publishers share one sync.
//!
//! One process at a time uses the file. It is locked while it is open, and a second process gets an error that says so.
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

mod checksum;
mod copy;
mod copy_lock;
mod error;
mod inspect;
mod layout;
mod objects;
mod offline;
mod open;
mod readers;
mod streams;
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
pub use error::OpenError;
pub use inspect::Inspection;
pub use layout::{FILE, SCHEMA};
pub use offline::Offline;

/// Opens the bus in a data folder, which is made where it is not there yet. The file is closed,
/// and its lock given back, once the last reference to the bus is dropped.
///
/// # Errors
/// An [`OpenError`] that says what to do.
pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Arc<dyn Bus>, OpenError> {
    open_limited(folder, clock, None)
}

/// Opens the bus with a file that may have so many pages, as if the disk were full beyond.
fn open_limited(
    folder: &Path,
    clock: Arc<dyn Clock>,
    most_pages: Option<u32>,
) -> Result<Arc<dyn Bus>, OpenError> {
    let engine = engine(folder, &*clock, most_pages)?;
    let writer = writer::Writer::start(engine, clock.clone())
        .map_err(|source| OpenError::Unwritable { path: folder.join(FILE), source })?;
    let object_stores = Arc::new(objects::Folders(folder.to_owned()));
    Ok(Arc::new(LocalBus::new(Arc::new(writer), clock, object_stores)))
}

/// The rules over the file of a folder.
fn engine(folder: &Path, clock: &dyn Clock, most_pages: Option<u32>) -> Result<Engine, OpenError> {
    let path = folder.join(FILE);
    let connection = open::connect(folder, most_pages)?;
    let checkpoints = copy_lock::Checkpoints::new(folder, &connection)
        .map_err(|error| OpenError::of(&path, &error))?;
    let tables = tables::SqliteTables::new(connection, checkpoints);
    Engine::open(Box::new(tables), clock.now())
        .map_err(|error| OpenError::Damaged { path, why: error.to_string() })
}
