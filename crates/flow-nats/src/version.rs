//! Checks whether a server is new enough and has JetStream.

use async_nats::ServerInfo;
use thiserror::Error;

/// The oldest server that has atomic batches and the checks that a chain needs.
pub const OLDEST: (u64, u64) = (2, 12);

/// Checks the server's description of itself.
///
/// # Errors
/// [`ConnectError::TooOld`] or [`ConnectError::NoJetStream`].
pub(crate) fn check(address: &str, info: &ServerInfo) -> Result<(), ConnectError> {
    let server = address.to_owned();
    if version(&info.version).is_none_or(|version| version < OLDEST) {
        return Err(ConnectError::TooOld { server, found: info.version.clone() });
    }
    if !info.jetstream {
        return Err(ConnectError::NoJetStream { server });
    }
    Ok(())
}

/// The first two numbers of a version such as `2.12.0-RC.1`; `None` if it has no first number.
#[must_use]
pub fn version(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split(['.', '-']).map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next().flatten().unwrap_or(0)))
}

/// Why a broker cannot be used. The text says what to do. A broker that is not there yet is not an error.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_servers_and_those_without_streams_are_refused() {
        let info = |version: &str, jetstream| ServerInfo {
            version: version.to_owned(),
            jetstream,
            ..ServerInfo::default()
        };
        let problem_of = |version, jetstream| {
            check("nats://one", &info(version, jetstream)).err().map(|error| error.to_string())
        };
        for good in ["2.12.0", "2.12.0-RC.1", "2.15.1", "3.0"] {
            assert_eq!(problem_of(good, true), None, "{good}");
        }
        for old in ["2.11.9", "2.9.10", "1.4", "", "dev"] {
            assert!(problem_of(old, true).unwrap().contains("2.12 or newer"), "{old}");
        }
        assert!(problem_of("2.15.1", false).unwrap().contains("no JetStream"));
    }
}
