//! Whether a server has what is built on.

use async_nats::ServerInfo;

use crate::connect::ConnectError;

/// The oldest server that has atomic batches and the checks that a chain needs.
pub const OLDEST: (u64, u64) = (2, 12);

/// # Errors
/// [`ConnectError::TooOld`] or [`ConnectError::NoJetStream`].
pub(crate) fn check(place: &str, info: &ServerInfo) -> Result<(), ConnectError> {
    let server = place.to_owned();
    if !is_new_enough(&info.version) {
        return Err(ConnectError::TooOld { server, found: info.version.clone() });
    }
    if !info.jetstream {
        return Err(ConnectError::NoJetStream { server });
    }
    Ok(())
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= OLDEST
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
        let told = |version, jetstream| {
            check("nats://one", &info(version, jetstream)).err().map(|error| error.to_string())
        };
        for good in ["2.12.0", "2.12.0-RC.1", "2.15.1", "3.0"] {
            assert_eq!(told(good, true), None, "{good}");
        }
        for old in ["2.11.9", "2.9.10", "1.4", "", "dev"] {
            assert!(told(old, true).unwrap().contains("2.12 or newer"), "{old}");
        }
        assert!(told("2.15.1", false).unwrap().contains("no JetStream"));
    }
}
