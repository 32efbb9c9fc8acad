//! Why the alerter ends other than by its stop signal.
//!
//! An error that may pass never ends it.

use thiserror::Error;
use wirefold_flow::{BusError, LoopError};
use wirefold_http_client::ClientError;
use wirefold_proto::TooLarge;

/// Why the alerter ended. Whatever may pass is waited out; these are for people to mend.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AlerterError {
    /// The bus, or a loop over it, cannot go on.
    #[error(transparent)]
    Loop(#[from] LoopError),
    /// The bus refused what was asked.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// A delivery cannot be made: mend its settings.
    #[error("delivery {name}: {why}")]
    Delivery {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// The HTTP client cannot be made.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A query that does not parse, or settings that are no subscription.
    #[error("subscription {id}: {why}")]
    Subscription {
        /// Its id.
        id: String,
        /// What is wrong with it.
        why: String,
    },
    /// An alert larger than any message may be.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

impl AlerterError {
    /// Whether starting anew from what is stored may help.
    pub(crate) fn may_pass(&self) -> bool {
        // A stream that went back in time is read from what is there at the next start.
        let is_rolled_back = |error: &BusError| matches!(error, BusError::RolledBack { .. });
        let may_pass = |error: &BusError| error.may_pass() || is_rolled_back(error);
        matches!(self, Self::Bus(error) | Self::Loop(LoopError::Bus(error)) if may_pass(error))
    }
}
