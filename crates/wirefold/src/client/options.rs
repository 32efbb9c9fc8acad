//! The options of commands that ask wirefold something or tell it something.

use clap::Args;

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
