//! Why the gateway cannot run.

use std::path::PathBuf;

use thiserror::Error;
use wirefold_flow::BusError;

use crate::projection::ProjectionError;

/// Errors that end the gateway.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The file of the projection cannot be opened: repair the folder, or delete the file, which is rebuilt.
    #[error("{path}: {source}; the file can be deleted, it is rebuilt from the output stream")]
    Projection {
        /// The file.
        path: PathBuf,
        /// The error of SQLite or the system.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The projection failed while it ran: free space on the disk, then start again.
    #[error("the projection failed: {0}")]
    Failed(#[from] ProjectionError),
    /// The bus failed, and waiting does not help.
    #[error(transparent)]
    Bus(#[from] BusError),
}
