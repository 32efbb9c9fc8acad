//! The options of commands that use the API.

use clap::Args;

use crate::client::{Client, Need};
use crate::config::Instance;

/// The options that all these commands have.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClientOptions {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// Print one JSON object a line, each with its `schema`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl ClientOptions {
    /// A client for the data of this instance, which must exist.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(&self.instance, Need::Data).await
    }
}
