//! The snapshots that the bus stores, and whether its stream has their last decision.

use std::sync::Arc;

use wirefold_flow::{Bus, BusError, CommittedDecision, Objects};
use wirefold_proto::streams;

/// The prefix of the names of snapshots. The rest of a name sorts by age.
pub(super) const PREFIX: &str = "detector-";

/// Whether the stream has this decision.
pub(super) async fn is_in_stream(
    bus: &dyn Bus,
    last: &CommittedDecision,
) -> Result<bool, BusError> {
    match bus.get(streams::JUDGED.name, last.sequence).await {
        Ok(found) => Ok(found.id == last.id),
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) fn objects(bus: &dyn Bus) -> Result<Arc<dyn Objects>, BusError> {
    bus.objects(streams::SNAPSHOTS.name)
}

/// The names of all snapshots, oldest first.
pub(super) async fn names(bus: &dyn Bus) -> Result<Vec<String>, BusError> {
    let mut names = objects(bus)?.names().await?;
    names.retain(|name| name.starts_with(PREFIX));
    Ok(names)
}
