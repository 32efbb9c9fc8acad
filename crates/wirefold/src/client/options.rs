//! The options of commands that ask wirefold something or tell it something.

use clap::Args;

use crate::client::{Client, Need};
use crate::config::Instance;

/// The options of all these commands.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClientOptions {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// Print one JSON object a line, each with its `schema`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl ClientOptions {
    /// The way to the data of this instance, which must be there.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(&self.instance, Need::Data).await
    }
}
