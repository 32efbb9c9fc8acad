//! `wirefold setup`: a NATS server is made fit for the stages, and what is missing is made again.

mod repair;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use wirefold_flow::SystemClock;

use crate::config::Loaded;
use crate::exit::Exit;
use crate::global::Global;
use crate::instance::Instance;
use crate::output;
use crate::telemetry::{self, Logging};
use crate::up::nats::{self, Made};
use crate::up::{SettingFlags, in_runtime, load, name_default_server, warn_of_settings};

/// How long the server may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Arguments of `setup`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold setup --nats nats://localhost:4222
  wirefold setup --repair          after `verify` found decisions without output

Run it once before the stages, and again when settings change what is kept; what stands already is
left as it is. With --repair it then reads all streams once, which takes about a second for ten
thousand articles, and has the enricher make the output that is missing. The output keeps its ids, so
nobody sees anything twice; alerts for what was missing come late. Over NATS the enricher must run;
without NATS `up` must not run.

Exit codes: 0 all stands, 1 some output could not be made again, 4 the server cannot be reached or
refuses.")]
pub(crate) struct SetupArguments {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// The NATS server; without URL the one that is configured, else nats://127.0.0.1:4222.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) nats: Option<String>,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Make the output again that is missing, as after a stream was lost or put back to an older copy.
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Makes a NATS server fit for the stages.
pub(crate) fn run(arguments: &SetupArguments, global: &Global) -> anyhow::Result<Exit> {
    let mut loaded =
        load(&SettingFlags::of(&arguments.instance, &arguments.set, arguments.nats.as_deref()))?;
    let data = loaded.config.data.clone();
    let is_over_nats = arguments.nats.is_some() || arguments.instance.is_over_nats(&data);
    let is_embedded = !is_over_nats && data.join(wirefold_flow_sqlite::FILE).exists();
    if loaded.config.bus.nats.is_empty()
        && arguments.repair
        && let Some(own) = nats::own_bus(&data).filter(|_| is_over_nats)
    {
        loaded.config.bus = own;
    }
    if !(arguments.repair && is_embedded) {
        name_default_server(&mut loaded);
    }
    telemetry::install(&Logging::of(&loaded.config, global), Arc::new(SystemClock))?;
    warn_of_settings(&loaded);
    in_runtime(async move {
        match (arguments.repair, is_embedded) {
            (true, true) => repair::embedded(&loaded).await,
            (repairs, _) => on_server(&loaded, repairs).await,
        }
    })
}

/// Makes everything that the stages need on a server, and mends what is missing if it is to.
async fn on_server(loaded: &Loaded, repairs: bool) -> anyhow::Result<Exit> {
    let config = &loaded.config;
    let bus = nats::connect_within(PATIENCE, &config.bus, "setup").await?;
    let made = nats::make(&bus, config).await.context("the server is not set up")?;
    let Made { streams, tables, readers } = made;
    for (what, names) in [("streams", streams), ("tables", tables), ("readers", readers)] {
        output::print(format!("{what:<8} {}\n", names.join(" ")).as_bytes())?;
    }
    if repairs { repair::over_nats(&bus).await } else { Ok(Exit::Ok) }
}
