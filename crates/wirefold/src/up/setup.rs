//! `wirefold setup`: prepares a NATS server for the stages, and makes missing output again.

use std::sync::Arc;

use wirefold_flow::SystemClock;

use super::arguments::SetupArguments;
use super::{SettingFlags, in_runtime, load, nats, repair, warn_of_settings};
use crate::exit::Exit;
use crate::global::Global;
use crate::telemetry::{self, Logging};

/// Prepares a NATS server for the stages.
pub(crate) fn setup(arguments: &SetupArguments, global: &Global) -> anyhow::Result<Exit> {
    let mut loaded =
        load(&SettingFlags::of(&arguments.instance, &arguments.set, arguments.nats.as_deref()))?;
    let data = loaded.config.data.clone();
    let is_over_nats = arguments.nats.is_some() || arguments.instance.is_over_nats(&data);
    let is_embedded = !is_over_nats && data.join(wirefold_flow_sqlite::FILE).exists();
    if !(arguments.repair && is_embedded) {
        nats::name_default_server(&mut loaded.config.bus);
    }
    telemetry::install(&Logging::of(&loaded.config, global), Arc::new(SystemClock))?;
    warn_of_settings(&loaded);
    in_runtime(async move {
        match (arguments.repair, is_embedded) {
            (true, true) => repair::embedded(&loaded).await,
            (repairs, _) => nats::run_setup(&loaded, repairs).await,
        }
    })
}
