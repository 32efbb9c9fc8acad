//! Why a broker cannot be used.
//!
//! Comes in: what went wrong while connecting. Goes out: a sentence that says what to do. A broker that is merely away
//! is no error.

use thiserror::Error;

/// Why a broker is not spoken to. One that is merely not there yet is waited for.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// It does not know this user and password.
    #[error("{server} does not let user {user} in: check user and password")]
    NotLetIn {
        /// The address.
        server: String,
        /// The user.
        user: String,
    },
    /// It is too old.
    #[error("{server} is nats-server {found}, and 2.12 or newer is needed: upgrade it")]
    TooOld {
        /// The address.
        server: String,
        /// Its version.
        found: String,
    },
    /// It keeps no streams.
    #[error(
        "{server} has no JetStream: start it with `jetstream {{}}` in its configuration, or -js"
    )]
    NoJetStream {
        /// The address.
        server: String,
    },
    /// The address or the certificates will not do.
    #[error("cannot connect to {server}: {why}")]
    Unusable {
        /// The address.
        server: String,
        /// What is wrong.
        why: String,
    },
}
