//! Subjects of NATS servers from which articles are read.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FeedId, Outlet, Secret};

/// A subject of a NATS server that articles are read from. A stream of that server (JetStream) must store the
/// subject, because otherwise messages are lost while wirefold does not run. A message is one article or an
/// array of them, in the JSON of `POST /api/v1/articles`. wirefold acknowledges a message once it is stored.
/// A message that is not an article becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NatsConfig {
    /// The server, `nats://host:4222` or `tls://host:4222`, of version 2.12 or newer; several
    /// addresses of one cluster are separated by commas.
    pub(crate) server: String,
    /// The subject, or a pattern with `*` and `>`.
    pub(crate) subject: String,
    /// The stream that stores it; by default the one that the server names.
    pub(crate) stream: Option<String>,
    /// The durable consumer that stores the position. It is created if it is missing. Readers that
    /// use the same one share the messages.
    #[serde(default = "NatsConfig::durable")]
    pub(crate) durable: String,
    /// The name of the feed that its articles come through: lower-case letters, digits, `.`, `-`,
    /// `_`. Without it, the subject gives the name.
    pub(crate) id: Option<FeedId>,
    /// The publisher of articles that name none and have no address.
    pub(crate) outlet: Option<Outlet>,
    /// The user to log in as.
    pub(crate) user: Option<String>,
    /// The password of that user. Better: `password_env` or `password_file`.
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// A file with the CA certificates that may sign the server's certificate. Default: those of the system.
    pub(crate) ca_file: Option<PathBuf>,
}

impl NatsConfig {
    fn durable() -> String {
        "wirefold".to_owned()
    }
}
