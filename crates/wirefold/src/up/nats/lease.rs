//! The lease of a stage, of which one process leads while the others stand by.

use wirefold_flow::{Lease, LeaseConfig, StageContext};
use wirefold_flow_nats::NatsBus;
use wirefold_proto::streams::LEASES;

use crate::random;
use crate::up::arguments::StageName;

/// Over NATS, requests the lease of a stage and renews it beside the work. With the embedded bus no other
/// process can lead.
pub(in crate::up) fn lease(
    nats: Option<&NatsBus>,
    context: &StageContext,
    stage: StageName,
    instance: &str,
) -> anyhow::Result<Lease> {
    if nats.is_none() {
        return Ok(Lease::alone());
    }
    let stage = stage.name();
    let config = LeaseConfig {
        name: stage.to_owned(),
        keys: context.bus.key_value(LEASES.name)?,
        key: stage.to_owned(),
        holder: format!("{instance} ({} on {})", std::process::id(), host()),
        unique: random::hex::<8>()?,
    };
    Ok(Lease::spawn(context, config))
}

/// The name of this machine, for people.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() { "this machine".to_owned() } else { name }
}
