//! The options of commands that ask or tell a wirefold something.

use clap::Args;

use crate::config::Instance;

/// What the commands have in common that ask or tell a wirefold something.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Asking {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// Print one JSON object a line, each with its `schema`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}
