//! Errors that end the alerter.
//!
//! An error that may pass never ends it.

use thiserror::Error;
use wirefold_flow::{BusError, LoopError};
use wirefold_http_client::ClientError;
use wirefold_proto::TooLarge;

/// Why the alerter ended. It waits out errors that may pass; people must repair these.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AlerterError {
    /// The bus, or a loop over it, cannot continue.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The bus refused a request.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The settings of this delivery or subscription are not valid: correct them.
    #[error("{0}")]
    Settings(String),
    /// An alert is larger than the largest message.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl AlerterError {
    /// Whether a new start from the stored state may help.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Bus(error) | Self::Loop(LoopError::Bus(error)) if may_pass(error))
    }
}

/// Whether reading again from the stored state may help after this error.
pub(crate) fn may_pass(error: &BusError) -> bool {
    // If a stream was rolled back, the next start reads what is there.
    error.may_pass() || matches!(error, BusError::RolledBack { .. })
}
