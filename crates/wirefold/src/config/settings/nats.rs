//! Subjects of NATS servers that articles are read from.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FeedId, Outlet};

use crate::config::secret::Secret;

/// A subject of a NATS server that articles are read from, kept by a stream there (JetStream; what
/// no stream keeps would be lost while wirefold is away, and is not read). A message is one article
/// or an array of them, in the JSON of `POST /api/v1/articles`. It is acknowledged once it is
/// stored; what is no article goes to the dead letters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NatsConfig {
    /// The server, `nats://host:4222` or `tls://host:4222`, of version 2.12 or newer; several
    /// addresses of one cluster are separated by commas.
    pub(crate) server: String,
    /// The subject, or a pattern with `*` and `>`.
    pub(crate) subject: String,
    /// The stream that keeps it; else the one that the server names.
    #[serde(default)]
    pub(crate) stream: Option<String>,
    /// The name under which the server keeps the place: a reader that is made unless it is there.
    /// Whoever reads under the same name shares the messages.
    #[serde(default = "NatsConfig::durable")]
    pub(crate) durable: String,
    /// The name of the feed that its articles come through: lower-case letters, digits, `.`, `-`,
    /// `_`. Else it is made of the subject.
    #[serde(default)]
    pub(crate) id: Option<FeedId>,
    /// The publisher of what names none and has no address.
    #[serde(default)]
    pub(crate) outlet: Option<Outlet>,
    /// The user that the server is told.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// The user's password. Better in the environment or a file of its own.
    #[serde(default)]
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    #[serde(default)]
    pub(crate) password_env: Option<String>,
    /// A file with the certificates that the server's is to be signed by; else the system's.
    #[serde(default)]
    pub(crate) certificates: Option<PathBuf>,
}

impl NatsConfig {
    fn durable() -> String {
        "wirefold".to_owned()
    }
}
