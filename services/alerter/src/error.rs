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
    /// A delivery cannot be built: correct its settings.
    #[error("delivery {name}: {why}")]
    Delivery {
        /// Its name.
        name: String,
        /// The problem with it.
        why: String,
    },
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A query that cannot be parsed, or settings that are not valid for a subscription.
    #[error("subscription {id}: {why}")]
    Subscription {
        /// Its id.
        id: String,
        /// The problem with it.
        why: String,
    },
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
