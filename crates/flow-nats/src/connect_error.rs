//! Why a broker cannot be used. A broker that is not there yet is not an error.

use thiserror::Error;

/// Why a broker cannot be used. The text says what to do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// It does not accept this user and password.
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
    /// It has no JetStream.
    #[error(
        "{server} has no JetStream: start it with `jetstream {{}}` in its configuration, or -js"
    )]
    NoJetStream {
        /// The address.
        server: String,
    },
    /// The address is invalid, or the certificate is not accepted.
    #[error("cannot connect to {server}: {why}")]
    Unusable {
        /// The address.
        server: String,
        /// The reason.
        why: String,
    },
}
