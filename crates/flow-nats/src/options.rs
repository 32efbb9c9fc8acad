//! The address of the broker, and the login.
//!
//! Comes in: what the settings say. Goes out: the same, and the address as it may be shown. It never shows a password.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How to reach a NATS server.
#[derive(Debug, Clone)]
pub struct Options {
    /// `nats://host:4222` or `tls://host:4222`; several are separated by commas.
    pub url: String,
    /// The role that speaks, such as `detector`: the name of the connection, of its inboxes (their
    /// prefix is `_INBOX_<name>`) and of the readers that it makes for itself.
    pub name: String,
    /// User and password; none where the server asks for none.
    pub login: Option<Login>,
    /// A file with the certificates that the server's is to be signed by; the system's otherwise.
    pub root_certificates: Option<PathBuf>,
    /// How long an answer may take before it counts as lost.
    pub answer_within: Duration,
    /// How many servers of a cluster keep each stream and table that it makes, and have those that
    /// stand keep it; else one for what it makes, and what stands as it stands.
    pub replicas: Option<u8>,
    /// Whether it drops what all readers are past where it finds a stream full. Only a role that
    /// may purge streams can; the others wait until such a one has.
    pub makes_room: bool,
    /// Whether it goes to no other server than those of `url`. Servers of a cluster name the others,
    /// which is well where they are ours; anyone else's must not say where our login is sent.
    pub stays: bool,
}

impl Options {
    /// A broker without users, answers within five seconds, room made where there is none.
    pub fn new(url: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            name: name.into(),
            login: None,
            root_certificates: None,
            answer_within: Duration::from_secs(5),
            replicas: None,
            makes_room: true,
            stays: false,
        }
    }

    /// The address without what is secret in it: for messages.
    pub(crate) fn shown_address(&self) -> String {
        let without_login = |address: &str| match address.split_once("://") {
            Some((scheme, rest)) => {
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                format!("{scheme}://{host}")
            }
            None => address.rsplit_once('@').map_or(address, |(_, host)| host).to_owned(),
        };
        self.url
            .split(',')
            .map(|address| without_login(address.trim()))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The user, as the server's permissions know it.
    pub(crate) fn user(&self) -> String {
        let in_url = || {
            let (_, rest) = self.url.split_once("://")?;
            let (login, _) = rest.split(',').next()?.rsplit_once('@')?;
            Some(login.split(':').next().unwrap_or_default().to_owned())
        };
        let given = self.login.as_ref().map(|login| login.user.clone());
        given.or_else(in_url).unwrap_or_else(|| "(none)".to_owned())
    }
}

/// A user and a password.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password; never shown.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let url = "nats://fetcher:secret@one:4222, tls://two:4222";
        let options = Options::new(url, "fetcher");
        assert_eq!(options.shown_address(), "nats://one:4222,tls://two:4222");
        assert_eq!(options.user(), "fetcher");
        let login = Login { user: "alerter".into(), password: "secret".into() };
        assert!(!format!("{login:?}").contains("secret"));
        assert_eq!(Options { login: Some(login), ..options }.user(), "alerter");
        assert_eq!(Options::new("localhost:4222", "").user(), "(none)");
    }
}
