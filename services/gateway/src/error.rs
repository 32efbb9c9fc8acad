//! Why the gateway cannot run.

use std::path::PathBuf;

use thiserror::Error;
use wirefold_flow::BusError;

use crate::projection::ProjectionError;

/// Why the gateway does not run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The projection's file cannot be had: mend the folder, or delete the file, which is rebuilt.
    #[error("{path}: {source}; the file can be deleted, it is rebuilt from the output stream")]
    Projection {
        /// The file.
        path: PathBuf,
        /// What SQLite or the system says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The projection failed while it ran: free some room on the disk, then start again.
    #[error("the projection failed: {0}")]
    Failed(#[from] ProjectionError),
    /// The bus failed in a way that does not pass.
    #[error(transparent)]
    Bus(#[from] BusError),
}
